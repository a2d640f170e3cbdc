"""SeaFormer's light segmentation head: gates from the deep maps multiply the finest one.

Paper: Wan et al., "SeaFormer: Squeeze-enhanced Axial Transformer for Mobile Semantic Segmentation", ICLR 2023
(https://arxiv.org/abs/2301.13156). Original code: github.com/fudan-zvg/SeaFormer, seaformer-seg, Apache-2.0.
Deploy model: ``light_deploy.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import ConvModule, HardSigmoid


class FusionBlock(nn.Module):
    """``local(x) * upsample(hard_sigmoid(global(g)))``: the gate is activated first and upsampled after.

    ``x`` is ``(N, channels, h, w)``, ``g`` is ``(N, gate_channels, h', w')``; gives ``(N, embed, h, w)``.
    """

    def __init__(self, channels: int, gate_channels: int, embed: int) -> None:
        super().__init__()
        self.local_embedding = ConvModule(channels, embed)
        self.global_act = ConvModule(gate_channels, embed)
        self.act = HardSigmoid()

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        local = self.local_embedding(x)
        gate = self.act(self.global_act(gate))
        out: Tensor = local * F.interpolate(gate, size=local.shape[2:], mode="bilinear", align_corners=False)
        return out


class LightHead(nn.Module):
    """Feature maps, finest first, to class logits ``(N, classes, h, w)`` at the finest map's size.

    ``channels``: of each input map; ``embeds``: widths after each fusion (one fewer); ``width``: the last of them.
    """

    def __init__(self, channels: Sequence[int], embeds: Sequence[int], num_classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        width = embeds[-1]
        self.num_fusions = len(embeds)
        self.conv_seg = nn.Conv2d(width, num_classes, 1)
        self.dropout = nn.Dropout2d(dropout)
        self.linear_fuse = ConvModule(width, width, groups=width, relu=True)
        inputs = (channels[0], *embeds)
        for i, embed in enumerate(embeds, 1):
            self.add_module(f"fuse{i}", FusionBlock(inputs[i - 1], channels[i], embed))

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        x = features[0]
        for i in range(1, self.num_fusions + 1):
            x = self.get_submodule(f"fuse{i}")(x, features[i])
        logits: Tensor = self.conv_seg(self.dropout(self.linear_fuse(x)))
        return logits
