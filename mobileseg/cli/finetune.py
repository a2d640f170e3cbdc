"""``finetune``: the request from the options, progress, what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.cli import interrupt
from mobileseg.cli.console import Stages, parse_size, percent, results
from mobileseg.errors import RequestError
from mobileseg.models.registry import MODELS
from mobileseg.registry import choose, require

if TYPE_CHECKING:
    from mobileseg.training.loop import Report

PACKAGES = ("torch", "torchvision", "matplotlib")


def run(
    model: str,
    data: str,
    output: str | None,
    weights: str | None,
    name: str | None,
    licence: str | None,
    force: bool,
    calibration: str | None,
    threads: int | None,
    **recipe: Any,
) -> None:
    """Check, train, measure, write."""
    spec = choose(MODELS, model, "model")
    require(PACKAGES, "training", "train")
    if recipe["int8"]:
        require(("torchao",), "training for int8", "executorch")
    elif calibration is not None:
        raise RequestError(expected="--calibration with --int8", found="--calibration alone", fix="leave it out")
    given = {key: parse_size(value) if key in ("size", "crop") else value for key, value in recipe.items()}
    stages = Stages()
    import torch

    from mobileseg.training.request import TrainingRequest, train

    if threads is not None:
        torch.set_num_threads(threads)
    target = Path(output or f"{spec.name}_{name or Path(data).resolve().name}.safetensors")
    fields = {key: value for key, value in given.items() if value is not None}
    int8 = None
    if recipe["int8"]:
        from mobileseg.export.quantization.calibration import read_calibration
        from mobileseg.export.quantization.training import Int8Training

        int8 = Int8Training(read_calibration(Path(calibration) if calibration is not None else None))
    request = TrainingRequest.of(
        spec, Path(data), target, weights, name, licence, fields, int8, force=force, progress=stages
    )

    state = request.state
    word = f"interrupted; {state} keeps the run up to its last whole epoch: repeat the command to go on"
    if state.exists():
        interrupt.leave_word(word)

    def report(found: Report) -> None:
        interrupt.leave_word(word)
        seen = "" if found.score is None else f", {request.metric} {percent(found.score)}, best {percent(found.best)}"
        left = f"; {found.remaining_s / 60:.0f} min left" if found.epoch < found.epochs else ""
        stages(f"epoch {found.epoch} of {found.epochs}: loss {found.loss:.3f}{seen}{left}")

    outcome = train(request, report)
    console = results()
    for title, figure in outcome.measured.items():
        console.print(f"{title.replace('_', ' '):36} {percent(figure)}", markup=False)
    console.print(
        f"wrote {outcome.weights}, {outcome.record.name} and {outcome.picture.name}", markup=False, soft_wrap=True
    )
