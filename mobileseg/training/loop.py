"""The training loop."""

from __future__ import annotations

import hashlib
import os
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
from mobileseg.training.config import TrainingConfig
from mobileseg.training.data import TrainingBatch, TrainingLoader
from mobileseg.training.examples import ExampleStore
from mobileseg.training.losses import AUXILIARY_WEIGHT, balancing_weights, class_loss, panoptic_loss
from mobileseg.training.memory import keep_freed_memory
from mobileseg.training.state import Run
from mobileseg.training.strategy import AUXILIARY, FloatStrategy, TrainingStrategy


@dataclass(frozen=True)
class Report:
    """Progress after an epoch.

    ``epoch``: number of finished ones, of ``epochs``. ``loss``: mean training loss of this epoch. ``score``: validation mIoU or PQ in
    0..1, None in an epoch without evaluation; ``best``: the highest so far. ``remaining_s``: estimate in seconds from the mean time of
    an epoch.
    """

    epoch: int
    epochs: int
    loss: float
    score: float | None
    best: float | None
    remaining_s: float


@dataclass
class Trainer:
    """Trains ``model`` (a reference model) on ``training`` and keeps the weights of the best validation score: mIoU, or PQ where
    ``panoptic``.

    ``state``: path of the state file. ``identity``: what identifies this run, stored in the state file and compared on resume.
    ``report`` is called after every epoch. ``workers``: processes that read and augment images; None for ``default_workers``.
    """

    model: nn.Module
    training: LabelledFolder
    validation: LabelledFolder
    config: TrainingConfig
    state: Path
    identity: dict[str, Any]
    panoptic: bool = False
    strategy: TrainingStrategy = field(default_factory=FloatStrategy)
    report: Callable[[Report], None] = lambda report: None
    workers: int | None = None
    device: str = field(default_factory=lambda: "cuda" if torch.cuda.is_available() else "cpu")

    def run(self) -> Run:
        """Train to the last epoch, resuming where ``state`` exists.

        Raises ``RequestError`` where the state cannot be resumed, ``GateError`` where the gradient is no longer finite.
        """
        keep_freed_memory()
        spec = spec_of(self.model)
        examples = ExampleStore(self.training)
        workers = default_workers(examples.fits, self.device) if self.workers is None else self.workers
        loader = TrainingLoader(examples, self.config, spec.mean, spec.std, workers)
        weights = balancing_weights(examples.class_shares()).to(self.device) if self.config.balanced else None
        run = Run(self.model.to(self.device), self.config, loader.steps)
        if self.state.exists():
            run.resume(self.state, self.identity)
        begin, first = time.monotonic(), run.epoch
        while run.epoch < self.config.epochs:
            loss = self._epoch(run, loader, weights)
            run.epoch += 1
            score = self._evaluate(run) if self._due(run.epoch) else None
            run.curve.append({"epoch": run.epoch, "loss": loss} | ({} if score is None else {"score": score}))
            run.save(self.state, self.identity)
            pace = (time.monotonic() - begin) / (run.epoch - first)
            best = run.best["score"] if run.best else None
            left = pace * (self.config.epochs - run.epoch)
            self.report(Report(run.epoch, self.config.epochs, loss, score, best, left))
        return run

    def _due(self, epoch: int) -> bool:
        return epoch % self.config.eval_interval == 0 or epoch == self.config.epochs

    def _epoch(self, run: Run, loader: TrainingLoader, weights: Tensor | None) -> float:
        """One pass over the data; returns the mean loss."""
        torch.manual_seed(_seed(self.config.seed, run.epoch))  # for drop path and dropout
        self.strategy.start_epoch(run.model)
        total = 0.0
        for step, batch in enumerate(loader.epoch(run.epoch)):
            loss = self._loss(run.model, batch.to(self.device), weights)
            run.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            norm = nn.utils.clip_grad_norm_(run.model.parameters(), self.config.clip)
            if not torch.isfinite(norm):
                raise GateError(
                    expected="a finite gradient",
                    found=f"norm {float(norm):g}, loss {float(loss.detach()):g} in epoch {run.epoch + 1}, step {step + 1}",
                    fix=f"train again with a lower --lr or a longer --warmup, to another --output or after removing {self.state.name}",
                )
            run.step()
            total += float(loss.detach())
        return total / loader.steps

    def _loss(self, model: nn.Module, batch: TrainingBatch, weights: Tensor | None) -> Tensor:
        outputs = self.strategy.outputs(model, batch.images)
        if self.panoptic:
            assert isinstance(outputs, dict)
            return panoptic_loss(outputs, batch, weights, self.config.ohem)
        logits = outputs["semantic"] if isinstance(outputs, dict) else outputs
        auxiliary = outputs.get(AUXILIARY) if isinstance(outputs, dict) else None
        rest = batch.labels, weights, self.config.ohem, spec_of(self.model).align_corners
        loss = class_loss(logits, *rest)
        return loss if auxiliary is None else loss + AUXILIARY_WEIGHT * class_loss(auxiliary, *rest)

    def _evaluate(self, run: Run) -> float:
        score = self.strategy.evaluate(run.average.module.cpu(), self.validation, self.config.size, self.panoptic).score
        run.average.module.to(self.device)
        if run.best is None or score > run.best["score"]:
            state = {key: value.detach().cpu().clone() for key, value in run.average.module.state_dict().items()}
            run.best = {"epoch": run.epoch, "score": score, "state": state}
        return score


def default_workers(kept: bool, device: str) -> int:
    """None where the CPU trains on images that are ``kept`` in memory: its cores are busy. Else half of the cores, at most 8."""
    if kept and device == "cpu":
        return 0
    return max(min((os.cpu_count() or 1) // 2, 8), 1)


def _seed(seed: int, epoch: int) -> int:
    """A seed of its own for every pair of numbers."""
    digest = hashlib.sha256(f"{seed}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:7], "big")
