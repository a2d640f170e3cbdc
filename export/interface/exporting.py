"""``mobileseg.export.export_model``, and what it would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mobileseg.progress import silent
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from pathlib import Path

    from mobileseg.export.artifact import Artifact
    from mobileseg.export.backends.contract import Timer
    from mobileseg.export.plan import ExportPlan


def export_model(
    name: str,
    target: str,
    *,
    precision: str | None = None,
    size: tuple[int, int] | None = None,
    output: str | Path | None = None,
    weights: str | Path | None = None,
    ema: bool | None = None,
    refresh: bool = False,
    num_classes: int | None = None,
    emit: str | None = None,
    calibration: str | Path | None = None,
    verify_data: str | Path | None = None,
    keep_float: str | Path | None = None,
    recipe: str | None = None,
    classes: str | Path | None = None,
    require_delegation: float | None = None,
    require_agreement: float | None = None,
    require_sqnr: float | None = None,
    center_threshold: float | None = None,
    nms_kernel: int | None = None,
    top_k: int | None = None,
    stuff_area: int | None = None,
    force: bool = False,
    resize: str = "squash",
    batch: int | str | None = None,
    opset: int | None = None,
    symmetric: bool = False,
    input: str | None = None,
    min_ios: int | None = None,
    seed: int = 0,
    resample_tables: bool = False,
    progress: Callable[[str], None] = silent,
    timer: Timer | None = None,
) -> Artifact:
    """Export a model to a file that has been run and compared with the reference model, with its manifest beside it.

    ``name``: of the zoo, of a package or program that registered one, ``package.module:factory``, or a model.toml: of these the code
    is imported. ``target``: ``executorch``, ``onnx`` or ``coreml``. ``precision``: of the target's row in ``TARGETS``; default: its first.
    ``size``: height, width in pixels; default: the weights' own, else the model's. ``output``: default
    ``MODEL-PRECISION.SUFFIX`` in the working folder. ``weights``: a bundled name, a path, an https or ``hf://`` address,
    ``official`` for the authors' file, or ``random``; default: the bundled ones. ``ema``: of a file with plain and averaged
    weights take the averaged (True, and by default) or the plain ones (False). ``refresh``: download again what is in the
    cache. ``num_classes``: with random weights. ``emit``: ``logits``, ``mask`` or ``panoptic``; default: all that the head
    gives. ``calibration``: a folder of images that set the int8 ranges; default: bundled ones. A third of them does not, and
    the file is verified on it, unless ``verify_data`` is a folder of other images (``samples``: the bundled ones).
    ``keep_float``: a list of layers (TOML) that stay float in int8, or ``auto``: find one on the calibration images.
    ``recipe``: how int8 ranges are found (``histogram``, ``minmax``, ``percentile`` or ``mse``, each also ``+bias``); default:
    the family's. ``classes``: a class list's name or a classes.json, for weights without names or instead of theirs.
    ``require_delegation``: in percent; ``require_agreement``: in 0..1, and ``require_sqnr``: in dB, in place of the floors of
    the precision; a file below is not kept. ``center_threshold``, ``nms_kernel``, ``top_k``, ``stuff_area``: how the outputs of
    a panoptic file become instances; default: as ``classes`` or the weights' record say, else Axial-DeepLab's on Cityscapes.
    ``force`` overwrites. ``resize``: how pictures of any size become the input, which the manifest says to everything that runs
    the file: ``squash`` (proportions given up), ``letterbox`` (the whole picture, between bars) or ``crop`` (its middle).
    ONNX: ``batch``: pictures that the file takes at once, or ``dynamic`` for any number; default 1; ``opset``: 17 to 25, default 18;
    ``symmetric``: int8 activations with zero points 0, as TensorRT wants them.
    Core ML: ``input``: ``image`` for a file that takes a picture (ImageType, as Vision gives it) instead of numbers; ``min_ios``: 16,
    17 or 18, the oldest iOS that reads the file, default 17.
    ``seed``: of random weights. ``resample_tables``: stretch position tables that do not reach ``size``.
    ``progress`` is called with each stage. ``timer``: measures what ``keep_float`` costs in time
    (``mobileseg.latency.measuring.pair.time_pair``); without one the manifest has "not measured".

    The file takes RGB ``(1, 3, H, W)`` float32 in 0..255. File and manifest appear at the end, both or none.

    Raises ``RequestError`` and ``EnvironmentLackError`` and their subclasses before anything slow, ``GateError`` where the file
    is not good enough.
    """
    with quiet():
        from mobileseg.data.panoptic_settings import PanopticSettings
        from mobileseg.export.request import ExportRequest

    request = ExportRequest.of(
        name, target, precision, size, output, weights, num_classes, emit, calibration, verify_data, keep_float, recipe,
        classes, require_delegation, require_agreement, require_sqnr,
        PanopticSettings.of(center_threshold, nms_kernel, top_k, stuff_area), force, seed, resample_tables, progress, timer,
        ema, refresh, resize, batch, opset, symmetric, input, min_ios,
    )  # fmt: skip
    with quiet():
        from mobileseg.export.pipeline import export

    return export(request)


def plan_export(
    name: str,
    target: str,
    *,
    precision: str | None = None,
    size: tuple[int, int] | None = None,
    output: str | Path | None = None,
    weights: str | Path | None = None,
    ema: bool | None = None,
    refresh: bool = False,
    num_classes: int | None = None,
    emit: str | None = None,
    calibration: str | Path | None = None,
    verify_data: str | Path | None = None,
    keep_float: str | Path | None = None,
    recipe: str | None = None,
    classes: str | Path | None = None,
    require_delegation: float | None = None,
    require_agreement: float | None = None,
    require_sqnr: float | None = None,
    center_threshold: float | None = None,
    nms_kernel: int | None = None,
    top_k: int | None = None,
    stuff_area: int | None = None,
    force: bool = False,
    resize: str = "squash",
    batch: int | str | None = None,
    opset: int | None = None,
    symmetric: bool = False,
    input: str | None = None,
    min_ios: int | None = None,
    seed: int = 0,
    resample_tables: bool = False,
    progress: Callable[[str], None] = silent,
) -> ExportPlan:
    """Every check of ``export_model`` with the same arguments, and what it would do; nothing is lowered or written.

    Raises what ``export_model`` raises, but for ``GateError``: whether the file is good enough is known when there is one.
    """
    with quiet():
        from mobileseg.data.panoptic_settings import PanopticSettings
        from mobileseg.export.plan import plan
        from mobileseg.export.request import ExportRequest

    return plan(
        ExportRequest.of(
            name, target, precision, size, output, weights, num_classes, emit, calibration, verify_data, keep_float, recipe,
            classes, require_delegation, require_agreement, require_sqnr,
            PanopticSettings.of(center_threshold, nms_kernel, top_k, stuff_area), force, seed, resample_tables, progress,
            ema=ema, refresh=refresh, resize=resize, batch=batch, opset=opset, symmetric=symmetric, input=input, min_ios=min_ios,
        )
    )  # fmt: skip
