"""Stand-alone self-attention (SASA): a ResNet whose 3x3 convolutions are attention in 7x7 windows.

Paper: Ramachandran, Parmar, Vaswani, Bello, Levskaya, Shlens, "Stand-Alone Self-Attention in Vision Models", NeurIPS 2019
(https://arxiv.org/abs/1906.05909). Its authors released neither code nor weights. state_dict keys and numbers of the networks
with a convolutional stem are those of ``lib/models/sa_resnet.py`` in pull request 6 of github.com/csrhddlam/axial-deeplab
(Apache-2.0); this is a reimplementation from the specification. The attention stem is in ``stem.py``.

The computation of the attention is in ``walk.py``, the deploy model in ``deploy.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import seeded
from mobileseg.models.heads.panoptic import SemanticBranch
from mobileseg.models.sasa.stem import AttentionStem
from mobileseg.models.sasa.walk import Walk, walk

HEADS = 8
WINDOW = 7
STEM = 64  # channels
WIDTHS = (64, 128, 256, 512)  # of the four stages' attention
EXPANSION = 4  # of a bottleneck's output over its width


@dataclass(frozen=True)
class Variant:
    """``depths``: bottlenecks of each stage. ``attention_stem``: the paper's own stem in place of the 7x7 convolution."""

    depths: tuple[int, int, int, int]
    attention_stem: bool = False


DEPTHS = {"26": (1, 2, 4, 1), "38": (2, 3, 5, 2), "50": (3, 4, 6, 3)}
VARIANTS = {name: Variant(depths) for name, depths in DEPTHS.items()} | {
    f"{name}-full": Variant(depths, attention_stem=True) for name, depths in DEPTHS.items()
}


class SelfAttention2d(nn.Module):
    """Attention of every position over the window around it, ``(N, channels, H, W)`` -> ``(N, channels, H / stride, W / stride)``.

    Per head ``y = sum over the window of softmax(q . (k + r)) v``, without ``1 / sqrt(d)``. The embedding ``r`` of an offset has a
    row part for the first half of a head's channels and a column part for the second half; the heads share it. Beyond the border, keys
    and values are zero and take part in the softmax, with the logit ``q . r``. A ``stride`` averages the output over ``stride`` x
    ``stride`` positions; sizes must be multiples of it.
    """

    def __init__(self, channels: int, stride: int = 1, heads: int = HEADS, window: int = WINDOW) -> None:
        super().__init__()
        self.heads, self.window, self.stride = heads, window, stride
        half, std = channels // heads // 2, (channels // heads) ** -0.5
        self.relative_h = nn.Parameter(torch.randn(half, 1, 1, window, 1) * std)
        self.relative_w = nn.Parameter(torch.randn(half, 1, 1, 1, window) * std)
        self.conv_qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)

    def multiply_adds(self, height: int, width: int) -> int:
        """Multiply-adds of the two products with keys and values on such a map, which counters of matrix products do not see."""
        return 2 * self.window**2 * height * width * self.conv_qkv.in_channels

    def forward(self, x: Tensor) -> Tensor:
        images, channels, height, width = x.shape
        q, k, v = self.conv_qkv(x).reshape(images, 3, self.heads, -1, height, width).unbind(1)
        inputs = (q, k, v, self.position_logits(q), self.window)
        out: Tensor = Walk.apply(*inputs) if self.training else walk(*inputs)[0]
        out = out.reshape(images, channels, height, width)
        return out if self.stride == 1 else F.avg_pool2d(out, self.stride)

    def position_logits(self, q: Tensor) -> Tensor:
        """``q . r`` for ``q`` of ``(N, heads, d, H, W)``: ``(N, heads, window ** 2, H, W)``, a row term plus a column term."""
        first, second = q.chunk(2, dim=2)
        rows, columns = (
            torch.stack([(half * r[:, None, None]).sum(2) for r in table.flatten(1).unbind(1)], dim=2)
            for half, table in ((first, self.relative_h), (second, self.relative_w))
        )
        return (rows.unsqueeze(3) + columns.unsqueeze(2)).flatten(2, 3)


class Bottleneck(nn.Module):
    """torchvision's ResNet block with attention in the middle: 1x1, attention, 1x1, each with BatchNorm; residual; ReLU.

    ``(N, in_channels, H, W)`` -> ``(N, 4 width, H / stride, W / stride)``.
    """

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        out_channels = EXPANSION * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = SelfAttention2d(width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or in_channels != out_channels:
            shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class SasaBackbone(nn.Module):
    """Normalised ``(N, 3, H, W)`` to the outputs of the four stages: strides 4, 8, 16 and ``output_stride``, 32 or 16.

    Sizes must be multiples of the last stride: average pools round odd sizes down, strided shortcuts round them up.
    """

    def __init__(self, variant: Variant, output_stride: int = 32) -> None:
        super().__init__()
        if variant.attention_stem:
            self.stem = AttentionStem(STEM)
        else:
            self.conv1 = nn.Conv2d(3, STEM, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(STEM)
        self.variant = variant
        channels = STEM
        strides = (1, 2, 2, output_stride // 16)
        for i, (depth, width, stride) in enumerate(zip(variant.depths, WIDTHS, strides, strict=True), 1):
            stage = nn.Sequential()
            for j in range(depth):
                stage.append(Bottleneck(channels, width, stride if j == 0 else 1))
                channels = EXPANSION * width
            self.add_module(f"layer{i}", stage)

    def begin(self, x: Tensor) -> Tensor:
        """The output of the stem, ``(N, 64, H / 4, W / 4)``."""
        if self.variant.attention_stem:
            pooled: Tensor = self.stem(x)
            return pooled
        return F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)

    def features(self, x: Tensor) -> list[Tensor]:
        """The outputs of the stages, finest first."""
        x, maps = self.begin(x), []
        for i in range(1, len(WIDTHS) + 1):
            x = self.get_submodule(f"layer{i}")(x)
            maps.append(x)
        return maps

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.features(x)


class SasaClassifier(SasaBackbone):
    """The backbone with a linear classifier on the averaged last map; logits ``(N, num_classes)``."""

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__(variant)
        self.fc = nn.Linear(EXPANSION * WIDTHS[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # the reference's classifier is a backbone with a head
        logits: Tensor = self.fc(self.features(x)[-1].mean((2, 3)))
        return logits


class SasaSegmenter(nn.Module):
    """The backbone at output stride 16 with Axial-DeepLab's semantic decoder: our own combination.

    Logits ``(N, num_classes, H / 4, W / 4)``. As in Axial-DeepLab, the last stage has no stride and nothing is dilated; the decoder takes
    the maps of stride 4 and 8 and the last one. The backbone of a classifier can be loaded unchanged.
    """

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__()
        self.backbone = SasaBackbone(variant, output_stride=16)
        channels = [EXPANSION * width for width in WIDTHS]
        self.decode_head = SemanticBranch((*channels[:2], channels[3]), num_classes, eps=1e-5, momentum=0.1)

    def forward(self, x: Tensor) -> Tensor:
        fine, middle, _, deep = self.backbone(x)
        logits: Tensor = self.decode_head([fine, middle, deep])
        return logits


def segmenter(variant: str, num_classes: int, seed: int = 0) -> SasaSegmenter:
    """Seeded random SASA-ResNet for segmentation, in training mode as PyTorch makes it."""
    return seeded(lambda: SasaSegmenter(VARIANTS[variant], num_classes), seed)


def classifier(variant: str, num_classes: int, seed: int = 0) -> SasaClassifier:
    """Seeded random SASA-ResNet for image classification."""
    return seeded(lambda: SasaClassifier(VARIANTS[variant], num_classes), seed)
