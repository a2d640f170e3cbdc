"""The light head for the runtime: hard-sigmoids become clamps, every resize has a constant size."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.rewrites import copied, fold
from mobileseg.models.heads.light import FusionBlock, LightHead


class FusionDeploy(nn.Module):
    """``local(x) * up(ReLU6(g + 3) / 6)  =  (local / 6)(x) * up(clamp(g + 3, 0, 6))``.

    Bilinear upsampling is linear, so the factor 1/6 moves through it into the local convolution; the 3 goes into the bias of the
    gate's convolution. What remains of the hard-sigmoid is a clamp, which the runtime fuses into the convolution.
    """

    def __init__(self, block: FusionBlock, size: tuple[int, int]) -> None:
        super().__init__()
        self.local = fold(block.local_embedding, gain=1 / 6)
        self.gate = fold(block.global_act, offset=3.0)
        self.size = size

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        gate = F.relu6(self.gate(gate))
        out: Tensor = self.local(x) * F.interpolate(gate, size=self.size, mode="bilinear", align_corners=False)
        return out


class LightHeadDeploy(nn.Module):
    """``LightHead`` at a fixed size of its finest map, without dropout."""

    def __init__(self, head: LightHead, size: tuple[int, int]) -> None:
        super().__init__()
        blocks = (head.get_submodule(f"fuse{i}") for i in range(1, head.num_fusions + 1))
        self.fusions = nn.ModuleList(FusionDeploy(b, size) for b in blocks if isinstance(b, FusionBlock))
        self.fuse = fold(head.linear_fuse)
        self.classify = copied(head.conv_seg)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        x = features[0]
        for fusion, gate in zip(self.fusions, features[1:], strict=True):
            x = fusion(x, gate)
        logits: Tensor = self.classify(F.relu(self.fuse(x)))
        return logits
