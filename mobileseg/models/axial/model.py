"""Axial-DeepLab: a residual network whose 3x3 convolutions are axial attention, with Panoptic-DeepLab's head.

Paper: Wang, Zhu, Green, Adam, Yuille, Chen, "Axial-DeepLab: Stand-Alone Axial-Attention for Panoptic Segmentation", ECCV 2020
(https://arxiv.org/abs/2003.07853). Original code: github.com/google-research/deeplab2 (TensorFlow, Apache-2.0). This is a
reimplementation from the specification with our own key names; ``mobileseg.weights.layouts.deeplab2`` converts the authors' checkpoints.
The local span for long axes is the paper's; deeplab2 refuses them. Deploy model: ``deploy.py``.

A block of deeplab2 activates the sum of the block before it and returns a sum without activation; here a block activates its own sum,
as is usual in residual networks. No map is used before its activation, so the function is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.axial.attention import AxialAttention, Axis
from mobileseg.models.blocks.layers import ConvBN, DropPath, seeded, set_batchnorm
from mobileseg.models.heads.panoptic import TF_EPS, TF_MOMENTUM, PanopticHead

TABLE_LENGTH = 255  # deeplab2's MAX_SPAN: every relative table has the offsets -254 .. 254
GLOBAL_UP_TO = 129  # deeplab2's query shape: 2049 pixels at stride 16
SPAN = 65  # the paper's m on longer axes: 32 positions on either side
BLOCKS = (3, 4, 6, 3)  # of stages 2 to 5
STRIDES = (2, 2, 2, 1)  # on a stem of stride 2: the last stage keeps the output at stride 16


@dataclass(frozen=True)
class Variant:
    """One row of the paper's architecture table. ``width``: multiplies the filters 64, 128, 256, 512."""

    width: float
    blocks: tuple[int, ...] = BLOCKS


VARIANTS = {
    "xs": Variant(0.25, (1, 2, 2, 1)),  # ours: on the finest map two key channels a head
    "s": Variant(0.5),
    "m": Variant(0.75),
    "l": Variant(1.0),
    "xl": Variant(2.0),
}


class ResidualBlock(nn.Module):
    """``relu(shortcut(x) + branch(x))`` for an activated ``x``: ``(N, in_channels, H, W)`` to
    ``(N, out_channels, ceil(H / stride), ceil(W / stride))``.

    The shortcut is a 1x1 convolution where the number of channels changes, else the map itself, every ``stride``-th position.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, drop_path: float) -> None:
        super().__init__()
        self.stride = stride
        self.shortcut = ConvBN(in_channels, out_channels, stride=stride) if in_channels != out_channels else None
        self.drop_path = DropPath(drop_path) if drop_path else nn.Identity()

    def skip(self, x: Tensor) -> Tensor:
        """The shortcut."""
        if self.shortcut is not None:
            out: Tensor = self.shortcut(x)
            return out
        return x if self.stride == 1 else x[:, :, :: self.stride, :: self.stride]

    def branch(self, x: Tensor) -> Tensor:
        """The residual branch, of the shape of the shortcut; subclasses implement it."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.skip(x) + self.drop_path(self.branch(x)))


class AxialBlock(ResidualBlock):
    """1x1 convolution, attention along the height, along the width, 1x1 convolution to ``4 * filters``.

    Queries and keys have ``expansion * filters / 2`` channels, values ``expansion * filters``. A stride takes every second row after the
    attention along the height, and every second column after that along the width.
    """

    def __init__(
        self, in_channels: int, filters: int, stride: int = 1, expansion: int = 2, drop_path: float = 0.0
    ) -> None:
        super().__init__(in_channels, 4 * filters, stride, drop_path)
        width = expansion * filters

        def attention(axis: Axis) -> AxialAttention:
            return AxialAttention(axis, width, width // 2, width, TABLE_LENGTH, span=SPAN, global_up_to=GLOBAL_UP_TO)

        self.conv1 = ConvBN(in_channels, width)
        self.height_axis = attention("height")
        self.width_axis = attention("width")
        self.conv3 = ConvBN(width, 4 * filters)
        nn.init.zeros_(self.conv3.get_parameter("bn.weight"))  # the authors': an untrained block is its shortcut

    def branch(self, x: Tensor) -> Tensor:
        """The residual branch; see ``ResidualBlock``."""
        x = self.height_axis(F.relu(self.conv1(x)))
        if self.stride > 1:
            x = x[:, :, :: self.stride]
        x = self.width_axis(x)
        if self.stride > 1:
            x = x[:, :, :, :: self.stride]
        out: Tensor = self.conv3(F.relu(x))
        return out


def stage(blocks: Sequence[nn.Module]) -> nn.Sequential:
    """The blocks under the names ``block1``, ``block2``, ..."""
    named = nn.Sequential()
    for i, block in enumerate(blocks, 1):
        named.add_module(f"block{i}", block)
    return named


class Stem(nn.Module):
    """Three 3x3 convolutions, the first with stride 2: ``(N, 3, H, W)`` to ``(N, 128, ceil(H / 2), ceil(W / 2))``."""

    channels = 128

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = ConvBN(3, 64, 3, 2)
        self.conv2 = ConvBN(64, 64, 3)
        self.conv3 = ConvBN(64, self.channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.relu(conv(x))
        return x


class AxialDeepLabBackbone(nn.Module):
    """``(N, 3, H, W)``, pixels from -1 to 1, to maps of stride 4, 8 and 16; ``width`` multiplies the filters of all stages, which
    have ``blocks`` blocks."""

    def __init__(self, width: float, blocks: Sequence[int] = BLOCKS) -> None:
        super().__init__()
        filters = [round(64 * 2**i * width) for i in range(len(blocks))]
        self.channels = (4 * filters[0], 4 * filters[1], 4 * filters[3])
        self.stem = Stem()
        inputs = [Stem.channels, *(4 * f for f in filters)]
        for i, (number, stride) in enumerate(zip(blocks, STRIDES, strict=True)):
            first = AxialBlock(inputs[i], filters[i], stride)
            rest = [AxialBlock(inputs[i + 1], filters[i]) for _ in range(number - 1)]
            self.add_module(f"stage{i + 2}", stage([first, *rest]))

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [self.stem(x)]
        for i in range(len(STRIDES)):
            maps.append(self.get_submodule(f"stage{i + 2}")(maps[-1]))
        _, res2, res3, _, res5 = maps
        return [res2, res3, res5]


class PanopticSegmenter(nn.Module):
    """A backbone that gives maps of stride 4, 8 and 16, and the panoptic head: a dict of ``semantic`` ``(N, num_classes, h, w)``,
    ``center`` ``(N, 1, h, w)`` and ``offset`` ``(N, 2, h, w)`` at stride 4, odd sizes rounded up."""

    def __init__(self, backbone: nn.Module, channels: Sequence[int], num_classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.decode_head = PanopticHead(channels, num_classes)
        set_batchnorm(self, TF_EPS, TF_MOMENTUM)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        out: dict[str, Tensor] = self.decode_head(self.backbone(x))
        return out


def segmenter(variant: str, num_classes: int, seed: int = 0) -> PanopticSegmenter:
    """Seeded random Axial-DeepLab, in training mode as PyTorch makes it."""

    def construct() -> PanopticSegmenter:
        chosen = VARIANTS[variant]
        backbone = AxialDeepLabBackbone(chosen.width, chosen.blocks)
        return PanopticSegmenter(backbone, backbone.channels, num_classes)

    return seeded(construct, seed)
