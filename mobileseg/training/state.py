"""Everything that a run is in the middle of, in one file that is replaced whole at the end of an epoch."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mobileseg.errors import RequestError
from mobileseg.files import publish, staging
from mobileseg.training.recipe import Recipe

SCHEMA_VERSION = 1


class Run:
    """Weights, their average, the optimizer, the epochs done and the curve so far.

    Randomness needs no state: it is a function of the recipe's seed and the epoch. So a run that is killed anywhere goes on from
    the last whole epoch and ends with the weights of one that was not.
    """

    def __init__(self, model: nn.Module, recipe: Recipe) -> None:
        self.model, self.recipe = model, recipe
        self.average = copy.deepcopy(model).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(_groups(model, recipe.decay), lr=recipe.rate)
        self.epoch = 0
        self.steps = 0
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, Any] | None = None  # {"epoch", "score", "state"}

    def set_rate(self, rate: float) -> None:
        """For the next step."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    @torch.no_grad()
    def update_average(self) -> None:
        """``average = decay average + (1 - decay) model``; a smaller decay at first, so that the random start is forgotten:
        ``min(decay, (1 + steps) / (10 + steps))``."""
        self.steps += 1
        decay = min(self.recipe.ema, (1 + self.steps) / (10 + self.steps))
        for mean, value in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    def save(self, path: Path, identity: dict[str, Any]) -> None:
        """Write the file; ``identity`` says what run this is."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "identity": identity,
            "epoch": self.epoch,
            "steps": self.steps,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "curve": self.curve,
            "best": self.best,
        }
        with staging(path) as folder:
            torch.save(content, folder / path.name)
            publish([(folder / path.name, path)])

    def resume(self, path: Path, identity: dict[str, Any]) -> None:
        """Go on from ``path``; raises ``RequestError`` where it is damaged or another run's."""
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            found = content["identity"]
        except Exception as error:  # torch.load raises nearly anything on a damaged file
            raise RequestError(
                expected="the state of an unfinished run",
                found=f"{path}: {type(error).__name__}",
                fix=f"remove {path.name}",
            ) from error
        if found != identity:
            other = next((key for key in identity if found.get(key) != identity[key]), "its version")
            raise RequestError(
                expected=f"the state of this very run in {path}",
                found=f"another {other}: {found.get(other)!r} instead of {identity.get(other)!r}",
                fix=f"repeat the other run's command, choose another --output, or remove {path.name} to start anew",
            )
        self.model.load_state_dict(content["model"])
        self.average.load_state_dict(content["average"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.epoch, self.steps = content["epoch"], content["steps"]
        self.curve, self.best = content["curve"], content["best"]


def _groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices and kernels; none for biases, norms, layer scales and position tables."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    plain = ("pos_embed", "relative", "relative_h", "relative_w", "emb_")
    decayed = [p for name, p in trained if p.ndim > 1 and not name.rpartition(".")[2].startswith(plain)]
    kept = {id(p) for p in decayed}
    others = [p for _, p in trained if id(p) not in kept]
    return [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
