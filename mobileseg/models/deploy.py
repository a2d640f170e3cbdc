"""The common wrapper of deploy models: preprocessing in front of the network, the class map after it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobileseg.models.blocks.rewrites import constant
from mobileseg.models.heads.mask import MaskHead
from mobileseg.models.spec import OUTPUTS, Emit, ModelSpec


class DeployedModel(nn.Module):
    """A deploy model: RGB pixels ``(1, 3, height, width)`` float32 in 0..255 to logits, to the class map, or, for a panoptic head, to a
    dict of ``semantic``, ``center`` and ``offset``.

    The mean is subtracted here; the division by the standard deviation is folded into the weights of the first convolution. The mean
    cannot be folded, since the convolution's zero padding stands for a border in the mean colour.
    """

    def __init__(
        self, network: nn.Module, spec: ModelSpec, num_classes: int, size: tuple[int, int], emit: Emit
    ) -> None:
        super().__init__()
        self.network = network
        self.height, self.width = size
        self.num_classes, self.emit = num_classes, emit
        self.mobileseg_spec = spec
        self.mean = constant(torch.tensor(spec.mean).reshape(1, 3, 1, 1))
        self.mask = MaskHead(num_classes, size, spec.stride, spec.align_corners) if emit == "mask" else nn.Identity()

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs of ``forward``, in order."""
        return OUTPUTS[self.emit]

    def forward(self, image: Tensor) -> Tensor | dict[str, Tensor]:
        out: Tensor | dict[str, Tensor] = self.mask(self.network(image - self.mean))
        return out
