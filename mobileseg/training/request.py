"""What is asked for, checked, and then done: train, measure, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import nn

from mobileseg.data.split import Split, open_split
from mobileseg.errors import DatasetError, RequestError
from mobileseg.files import check_output, sha256
from mobileseg.models.checks import check_size
from mobileseg.models.factory import build
from mobileseg.models.spec import Emit, ModelSpec
from mobileseg.provenance import command
from mobileseg.training.evaluate import place_baseline
from mobileseg.training.forms import FloatForm, Form, Int8Training
from mobileseg.training.loop import Report, Trainer
from mobileseg.training.recipe import Recipe
from mobileseg.training.record import Outcome, stored, write
from mobileseg.weights.importer import load_weights
from mobileseg.weights.resolve import RANDOM

MOST_CLASSES = 255  # labels are bytes, and one is void


@dataclass(frozen=True)
class TrainingRequest:
    """A checked request: everything but the training itself has been looked at."""

    spec: ModelSpec
    split: Split
    recipe: Recipe
    output: Path
    start: str | None  # weights to begin with, None for random ones
    name: str
    licence: str
    int8: Int8Training | None
    progress: Callable[[str], None]

    @property
    def panoptic(self) -> bool:
        """Whether the instance branch is trained, too."""
        return self.spec.task == "panoptic" and self.split.train.panoptic

    @property
    def metric(self) -> str:
        """What the weights are chosen by."""
        return "PQ" if self.panoptic else "mIoU"

    @property
    def state(self) -> Path:
        """What an unfinished run leaves beside the output."""
        return self.output.with_suffix(".state")

    @classmethod
    def of(
        cls,
        spec: ModelSpec,
        data: Path,
        output: Path,
        start: str | None = None,
        name: str | None = None,
        licence: str | None = None,
        recipe: dict[str, Any] | None = None,
        int8: Int8Training | None = None,
        force: bool = False,
        progress: Callable[[str], None] = lambda stage: None,
    ) -> TrainingRequest:
        """``int8``: what trains the int8 graph, where the recipe says so.

        Raises ``RequestError`` and its kinds, the cheap checks first.
        """
        if spec.task == "classification":
            raise RequestError(
                expected="a segmentation model", found=f"{spec.name}, a classifier", fix="choose another"
            )
        checked = _recipe(recipe or {})
        if checked.int8 != (int8 is not None):
            raise RequestError(
                expected="int8 in the recipe and what trains it, both or neither",
                found="one of them",
                fix="call mobileseg.finetune(..., int8=True)",
            )
        if checked.int8 and start in (None, RANDOM):
            raise RequestError(
                expected="--weights with --int8: trained ones, which are then made used to it",
                found="none" if start is None else RANDOM,
                fix=f"train in float first: mobileseg finetune {spec.name} --data {data}",
            )
        for size in (checked.size, checked.crop):
            check_size(spec, *size)
        if output.suffix != ".safetensors":
            raise RequestError(
                expected="an output name that ends in .safetensors",
                found=str(output),
                fix=f"call it {output.name}.safetensors",
            )
        for path in (output, output.with_suffix(".json"), output.with_suffix(".png")):
            check_output(path, force)
        progress(f"check {data}")
        split = open_split(data)
        checked.check(len(split.train.items))
        names = split.train.classes.names
        if len(names) > MOST_CLASSES:
            raise DatasetError(expected=f"at most {MOST_CLASSES} classes", found=str(len(names)), fix="merge some")
        stated = licence or "not stated: that of the data it was trained on"
        return cls(spec, split, checked, output, start, name or data.resolve().name, stated, int8, progress)

    def model(self) -> nn.Module:
        """The reference model with the data's classes, seeded random or with the weights to begin with."""
        model = build(self.spec, len(self.split.train.classes.names), self.recipe.seed)
        if self.start not in (None, RANDOM):
            load_weights(model, str(self.start))
        return model

    def form(self) -> Form:
        """What is trained: the reference model, or its int8 graph."""
        if self.int8 is None:
            return FloatForm()
        emit: Emit | None = "logits" if self.spec.task == "panoptic" and not self.panoptic else None
        return self.int8.form(self.recipe.size, emit)

    def identity(self) -> dict[str, Any]:
        """What a resumed run must have in common with the one that was interrupted."""
        return {
            "model": self.spec.name,
            "data": self.split.sha256(),
            "recipe": self.recipe.model_dump_json(),
            "start": self.start or RANDOM,
            "calibration": self.int8.sha256 if self.int8 else None,
            "torch": str(torch.__version__),
        }


def _recipe(fields: dict[str, Any]) -> Recipe:
    try:
        return Recipe.of(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise RequestError(
            expected=f"--{'-'.join(str(part) for part in first['loc'])}: {first['msg'].lower()}",
            found=str(first["input"]),
            fix="correct it",
        ) from error


def train(request: TrainingRequest, report: Callable[[Report], None] = lambda report: None) -> Outcome:
    """Train from the beginning or from the state that an interrupted run left beside the output; measure what the file will hold;
    write it, and remove the state. Raises ``GateError`` where the loss is no number any more."""
    split, state = request.split, request.state
    if state.exists():
        request.progress(f"go on from {state}")
    form = request.form()
    trainer = Trainer(
        request.model(),
        split.train,
        split.val,
        request.recipe,
        state,
        request.identity(),
        request.panoptic,
        form,
        report,
    )
    run = trainer.run()
    assert run.best is not None
    model = run.average
    model.load_state_dict(stored(run.best["state"]))
    measured: dict[str, float] = {}
    for part, folder in (("val", split.val), ("test", split.test)):
        if folder is not None:
            request.progress(f"measure on the {part} part, {len(folder.items)} images")
            for kind, each in (("", FloatForm()), ("int8_", form))[: 1 + request.recipe.int8]:
                found = each.evaluate(model, folder, request.recipe.size, request.panoptic)
                measured |= {f"{part}_{kind}{key}": value for key, value in found.measured.items()}
            guess = place_baseline(split.train, folder, request.panoptic).measured
            measured |= {f"{part}_{key}_of_position_baseline": guess[key] for key in ("miou", "pq") if key in guess}
    outcome = write(run, request.output, _facts(request, measured))
    state.unlink()
    return outcome


def _facts(request: TrainingRequest, measured: dict[str, float]) -> dict[str, Any]:
    """The record, but for the file itself and the curve."""
    classes, split = request.split.train.classes, request.split
    return {
        "name": request.name,
        "model": request.spec.name,
        "licence": request.licence,
        "trained_on": f"{request.name}: {len(split.train.items)} images; weights chosen by {request.metric} on "
        f"{len(split.val.items)} others; {split.how}",
        "recipe": request.recipe.model_dump(mode="json"),
        "start": _start(request),
        "calibration": request.int8.record() if request.int8 else None,
        "evaluation": "logits resized bilinearly to the label's size, argmax, ignored pixels left out",
        "size": request.recipe.size,
        "classes": classes.names,
        "palette": classes.colors,
        "things": classes.things if request.panoptic else (),
        "measured": measured,
        "data_sha256": split.sha256(),
        "seed": request.recipe.seed,
        "command": command("mobileseg.training.request.train"),
        "torch": str(torch.__version__),
    }


def _start(request: TrainingRequest) -> str:
    """The weights that training began with, and their digest where they are a file here."""
    if request.start in (None, RANDOM):
        return "random"
    path = Path(str(request.start))
    return f"{path.name}, sha256 {sha256(path)}" if path.is_file() else str(request.start)
