"""``mobileseg.export.compare``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError, UnknownOperationError
from mobileseg.files import check_output, publish, staging
from mobileseg.progress import silent
from mobileseg.quiet import quiet
from mobileseg.registry import require

if TYPE_CHECKING:
    from torch import nn

    from mobileseg.data.panoptic_settings import PanopticSettings
    from mobileseg.data.sequence import FrameSequence
    from mobileseg.export.artifact import Artifact
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.export.evaluation.worst import WorstImages


def compare(
    artifact: str | Path | Artifact,
    data: str | Path,
    *,
    labels: bool = True,
    split: str | None = None,
    groups: str | None = None,
    data_format: str | None = None,
    classes: str | Path | None = None,
    protocol: str = "deploy",
    weights: str | Path | None = None,
    model: str | nn.Module | None = None,
    center_threshold: float | None = None,
    nms_kernel: int | None = None,
    top_k: int | None = None,
    stuff_area: int | None = None,
    layers: bool = False,
    plot: str | Path | None = None,
    calibration: str | Path | None = None,
    sequence: str | Path | None = None,
    shift: bool = True,
    output: str | Path | None = None,
    worst: int = 0,
    force: bool = False,
    any_version: bool = False,
    progress: Callable[[str], None] = silent,
) -> Comparison:
    """Accuracy of an exported file and of the reference model it came from, on the same images.

    ``data``: a folder with ``images/``, ``masks/`` (or ``instances/``) and classes.json, or ``samples``: the bundled images that no file
    is calibrated on. ``labels=False``: images only; then agreement and SQNR are measured, and no mIoU. ``split``: ``train``, ``val`` or
    ``test``, as ``finetune`` splits the folder; default: all of it. ``groups``: a regular expression that finds in an image's name which
    images belong together, such as frames of one video; default: as classes.json says. ``data_format``: how the data lie on disk; default:
    recognised. ``classes``: the name of a class list, or a classes.json; default: the data's own, else the format's. ``protocol``:
    ``deploy``, both models see pictures as the file does; ``authors``, the reference model is also evaluated as its authors do on this
    data set, and what the file's size and resize cost is shown; or a row of ``mobileseg.data.protocols``, for any data. ``weights``: where
    the artifact's weights are now, if they were moved. ``model``: for a file of a network that is not the zoo's: the network, as
    ``export_model`` took it, or the module itself; its code runs only where it is named.
    ``center_threshold``, ``nms_kernel``, ``top_k``, ``stuff_area``: how panoptic outputs become
    instances; default: as the data's classes.json says, else the manifest.

    ``layers``: where an int8 file's error arises, layer by layer; ``plot``: a PNG of it; ``calibration``: where the calibration
    images are now, if they were moved.

    ``sequence``: a folder of consecutive frames, or ``samples``: the share of the pixels that keep their class from frame to frame, in
    both models, along the flow in its ``flow/``, or along an estimated one where it has none. ``shift``: the share that keeps it
    where the same image is moved by 1 to 8 pixels, on eight of the images.

    ``output``: a JSON file for the figures; ``worst``: so many of the images that changed
    most are drawn into the folder ``OUTPUT-worst`` beside it. ``force`` overwrites. ``any_version`` accepts a file that was
    verified with another release of its runtime. ``progress`` is called with each stage.

    Gives figures, gates and a verdict: PASS, FAIL or UNKNOWN; its ``check()`` raises ``GateError`` where that is FAIL, and
    ``NotMeasuredError`` where it is UNKNOWN: fewer than 30 different images, a reference model that is hardly better than a guess,
    no labels. A file that cannot be evaluated here has no figures, and one that gives NaN has the verdict FAIL.

    Raises ``DatasetError``, ``ImageError``, ``ArtifactError``, ``OutputError``, ``RequestError`` (options that do not go
    together), ``EnvironmentLackError``.
    """
    for option, value in (
        ("--split", split),
        ("--groups", groups),
        ("--data-format", data_format),
        ("--classes", classes),
    ):
        if value is not None and not labels:
            raise RequestError(
                expected=f"{option} of labelled images", found=f"{option} with --no-labels", fix="leave one of them out"
            )
    target = None if output is None else Path(output)
    if target is not None:
        check_output(target, force)
    picture = _picture(layers, plot, force)
    beside = _worst_folder(worst, target, force)
    require(("torch",), "running the reference model", "torch")
    frames = _frames(sequence, progress)
    with quiet():
        from mobileseg.data.dataset import data_folder
        from mobileseg.data.panoptic_settings import PanopticSettings
        from mobileseg.export.artifact import Artifact
        from mobileseg.export.evaluation.compared import without_figures
        from mobileseg.export.evaluation.worst import WorstImages
        from mobileseg.export.interface.artifacts import open_artifact
        from mobileseg.export.interface.pictures import open_pictures
        from mobileseg.postprocess.sound import UnsoundOutputError

    asked = PanopticSettings.of(center_threshold, nms_kernel, top_k, stuff_area)
    opened = artifact if isinstance(artifact, Artifact) else open_artifact(artifact, any_version=any_version)
    _name_model(opened, model)
    for option, given in (("--sequence", frames is not None), ("--worst", beside is not None)):
        if given and opened.manifest.model.task == "classification":
            raise RequestError(
                expected=f"a segmentation artifact for {option}",
                found=f"{opened.manifest.model.name}, a classifier",
                fix=f"leave {option} out",
            )
    start = None if weights is None else str(weights)
    folder = data_folder(str(data))
    progress(f"check {folder}")
    pictures = open_pictures(opened, folder, labels, split, groups, data_format, classes, protocol)
    _check_panoptic(asked, opened, pictures.panoptic)
    seen = WorstImages(worst, opened.palette, pictures.ignored, opened.fit) if beside is not None else None
    try:
        result = pictures.compare(opened, start, seen, asked, frames, shift)
    except (UnknownOperationError, UnsoundOutputError) as error:  # a result all the same: UNKNOWN or FAIL, and why
        result, layers, seen = without_figures(opened, pictures.title, error), False, None
    if layers:
        with quiet():
            from mobileseg.export.analysis.layers import layer_report

        where = None if calibration is None else Path(calibration)
        result = result.model_copy(update={"layers": layer_report(opened, pictures.paths, start, where, progress)})
    if picture is not None and result.layers is not None:
        with quiet():
            from mobileseg.export.analysis.plot import draw
        from mobileseg.files import write_whole

        write_whole(picture, draw(result.layers, f"{result.artifact_file}: {result.model}, {result.target}"))
    return result if target is None else _write(result, target, beside, seen, folder)


def _name_model(artifact: Artifact, model: str | nn.Module | None) -> None:
    """Note whose code may run. Raises ``RequestError`` for a file of the zoo, and where nothing was named, before anything slow."""
    card = artifact.manifest.model.card
    if model is not None and card is None:
        raise RequestError(
            expected="--model for a file of a network that is not the zoo's",
            found=f"{artifact.path.name}, of {artifact.manifest.model.name}",
            fix="leave it out",
        )
    if model is not None:
        artifact.named_model = model
    if card is not None and artifact.named_model is None:
        from mobileseg.export.evaluation.reference import refuse_unnamed

        raise refuse_unnamed(artifact.manifest)


def _frames(sequence: str | Path | None, progress: Callable[[str], None]) -> FrameSequence | None:
    """The sequence, every file of it checked, and whether its flow can be estimated where it has none."""
    if sequence is None:
        return None
    from mobileseg.data.estimated_flow import check_possible
    from mobileseg.data.sequence import open_sequence, sequence_folder

    folder = sequence_folder(str(sequence))
    progress(f"check {folder}")
    found = open_sequence(folder)
    if not found.flow_given:
        check_possible(found)
    return found


def _check_panoptic(asked: PanopticSettings | None, artifact: Artifact, instances: bool) -> None:
    """Raise ``RequestError`` where options about instances cannot have any effect."""
    if asked is None or (artifact.manifest.output.kind == "panoptic" and instances):
        return
    raise RequestError(
        expected=f"{asked.options} with a panoptic file and instance labels",
        found=f"a file that gives {artifact.manifest.output.kind}" + ("" if instances else ", no instances/"),
        fix="leave it out",
    )


def _worst_folder(worst: int, target: Path | None, force: bool) -> Path | None:
    """Where the pictures of the worst images go: beside the JSON; checked before anything is computed."""
    if worst == 0:
        return None
    if worst < 0 or target is None:
        raise RequestError(
            expected="--worst with a number of images, and --json with a file name",
            found=f"--worst {worst}" + ("" if target else " without a file for the figures"),
            fix="name a file for the figures: the pictures go into a folder beside it",
        )
    folder = target.with_name(f"{target.stem}-worst")
    check_output(folder, force, folder_wanted=True)
    return folder


def _write(result: Comparison, target: Path, beside: Path | None, seen: WorstImages | None, data: Path) -> Comparison:
    """The JSON, and the folder of the worst images where there is one."""
    with staging(target) as work:
        pairs = []
        if beside is not None and seen is not None:
            result = result.model_copy(update={"worst": seen.write(work / beside.name, beside.name, data)})
            pairs.append((work / beside.name, beside))
        (work / target.name).write_bytes(result.to_json().encode())
        publish([*pairs, (work / target.name, target)])
    return result


def _picture(layers: bool, plot: str | Path | None, force: bool) -> Path | None:
    """Where ``plot`` wants its picture; checked before anything is computed."""
    if plot is None:
        return None
    path = Path(plot)
    if not layers or path.suffix != ".png":
        raise RequestError(
            expected="--plot NAME.png with --layers",
            found=str(plot) if layers else "--plot alone",
            fix="call it .png" if layers else "add --layers",
        )
    require(("matplotlib",), "drawing", "train")
    check_output(path, force)
    return path
