"""``sensitivity``: which layers cost accuracy in int8, and the list that ``export --keep-float`` takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.cli.console import Stages, decibel, json_path, parse_size, percent, results
from mobileseg.cli.tables import add, table
from mobileseg.errors import RequestError
from mobileseg.files import check_output, write_whole
from mobileseg.models.registry import MODELS
from mobileseg.registry import choose, require

if TYPE_CHECKING:
    from mobileseg.export.analysis.sensitivity import Sensitivity

SHOWN = 15


def run(
    model: str,
    data: str | None,
    weights: str | None,
    size: str | None,
    calibration: str | None,
    images: int,
    budget_min: float,
    drop: float | None,
    output: str | None,
    json_file: str | None,
    force: bool,
) -> None:
    """Rank, show and write the list."""
    spec = choose(MODELS, model, "model")
    require(("torch", "torchao"), "quantizing", "executorch")
    target = Path(output or f"{spec.name}-keep-float.toml")
    if target.suffix != ".toml":
        raise RequestError(
            expected="an output name that ends in .toml", found=str(target), fix=f"call it {target.name}.toml"
        )
    check_output(target, force)
    figures = json_path(json_file, force)
    stages = Stages()
    from mobileseg.export.analysis.diagnosis import Diagnosis
    from mobileseg.export.analysis.sensitivity import keep_float_of

    found = Diagnosis.of(
        model,
        weights,
        parse_size(size),
        calibration,
        data,
        images,
        60 * budget_min,
        None if drop is None else drop / 100,
        stages,
    ).run()
    write_whole(target, keep_float_of(found).to_toml().encode())
    if figures is not None:
        write_whole(figures, found.to_json().encode())
    _show(found)
    results().print(
        f"wrote {target}: {len(found.keep)} layers to keep float" if found.keep
        else f"wrote {target}: no layer is worth keeping float",
        markup=False,
        soft_wrap=True,
    )  # fmt: skip


def _show(found: Sensitivity) -> None:
    console = results()
    console.print(
        f"{found.model} at {found.size[0]}x{found.size[1]}, weights {found.weights}; calibrated on {found.calibration}; "
        f"{found.images} images of {found.probes}; {found.spent_s:.0f} s of {found.budget_s:.0f} s",
        markup=False,
        soft_wrap=True,
    )
    console.print(
        f"all in int8: SQNR {decibel(found.int8.sqnr_db)}, same class {percent(found.int8.agreement)}, "
        f"mIoU {percent(found.int8.miou)} (float {percent(found.float_miou)})"
    )
    ranking = table("layer", "alone", "with all before it", "mIoU alone", "multiply-adds")
    for cost in found.layers[:SHOWN]:
        add(
            ranking,
            cost.layer,
            decibel(cost.alone.sqnr_db),
            decibel(cost.cumulative.sqnr_db),
            percent(cost.alone.miou),
            percent(cost.multiply_adds),
        )
    console.print(ranking)
    if len(found.layers) > SHOWN:
        console.print(f"and {len(found.layers) - SHOWN} more that cost less")
    for step in found.kept:
        console.print(
            f"{step.layer} float, too: SQNR {decibel(step.figures.sqnr_db)}, mIoU {percent(step.figures.miou)}, "
            f"{percent(step.int8_share)} of the multiply-adds in int8",
            markup=False,
            soft_wrap=True,
        )
