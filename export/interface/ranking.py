"""``mobileseg.export.sensitivity``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError
from mobileseg.files import check_output, write_whole
from mobileseg.models.lookup import check_known
from mobileseg.progress import silent
from mobileseg.quiet import quiet
from mobileseg.registry import require

if TYPE_CHECKING:
    from mobileseg.export.analysis.sensitivity import Sensitivity


def sensitivity(
    model: str,
    *,
    data: str | Path | None = None,
    data_format: str | None = None,
    classes: str | Path | None = None,
    weights: str | Path | None = None,
    size: tuple[int, int] | None = None,
    calibration: str | Path | None = None,
    images: int = 16,
    budget_s: float = 600.0,
    drop: float | None = None,
    output: str | Path | None = None,
    force: bool = False,
    progress: Callable[[str], None] = silent,
    ema: bool | None = None,
    refresh: bool = False,
) -> Sensitivity:
    """Which layers of a model cost accuracy in int8: each alone and cumulatively, the costliest first, and which are worth keeping
    float.

    ``data``: labelled images, so that costs are measured in mIoU too; default: the calibration images, unlabelled.
    ``data_format``, ``classes``: as in ``compare``.
    ``weights``, ``ema``, ``refresh``, ``size``, ``calibration``: as in ``export_model``. ``images``: at most so many are looked
    at; fewer where ``budget_s`` seconds do not suffice. ``drop``: the mIoU that int8 may cost, 0..1, as the goal (with
    ``data``). ``output``: where to write the list that ``export_model(keep_float=...)`` takes, a ``.toml``; ``force``
    overwrites it. ``progress`` is called with each stage.

    Raises ``RequestError`` and its subclasses, ``MissingExtraError``, ``GateError`` where an output is not a finite number.
    """
    check_known(model)
    require(("torch", "torchao"), "quantizing", "executorch")
    target = None if output is None else Path(output)
    if target is not None:
        if target.suffix != ".toml":
            raise RequestError(
                expected="an output name that ends in .toml", found=str(target), fix=f"call it {target.name}.toml"
            )
        check_output(target, force)
    with quiet():
        from mobileseg.export.analysis.diagnosis import Diagnosis
        from mobileseg.export.analysis.sensitivity import keep_float_of

    start = None if weights is None else str(weights)
    found = Diagnosis.of(
        model, start, size, calibration, data, images, budget_s, drop, progress, ema, refresh, data_format, classes
    ).run()
    if target is not None:
        write_whole(target, keep_float_of(found).to_toml().encode())
    return found
