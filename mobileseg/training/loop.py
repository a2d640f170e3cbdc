"""The training loop."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mobileseg.data.dataset import LabelledFolder
from mobileseg.errors import GateError
from mobileseg.models.factory import spec_of
from mobileseg.training.data import Source, Views, class_shares, load_examples
from mobileseg.training.forms import FloatForm, Form
from mobileseg.training.losses import balancing_weights, class_loss, panoptic_loss
from mobileseg.training.memory import keep_freed_memory
from mobileseg.training.recipe import Recipe
from mobileseg.training.state import Run


@dataclass(frozen=True)
class Report:
    """The state of things after an epoch. ``score`` (mIoU or PQ) is None where it was not measured, ``remaining_s`` a guess from the
    pace."""

    epoch: int
    epochs: int
    loss: float
    score: float | None
    best: float | None
    remaining_s: float


@dataclass
class Trainer:
    """Trains ``model`` (a reference model) on ``training``; the weights of the best validation score are kept: mIoU, or
    PQ where ``panoptic``.

    ``form``: what of it is trained and evaluated. ``state``: where the run is kept. ``identity``: what makes this run this run,
    stored in the state and compared at resumption.
    """

    model: nn.Module
    training: LabelledFolder
    validation: LabelledFolder
    recipe: Recipe
    state: Path
    identity: dict[str, Any]
    panoptic: bool = False
    form: Form = field(default_factory=FloatForm)
    report: Callable[[Report], None] = lambda report: None
    device: str = field(default_factory=lambda: "cuda" if torch.cuda.is_available() else "cpu")

    def run(self) -> Run:
        """Train to the end, from the beginning or from where ``state`` says. Raises ``RequestError``, ``GateError``."""
        keep_freed_memory()
        spec = spec_of(self.model)
        source = Source(load_examples(self.training), self.recipe, spec.mean, spec.std)
        weights = None
        if self.recipe.balanced:
            shares = class_shares(source.examples, len(self.training.classes.names))
            weights = balancing_weights(shares).to(self.device)
        run = Run(self.model.to(self.device), self.recipe)
        if self.state.exists():
            run.resume(self.state, self.identity)
        begin, first = time.monotonic(), run.epoch
        while run.epoch < self.recipe.epochs:
            loss = self._epoch(run, source, weights)
            run.epoch += 1
            score = self._evaluate(run) if self._due(run.epoch) else None
            run.curve.append({"epoch": run.epoch, "loss": loss} | ({} if score is None else {"score": score}))
            run.save(self.state, self.identity)
            pace = (time.monotonic() - begin) / (run.epoch - first)
            best = run.best["score"] if run.best else None
            left = pace * (self.recipe.epochs - run.epoch)
            self.report(Report(run.epoch, self.recipe.epochs, loss, score, best, left))
        return run

    def _due(self, epoch: int) -> bool:
        return epoch % self.recipe.every == 0 or epoch == self.recipe.epochs

    def _epoch(self, run: Run, source: Source, weights: Tensor | None) -> float:
        """One pass over the data; gives the mean loss."""
        torch.manual_seed(_seed(self.recipe.seed, run.epoch))  # of drop path and dropout
        self.form.begin(run.model)
        total = 0.0
        for step, views in enumerate(source.epoch(run.epoch)):
            run.set_rate(self.recipe.rate_at(run.epoch * source.steps + step, source.steps))
            loss = self._loss(run.model, views.to(self.device), weights)
            run.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            norm = nn.utils.clip_grad_norm_(run.model.parameters(), self.recipe.clip)
            if not torch.isfinite(norm):
                raise GateError(
                    expected="a loss whose gradient is finite",
                    found=f"{float(loss):g} with a gradient of {float(norm):g} in epoch {run.epoch + 1}, step {step + 1}",
                    fix="start anew with a smaller --rate or a longer --warmup; the last whole epoch is kept",
                )
            run.optimizer.step()
            run.update_average()
            total += float(loss.detach())
        return total / source.steps

    def _loss(self, model: nn.Module, views: Views, weights: Tensor | None) -> Tensor:
        outputs = self.form.outputs(model, views.images)
        if self.panoptic:
            assert isinstance(outputs, dict)
            return panoptic_loss(outputs, views, weights, self.recipe.hard_share)
        logits = outputs["semantic"] if isinstance(outputs, dict) else outputs
        aligned = spec_of(self.model).align_corners
        return class_loss(logits, views.labels, weights, self.recipe.hard_share, aligned)

    def _evaluate(self, run: Run) -> float:
        score = self.form.evaluate(run.average.cpu(), self.validation, self.recipe.size, self.panoptic).score
        run.average.to(self.device)
        if run.best is None or score > run.best["score"]:
            state = {key: value.detach().cpu().clone() for key, value in run.average.state_dict().items()}
            run.best = {"epoch": run.epoch, "score": score, "state": state}
        return score


def _seed(seed: int, epoch: int) -> int:
    """A seed that no other pair of numbers gives."""
    digest = hashlib.sha256(f"{seed}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:7], "big")
