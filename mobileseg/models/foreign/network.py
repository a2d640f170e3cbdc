"""A network that is not ours as a reference model: normalised RGB to class logits, with its own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mobileseg.models.foreign.importing import build_module
from mobileseg.models.foreign.outputs import pick

if TYPE_CHECKING:
    from mobileseg.models.card import ModelCard
    from mobileseg.models.rewrites.tracing import Traced

Size = tuple[int, int]


@dataclass
class Skeletons:
    """The programs of one network by input size. Copies of the network share them: they hold no weights that count."""

    known: dict[Size, Traced] = field(default_factory=dict)

    def __deepcopy__(self, memo: Any) -> Skeletons:
        return self


class ForeignNetwork(nn.Module):
    """The user's ``module`` behind the interface of reference models: normalised RGB ``(N, 3, H, W)`` to logits ``(N, classes, h, w)``
    float32. One logit for the foreground alone becomes two classes, ``-x`` and ``x``.

    Its state_dict is the module's, so that weights go in and out under the user's own keys.
    """

    def __init__(self, module: nn.Module, card: ModelCard) -> None:
        super().__init__()
        self.network = module
        self.output = card.output
        self.reverse = card.channels == "BGR"
        self.skeletons = Skeletons()

    def forward(self, image: Tensor) -> Tensor:
        return self.logits(image.flip(1) if self.reverse else image)

    def logits(self, image: Tensor) -> Tensor:
        """``forward`` for channels in the network's own order."""
        out = pick(self.network(image), self.output)
        return torch.cat([-out, out], 1) if out.shape[1] == 1 else out

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        return self.network.state_dict(*args, **kwargs)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        return self.network.load_state_dict(state_dict, strict, assign)


def build(card: ModelCard, seed: int = 0) -> ForeignNetwork:
    """The reference model of a card. Raises ``NetworkError``."""
    return ForeignNetwork(build_module(card, seed), card).eval()
