"""``compare``: the two accuracies side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.cli.console import Stages, decibel, json_path, percent, results
from mobileseg.cli.tables import add, table
from mobileseg.data.dataset import data_folder, image_folder
from mobileseg.data.images import find_images
from mobileseg.data.split import open_part
from mobileseg.errors import GateError, RequestError, UnknownOperationError
from mobileseg.export import open_artifact
from mobileseg.files import check_output, publish, staging, write_whole
from mobileseg.registry import require

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mobileseg.export.evaluation.accuracy import PanopticAccuracy
    from mobileseg.export.evaluation.comparison import Comparison
    from mobileseg.export.evaluation.layer_report import LayerReport
    from mobileseg.export.evaluation.worst import WorstImages

LAYERS_SHOWN = 15


def run(
    artifact: str,
    data: str,
    weights: str | None,
    labelled: bool,
    layers: bool,
    plot: str | None,
    calibration: str | None,
    json_file: str | None,
    force: bool,
    any_version: bool,
    worst: int = 0,
    part: str | None = None,
) -> None:
    """Compare and show."""
    if part is not None and not labelled:
        raise RequestError(
            expected="--part of labelled images", found="--part with --no-labels", fix="leave one of them out"
        )
    target, picture = json_path(json_file, force), _picture(layers, plot, force)
    beside = _worst_folder(worst, target, force)
    stages = Stages()
    opened = open_artifact(artifact, any_version=any_version)
    folder = data_folder(data)
    stages(f"check {folder}")
    dataset = open_part(folder, part) if labelled else None
    from mobileseg.export.evaluation import comparison
    from mobileseg.export.evaluation.worst import WorstImages

    ignore = dataset.classes.ignore_index if dataset is not None else None
    seen = WorstImages(worst, opened.palette, ignore) if beside is not None else None

    def count(done: int, total: int) -> None:
        if done == total or done % max(1, total // 10) == 0:
            stages(f"compare: {done} of {total} images")

    not_known: UnknownOperationError | None = None
    try:
        if dataset is not None:
            result = comparison.compare_labelled(opened, dataset, weights, count, seen)
        else:
            result = comparison.compare_images(opened, folder, weights, count, seen)
    except UnknownOperationError as error:  # a result all the same: UNKNOWN, with the operation's name
        not_known, result = error, comparison.unknown(opened, folder, error)
    if layers and not_known is None:
        from mobileseg.export.analysis.layers import layer_report

        images = [item.image for item in dataset.items] if dataset is not None else find_images(image_folder(folder))
        where = Path(calibration) if calibration is not None else None
        result = result.model_copy(update={"layers": layer_report(opened, images, weights, where, stages)})
    if picture is not None and result.layers is not None:
        from mobileseg.export.analysis.plot import draw

        write_whole(picture, draw(result.layers, f"{result.artifact_file}: {result.model}, {result.target}"))
    if target is not None:
        _write(result, target, beside, None if not_known else seen, folder)
    _show(result)
    if not_known is not None:
        raise not_known
    if result.verdict == "FAIL":
        failed = [gate for gate in result.gates if gate.verdict == "FAIL"]
        raise GateError(
            expected="; ".join(f"{gate.name}: {gate.expected}" for gate in failed),
            found="; ".join(gate.found for gate in failed),
            fix="the file is not good enough: calibrate on images of its own scenes, or keep more of it float",
        )


def _worst_folder(worst: int, target: Path | None, force: bool) -> Path | None:
    """Where ``--worst`` wants its pictures: beside the JSON; checked before anything is computed."""
    if worst == 0:
        return None
    if worst < 0 or target is None:
        raise RequestError(
            expected="--worst with a number of images, and --json",
            found=f"--worst {worst}" + ("" if target else " without --json"),
            fix="name a file for the figures: the pictures go into a folder beside it",
        )
    folder = target.with_name(f"{target.stem}-worst")
    check_output(folder, force)
    return folder


def _write(result: Comparison, target: Path, beside: Path | None, seen: WorstImages | None, data: Path) -> None:
    """The JSON, and the folder of the worst images where there is one."""
    with staging(target) as work:
        pairs = []
        if beside is not None and seen is not None:
            worst = seen.write(work / beside.name, beside.name, data)
            result = result.model_copy(update={"worst": worst})
            pairs.append((work / beside.name, beside))
        (work / target.name).write_bytes(result.to_json().encode())
        publish([*pairs, (work / target.name, target)])


def _picture(layers: bool, plot: str | None, force: bool) -> Path | None:
    """Where ``--plot`` wants its picture; checked before anything is computed."""
    if plot is None:
        return None
    if not layers or Path(plot).suffix != ".png":
        raise RequestError(
            expected="--plot NAME.png with --layers",
            found=plot if layers else "--plot alone",
            fix="call it .png" if layers else "add --layers",
        )
    require(("matplotlib",), "drawing", "train")
    check_output(Path(plot), force)
    return Path(plot)


def _show(result: Comparison) -> None:
    console = results()
    console.print(
        f"{result.artifact_file}: {result.model}, {result.target} {result.precision}, weights {result.weights}",
        markup=False,
        soft_wrap=True,
    )
    console.print(f"{result.images} images of {result.data}", markup=False, soft_wrap=True)
    console.print(f"evaluated by {result.evaluated_by}", markup=False, soft_wrap=True)
    _figures(console, result)
    if result.layers is not None:
        _layers(console, result.layers)
    for gate in result.gates:
        console.print(
            f"{gate.verdict:8} {gate.name}: {gate.expected}; found {gate.found}", markup=False, soft_wrap=True
        )
    console.print(f"verdict         {result.verdict}")


def _figures(console: Console, result: Comparison) -> None:
    """Accuracies and distances, where anything was compared."""
    file, rewrite = result.artifact_logits, result.deploy_logits
    if file is None or rewrite is None:
        return
    original, artifact = result.float_, result.artifact
    if original is not None and artifact is not None:
        both = table("", "float", "artifact")
        add(both, "mIoU", percent(original.miou), percent(artifact.miou))
        add(
            both,
            "  95 % interval",
            *(f"{percent(a.interval[0])} .. {percent(a.interval[1])}" for a in (original, artifact)),
        )
        add(both, "pixel accuracy", percent(original.pixel_accuracy), percent(artifact.pixel_accuracy))
        if original.panoptic is not None and artifact.panoptic is not None:
            _panoptic_rows(both, original.panoptic, artifact.panoptic)
        for name in original.iou:
            add(both, f"IoU {name}", percent(original.iou[name]), percent(artifact.iou[name]))
        console.print(both)
    else:
        console.print("mIoU            not measured: no labels")
    for gain in result.gains:
        low, high = (f"{100 * end:+.2f}" for end in gain.interval)
        console.print(f"{gain.metric:15} {100 * gain.value:+.2f} points, 95 % interval {low} .. {high}")
    console.print(
        f"same class      {percent(file.agreement)} of the pixels, {percent(file.band_agreement)} near boundaries"
    )
    console.print(f"logits' SQNR    {decibel(file.sqnr_db)} (deploy model: {decibel(rewrite.sqnr_db)})")
    if file.max_error is not None and file.mean_error is not None:
        console.print(f"logits' error   {file.max_error:.3g} at most, {file.mean_error:.3g} in the mean")


def _panoptic_rows(made: Table, original: PanopticAccuracy, artifact: PanopticAccuracy) -> None:
    """Panoptic quality and its parts."""
    both = (original, artifact)
    add(made, "PQ", *(percent(a.pq) for a in both))
    add(made, "  95 % interval", *(f"{percent(a.interval[0])} .. {percent(a.interval[1])}" for a in both))
    for title, name in (("SQ", "sq"), ("RQ", "rq"), ("PQ things", "pq_things"), ("PQ stuff", "pq_stuff")):
        add(made, f"  {title}", *(percent(getattr(a, name)) for a in both))
    for name in original.pq_of_class:
        add(made, f"PQ {name}", *(percent(a.pq_of_class[name]) for a in both))


def _layers(console: Console, report: LayerReport) -> None:
    """The costliest layers, and what they do not explain."""
    console.print(
        f"layers          on {report.images} images; all of the file's in int8: {decibel(report.graph.sqnr_db)}; "
        f"the file follows that graph to {decibel(report.file_with_graph_db)}"
    )
    costliest = table("layer", "alone", "with all before it", "multiply-adds")
    for cost in report.layers[:LAYERS_SHOWN]:
        figures = (decibel(cost.alone.sqnr_db), decibel(cost.cumulative.sqnr_db), percent(cost.multiply_adds))
        add(costliest, cost.layer, *figures)
    console.print(costliest)
