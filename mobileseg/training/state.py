"""The state of a run, in one file that is replaced as a whole after every epoch."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map_only

from mobileseg.errors import RequestError
from mobileseg.files import publish, staging
from mobileseg.training.average import averaged_model
from mobileseg.training.compute import PLAIN, Compute
from mobileseg.training.config import TrainingConfig
from mobileseg.training.identity import Identity, check_same
from mobileseg.training.schedule import lr_schedule

SCHEMA_VERSION = 3  # 1: before AveragedModel and SequentialLR; 2: before the scaler, and the data in the identity


class Run:
    """Weights, their average, optimizer, schedule, the number of finished epochs and the curve so far.

    There is no random state to keep: all randomness is a function of the config's seed and the epoch. A run that is killed at any
    time resumes after its last complete epoch and, on a CPU, ends with the same weights as an uninterrupted one; some operators of
    accelerators sum in no fixed order. ``model`` is where ``compute`` says; what is saved are tensors of the CPU.
    """

    def __init__(
        self, model: nn.Module, config: TrainingConfig, steps_per_epoch: int, compute: Compute = PLAIN
    ) -> None:
        self.model, self.compute = model, compute
        self.average = averaged_model(model, config.ema)
        self.optimizer = torch.optim.AdamW(_groups(model, config.weight_decay), lr=config.lr)
        self.schedule = lr_schedule(self.optimizer, config, steps_per_epoch)
        self.scaler = compute.scaler()
        self.epoch = 0
        self.curve: list[dict[str, float]] = []
        self.computed: list[dict[str, Any]] = []  # {"device", "precision", "epochs"}: of how many epochs in a row
        self.best: dict[str, Any] | None = None  # {"epoch", "score", "state"}

    def step(self) -> None:
        """Update weights, learning rate and average from the gradients. Where the scaler has found that float16 was too narrow for
        them, the weights stay."""
        self.scaler.step(self.optimizer)
        self.scaler.update()
        with warnings.catch_warnings():
            # Torch warns of it where the first step is one of these.
            warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step")
            self.schedule.step()
        self.average.update_parameters(self.model)

    def finish_epoch(self, loss: float) -> None:
        """Count an epoch, with its mean loss and how it was computed."""
        self.epoch += 1
        self.curve.append({"epoch": self.epoch, "loss": loss})
        how = {"device": self.compute.device.type, "precision": self.compute.precision}
        if not self.computed or {**self.computed[-1], **how} != self.computed[-1]:
            self.computed.append({**how, "epochs": 0})
        self.computed[-1]["epochs"] += 1

    def save(self, path: Path, identity: Identity) -> None:
        """Write the file; ``identity`` says which run this is."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "identity": identity,
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "curve": self.curve,
            "computed": self.computed,
            "best": self.best,
        }
        content = tree_map_only(torch.Tensor, lambda tensor: tensor.detach().cpu(), content)
        with staging(path) as folder:
            torch.save(content, folder / path.name)
            publish([(folder / path.name, path)])

    def resume(self, path: Path, identity: Identity) -> None:
        """Continue from ``path``, on whichever device. Raises ``RequestError`` where the file is damaged, of another schema or of another
        run."""
        content = _read(path)
        check_same(content["identity"], identity, path)
        self.model.load_state_dict(content["model"])
        self.average.load_state_dict(content["average"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.schedule.load_state_dict(content["schedule"])
        if self.scaler.is_enabled() and content["scaler"]:
            self.scaler.load_state_dict(content["scaler"])
        self.epoch, self.curve, self.best = content["epoch"], content["curve"], content["best"]
        self.computed = content["computed"]


def _read(path: Path) -> dict[str, Any]:
    """The content of a state file, of this schema."""
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        version = content["schema_version"]
    except Exception as error:  # torch.load raises nearly anything on a damaged file
        raise RequestError(
            expected="the state of an unfinished run",
            found=f"{path}, which cannot be read ({type(error).__name__})",
            fix=f"remove {path.name} to start again",
        ) from error
    if version != SCHEMA_VERSION:
        raise RequestError(
            expected=f"the state of an unfinished run in schema {SCHEMA_VERSION}",
            found=f"schema {version} in {path}: another version of mobileseg wrote it",
            fix=f"finish the run with that version, or remove {path.name} to start again",
        )
    return content


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices and kernels; none for biases, norms, layer scales and position tables."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    plain = ("pos_embed", "relative", "relative_h", "relative_w", "emb_")
    decayed = [p for name, p in trained if p.ndim > 1 and not name.rpartition(".")[2].startswith(plain)]
    kept = {id(p) for p in decayed}
    others = [p for _, p in trained if id(p) not in kept]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
