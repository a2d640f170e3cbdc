"""``mobileseg.evaluate``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError
from mobileseg.files import check_output, write_whole
from mobileseg.models.lookup import find_model
from mobileseg.progress import silent
from mobileseg.quiet import quiet
from mobileseg.registry import require

if TYPE_CHECKING:
    from mobileseg.data.panoptic_settings import PanopticSettings
    from mobileseg.export.evaluation.loading import Loaded
    from mobileseg.export.evaluation.method import Method
    from mobileseg.export.evaluation.reference_accuracy import Evaluation
    from mobileseg.models.spec import ModelSpec

MethodFor = Callable[[tuple[str, ...]], "Method"]  # of the names of the data's classes


def evaluate(
    model: str,
    data: str | Path,
    *,
    weights: str | Path | None = None,
    ema: bool | None = None,
    refresh: bool = False,
    protocol: str = "deploy",
    size: tuple[int, int] | None = None,
    resize: str | None = None,
    split: str | None = None,
    groups: str | None = None,
    data_format: str | None = None,
    classes: str | Path | None = None,
    center_threshold: float | None = None,
    nms_kernel: int | None = None,
    top_k: int | None = None,
    stuff_area: int | None = None,
    output: str | Path | None = None,
    force: bool = False,
    progress: Callable[[str], None] = silent,
) -> Evaluation:
    """Accuracy of a reference model in PyTorch, on labelled images.

    ``data``: any labelled data set that ``compare`` takes; for a classifier a folder with a folder of images for each class. ``weights``:
    default the bundled ones; ``ema``, ``refresh``: see ``create_model``. ``protocol``: ``deploy``, every picture at one ``size`` (height,
    width; default: the weights' own, else the model's), resized as ``resize`` says (``squash``, ``letterbox`` or ``crop``); ``authors``, as
    the model's authors evaluate it on this data set; or the name of a row of ``mobileseg.data.protocols``. ``split``, ``groups``,
    ``data_format``, ``classes``: see ``compare``; for a classifier ``classes`` names the folders. ``center_threshold``, ``nms_kernel``,
    ``top_k``, ``stuff_area``: how the outputs of a panoptic model become instances; default: as the data or the weights' record say.
    ``output``: a JSON file; ``force`` overwrites it. ``progress`` is called with each stage.

    Gives mIoU, or top-1 and top-5 of a classifier, with intervals, how far they are above a guess, and what the authors published.

    Raises ``RequestError`` and its subclasses (``DatasetError``, ``ImageError``, ``CheckpointError``, ``OutputError``, ...),
    ``EnvironmentLackError``, and ``GateError`` where an output is not a finite number.
    """
    spec = find_model(model)
    target = None if output is None else Path(output)
    if target is not None:
        check_output(target, force)
    require(("torch",), "running a reference model", "torch")
    with quiet():
        from mobileseg.data.dataset import data_folder
        from mobileseg.data.panoptic_settings import PanopticSettings
        from mobileseg.export.evaluation.loading import load

    asked = PanopticSettings.of(center_threshold, nms_kernel, top_k, stuff_area)
    labelling = {"--groups": groups, "--data-format": data_format}
    _check_options(spec, protocol, {"--size": size, "--resize": resize}, labelling, asked)
    folder = data_folder(str(data))
    progress("weights")
    with quiet():
        loaded = load(spec, None if weights is None else str(weights), ema, refresh)

    def method(names: tuple[str, ...]) -> Method:
        return _method(protocol, spec, names, size or loaded.size, resize)

    progress(f"check {folder}")
    if spec.task == "classification":
        found = _classified(loaded, folder, split, classes, method)
    else:
        found = _labelled(spec, loaded, folder, (split, groups, data_format, classes), method, asked)
    if target is not None:
        write_whole(target, found.to_json().encode())
    return found


def _classified(
    loaded: Loaded, folder: Path, split: str | None, classes: str | Path | None, method: MethodFor
) -> Evaluation:
    from mobileseg.data.classified import classes_of_folders, open_classified
    from mobileseg.export.evaluation.reference_accuracy import evaluate_classified

    known = classes_of_folders(loaded.shown_names, classes)
    data = open_classified(folder, known, split)
    how = method(known.names)
    data.check()
    return evaluate_classified(loaded.module, data, how, _weights(loaded))


def _labelled(
    spec: ModelSpec,
    loaded: Loaded,
    folder: Path,
    which: tuple[str | None, str | None, str | None, str | Path | None],
    method: MethodFor,
    asked: PanopticSettings | None,
) -> Evaluation:
    from mobileseg.data.split import open_one
    from mobileseg.export.evaluation.matching import check_same_classes
    from mobileseg.export.evaluation.reference_accuracy import evaluate_labelled
    from mobileseg.models.factory import num_classes_of
    from mobileseg.postprocess.panoptic import rules_for

    fits = functools.partial(check_same_classes, num_classes_of(loaded.module), loaded.names, spec.name)
    data = open_one(folder, *which, before=fits)  # not after a pixel was decoded
    how = method(data.classes.names)
    rules = None
    if spec.task == "panoptic" and data.panoptic:
        rules = rules_for(data.classes.thing_numbers, asked, data.classes.panoptic)
    elif asked is not None:
        raise RequestError(
            expected=f"instance labels for {asked.options}", found=f"none in {folder}", fix="leave it out"
        )
    return evaluate_labelled(loaded.module, data, how, rules, _weights(loaded))


def _weights(loaded: Loaded) -> dict[str, str | None]:
    return {
        "weights": loaded.weights,
        "weights_sha256": loaded.sha256,
        "weights_licence": loaded.licence,
        "note": loaded.note,
    }


def _method(
    protocol: str, spec: ModelSpec, names: tuple[str, ...], size: tuple[int, int], resize: str | None
) -> Method:
    """The protocol, on data with the classes ``names``; with one that resizes, the model's limits are checked for its sizes."""
    from mobileseg.data.fit import SQUASH, Fit, check_resize
    from mobileseg.export.evaluation.method import authors_method
    from mobileseg.models.checks import check_size

    authors = authors_method(protocol, spec, names)
    if authors is not None:
        return authors
    check_size(spec, *size)
    return Fit(size, check_resize(resize or SQUASH), spec.mean)


def _check_options(
    spec: ModelSpec,
    protocol: str,
    deployed: Mapping[str, object],
    labelling: Mapping[str, object],
    asked: PanopticSettings | None,
) -> None:
    """Raise ``RequestError`` for options that cannot have any effect, and for a protocol that does not exist."""
    from mobileseg.data.classified import check_options
    from mobileseg.data.fit import check_resize
    from mobileseg.data.protocols import DEPLOY, check_name

    check_name(protocol)
    if (resize := deployed["--resize"]) is not None:
        check_resize(str(resize))
    given = [name for name, value in deployed.items() if value is not None]
    if protocol != DEPLOY and given:
        raise RequestError(
            expected=f"{', '.join(given)} with --protocol {DEPLOY}", found=f"--protocol {protocol}", fix="leave it out"
        )
    if spec.task == "classification":
        check_options(spec.name, labelling)
    if asked is not None and spec.task != "panoptic":
        raise RequestError(
            expected=f"{asked.options} with a panoptic model", found=f"{spec.name}, {spec.task}", fix="leave it out"
        )
