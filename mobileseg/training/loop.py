"""The training loop."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from mobileseg.data.dataset import LabelledFolder
from mobileseg.errors import GateError
from mobileseg.models.factory import spec_of
from mobileseg.postprocess.sound import UnsoundOutputError
from mobileseg.training.compute import PLAIN, Compute
from mobileseg.training.config import TrainingConfig
from mobileseg.training.data import TrainingBatch, TrainingLoader
from mobileseg.training.examples import ExampleStore
from mobileseg.training.identity import Identity
from mobileseg.training.losses import AUXILIARY_WEIGHT, balancing_weights, class_loss, panoptic_loss
from mobileseg.training.memory import keep_freed_memory
from mobileseg.training.state import Run
from mobileseg.training.strategy import AUXILIARY, FloatStrategy, TrainingStrategy

LEAST_SCALE = 1.0  # of the gradients of float16: where less overflows, it is not for want of range


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
    ``compute``: where, to which ``model`` is moved, and in which precision.
    """

    model: nn.Module
    training: LabelledFolder
    validation: LabelledFolder
    config: TrainingConfig
    state: Path
    identity: Identity
    panoptic: bool = False
    strategy: TrainingStrategy = field(default_factory=FloatStrategy)
    report: Callable[[Report], None] = lambda report: None
    workers: int | None = None
    compute: Compute = PLAIN

    def run(self) -> Run:
        """Train to the last epoch, resuming where ``state`` exists.

        Raises ``RequestError`` where the state cannot be resumed, ``GateError`` where the gradient is no longer finite,
        ``EnvironmentLackError`` where the device has too little memory.
        """
        keep_freed_memory()
        spec, device = spec_of(self.model), self.compute.device
        examples = ExampleStore(self.training)
        workers = default_workers(examples.fits, device) if self.workers is None else self.workers
        loader = TrainingLoader(examples, self.config, spec.mean, spec.std, workers)
        with self.compute.room():
            run = Run(self.model.to(device), self.config, loader.steps, self.compute)
            if self.state.exists():
                run.resume(self.state, self.identity)
            weights = balancing_weights(examples.class_shares()).to(device) if self.config.balanced else None
            self._train(run, loader, weights)
        return run

    def _train(self, run: Run, loader: TrainingLoader, weights: Tensor | None) -> None:
        begin, first = time.monotonic(), run.epoch
        while run.epoch < self.config.epochs:
            loss = self._epoch(run, loader, weights)
            run.finish_epoch(loss)
            score = self._evaluate(run) if self._due(run.epoch) else None
            if score is not None:
                run.curve[-1]["score"] = score
            run.save(self.state, self.identity)
            pace = (time.monotonic() - begin) / (run.epoch - first)
            best = run.best["score"] if run.best else None
            left = pace * (self.config.epochs - run.epoch)
            self.report(Report(run.epoch, self.config.epochs, loss, score, best, left))

    def _due(self, epoch: int) -> bool:
        return epoch % self.config.eval_interval == 0 or epoch == self.config.epochs

    def _epoch(self, run: Run, loader: TrainingLoader, weights: Tensor | None) -> float:
        """One pass over the data; returns the mean loss."""
        torch.manual_seed(_seed(self.config.seed, run.epoch))  # for drop path and dropout
        self.strategy.start_epoch(run.model)
        total = 0.0
        for step, batch in enumerate(loader.epoch(run.epoch, self.compute.device)):
            loss = self._loss(run.model, batch, weights)
            run.optimizer.zero_grad(set_to_none=True)
            run.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            run.scaler.unscale_(run.optimizer)
            norm = nn.utils.clip_grad_norm_(run.model.parameters(), self.config.clip)
            value = float(loss.detach())
            if not torch.isfinite(norm) and not (math.isfinite(value) and run.scaler.get_scale() > LEAST_SCALE):
                where = f"in epoch {run.epoch + 1}, step {step + 1}"
                raise self._diverged("a finite gradient", f"norm {float(norm):g}, loss {value:g} {where}")
            run.step()
            total += value
        return total / loader.steps

    def _diverged(self, expected: str, found: str) -> GateError:
        narrow = "" if self.compute.amp is None else "with --no-amp, "
        fix = f"train again {narrow}with a lower --lr or a longer --warmup, to another --output or after removing {self.state.name}"
        return GateError(expected=expected, found=found, fix=fix)

    def _loss(self, model: nn.Module, batch: TrainingBatch, weights: Tensor | None) -> Tensor:
        with self.compute.autocast():
            found = self.strategy.outputs(model, batch.images)
        outputs = {name: out.float() for name, out in found.items()} if isinstance(found, dict) else found.float()
        if self.panoptic:
            assert isinstance(outputs, dict)
            return panoptic_loss(outputs, batch, weights, self.config.ohem)
        logits = outputs["semantic"] if isinstance(outputs, dict) else outputs
        auxiliary = outputs.get(AUXILIARY) if isinstance(outputs, dict) else None
        rest = batch.labels, weights, self.config.ohem, spec_of(self.model).align_corners
        loss = class_loss(logits, *rest)
        return loss if auxiliary is None else loss + AUXILIARY_WEIGHT * class_loss(auxiliary, *rest)

    def _evaluate(self, run: Run) -> float:
        try:
            found = self.strategy.evaluate(run.average.module, self.validation, self.config.size, self.panoptic)
        except UnsoundOutputError as error:
            raise self._diverged(f"{error.expected} after epoch {run.epoch}", error.found) from error
        score = found.score
        if run.best is None or score > run.best["score"]:
            state = {key: value.detach().cpu().clone() for key, value in run.average.module.state_dict().items()}
            run.best = {"epoch": run.epoch, "score": score, "state": state}
        return score


def default_workers(kept: bool, device: torch.device) -> int:
    """None where the CPU trains on images that are ``kept`` in memory: its cores are busy. Else half of the cores, at most 8."""
    if kept and device.type == "cpu":
        return 0
    return max(min((os.cpu_count() or 1) // 2, 8), 1)


def _seed(seed: int, epoch: int) -> int:
    """A seed of its own for every pair of numbers."""
    digest = hashlib.sha256(f"{seed}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:7], "big")
