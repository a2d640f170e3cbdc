"""Axial-ResNet: a ResNet whose 3x3 convolutions are axial attention along the height, then along the width.

Paper: Wang, Zhu, Green, Adam, Yuille, Chen, "Axial-DeepLab: Stand-Alone Axial-Attention for Panoptic Segmentation", ECCV 2020
(https://arxiv.org/abs/2003.07853). Original code: github.com/csrhddlam/axial-deeplab (Apache-2.0), classification only. This is a
reimplementation from the specification: state_dict keys (``hight_block`` is theirs) and numbers are the authors', the code is
not. Deploy model: ``resnet_deploy.py``.

The variants ``-full`` are the paper's Full Axial-ResNet, which neither official code contains and for which no weights exist: three
axial blocks, the first with stride 2, replace the stem, and every attention sees 15 positions. Choices where the paper is silent: the
blocks of the stem attend on as many channels as the convolution that they replace outputs, and output twice as many; there is no
pooling after them, instead the first block of the first stage has a stride; tables have only the 15 visible offsets, so that any size
divisible by 32 works. The small one then has 3.42 G multiply-adds and, with deeplab2's tables of 509 offsets, 12.53 M parameters; the
paper prints 3.3 G and 12.5 M.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.axial.attention import AxialAttention, Axis
from mobileseg.models.blocks.layers import seeded

EXPANSION = 2  # output channels of a block per attention channel
TRAINED_SIDE = 224  # pixels; the relative tables are exactly as long as its maps
FULL_SPAN = 15


@dataclass(frozen=True)
class Variant:
    """One row of the paper's table: blocks per stage, width of the stem, and whether the stem has attention."""

    blocks: tuple[int, int, int, int]
    stem: int
    full: bool = False

    @property
    def widths(self) -> tuple[int, ...]:
        """Attention channels of the four stages."""
        return tuple(2 * self.stem * 2**i for i in range(4))


VARIANTS = {
    "26-s": Variant((1, 2, 4, 1), 32),
    "s": Variant((3, 4, 6, 3), 32),
    "m": Variant((3, 4, 6, 3), 48),
    "l": Variant((3, 4, 6, 3), 64),
    "26-s-full": Variant((1, 2, 4, 1), 32, full=True),
    "s-full": Variant((3, 4, 6, 3), 32, full=True),
}


class StridedPointwise(nn.Conv2d):
    """A 1x1 convolution with a stride, without bias. In training it takes only the positions that it keeps, which is the same: the gradient
    of the strided kernel in oneDNN writes beyond its memory where a channels-last input has fewer than 16 channels (torch 2.15)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        return F.conv2d(x[:, :, :: self.stride[0], :: self.stride[1]], self.weight)


class AxialBlock(nn.Module):
    """Bottleneck residual block: 1x1, attention along the height and the width, (average pool,) 1x1.

    ``(N, in_channels, H, W)`` to ``(N, 2 * width, H / stride, W / stride)``. ``length``: number of positions that the relative tables
    reach; None for local attention.
    """

    def __init__(self, in_channels: int, width: int, stride: int, length: int | None) -> None:
        super().__init__()
        self.stride = stride
        self.conv_down = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.hight_block = _attention("height", width, length)
        self.width_block = _attention("width", width, length)
        self.conv_up = nn.Conv2d(width, EXPANSION * width, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(EXPANSION * width)
        if stride != 1 or in_channels != EXPANSION * width:
            self.downsample = nn.Sequential(
                StridedPointwise(in_channels, EXPANSION * width, stride), nn.BatchNorm2d(EXPANSION * width)
            )
        else:
            self.downsample = nn.Sequential()

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv_down(x)))
        out = self.width_block(self.hight_block(out))
        if self.stride != 1:
            out = F.avg_pool2d(out, self.stride, self.stride)
        out = self.bn2(self.conv_up(F.relu(out)))
        return F.relu(out + self.downsample(x))


def _attention(axis: Axis, width: int, length: int | None) -> AxialAttention:
    """Half as many key as value channels; without a length, the span of the full variants."""
    if length is None:
        return AxialAttention(axis, width, width // 2, width, FULL_SPAN // 2 + 1, span=FULL_SPAN)
    return AxialAttention(axis, width, width // 2, width, length, index_buffer=True)


def _stage(in_channels: int, width: int, blocks: int, stride: int, length: int | None) -> nn.Sequential:
    """Blocks of one width; the first attends at the resolution that it is given and strides after it."""
    after = None if length is None else length // stride
    first = AxialBlock(in_channels, width, stride, length)
    return nn.Sequential(first, *(AxialBlock(EXPANSION * width, width, 1, after) for _ in range(blocks - 1)))


class AxialResNet(nn.Module):
    """Class logits ``(N, num_classes)`` of normalised images ``(N, 3, H, W)``, float32, sides divisible by 32."""

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__()
        self.full = variant.full
        length: int | None
        if variant.full:
            self.stem = _stage(3, variant.stem, 3, 2, None)
            channels, length = EXPANSION * variant.stem, None
        else:
            self.conv1 = nn.Conv2d(3, variant.stem, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(variant.stem)
            channels, length = variant.stem, TRAINED_SIDE // 4
        for i, (width, blocks) in enumerate(zip(variant.widths, variant.blocks, strict=True), 1):
            stride = 2 if i > 1 or variant.full else 1
            self.add_module(f"layer{i}", _stage(channels, width, blocks, stride, length))
            channels, length = EXPANSION * width, None if length is None else length // stride
        self.fc = nn.Linear(channels, num_classes)

    def blocks(self) -> list[AxialBlock]:
        """In the order of computation."""
        return [part for part in self.modules() if isinstance(part, AxialBlock)]

    def forward(self, x: Tensor) -> Tensor:
        if not self.full:
            x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for block in self.blocks():
            x = block(x)
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


def classifier(variant: str, num_classes: int, seed: int = 0) -> AxialResNet:
    """Seeded random Axial-ResNet for image classification, in training mode as PyTorch makes it."""
    return seeded(lambda: AxialResNet(VARIANTS[variant], num_classes), seed)
