"""Axial-SWideRNet: a wide residual network whose last two stages are axial attention, with Panoptic-DeepLab's head.

Papers: Chen, Wang, Qiao, "Scaling Wide Residual Networks for Panoptic Segmentation", 2020 (https://arxiv.org/abs/2011.11675);
Wang et al., "Axial-DeepLab", ECCV 2020 (https://arxiv.org/abs/2003.07853). Original code: github.com/google-research/deeplab2
(TensorFlow, Apache-2.0). This is a reimplementation from the specification with our own key names;
``mobileseg.weights.layouts.deeplab2`` converts the authors' checkpoints. Deploy model: ``deploy.py``.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.axial.model import AxialBlock, PanopticSegmenter, ResidualBlock, stage
from mobileseg.models.blocks.layers import ConvBN, seeded

STEM = 64
FILTERS = (32, 64, 128, 256, 512)  # of stages 1 to 5; a stage gives four times as many channels
STRIDES = (1, 2, 2, 2, 1)  # on a stem of stride 2: the last stage keeps the output at stride 16
BLOCKS = (3, 6, 3, 3)  # of stages 2 to 5, to be multiplied; stage 1 always has three
DEPTHS = {"1-1-1": 1.0, "1-1-3": 3.0, "1-1-4.5": 4.5}  # stem width, width, depth: the last is the multiplier
ATTENTION_FROM = 16  # the stride of the maps that attend
DROP_PATH = 0.2  # deeplab2's configuration for Cityscapes: of the last stage; rises linearly with the stage


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions, the first with the stride."""

    def __init__(self, in_channels: int, filters: int, stride: int = 1, drop_path: float = 0.0) -> None:
        super().__init__(in_channels, 4 * filters, stride, drop_path)
        self.conv1 = ConvBN(in_channels, 4 * filters, 3, stride)
        self.conv2 = ConvBN(4 * filters, 4 * filters, 3)
        nn.init.zeros_(self.conv2.get_parameter("bn.weight"))  # the authors': an untrained block is its shortcut

    def branch(self, x: Tensor) -> Tensor:
        """The residual branch; see ``ResidualBlock``."""
        out: Tensor = self.conv2(F.relu(self.conv1(x)))
        return out


def drop_path_rate(stride: int) -> float:
    """The rate of a block whose input would have this ``stride`` if the last stage had one: 0 up to stride 2, ``DROP_PATH`` at 32."""
    return DROP_PATH * (math.log2(stride) - 1) / 4


class AxialSWideRNet(nn.Module):
    """``(N, 3, H, W)``, pixels from -1 to 1, to maps of stride 4, 8 and 16 with ``channels``; ``depth`` multiplies the blocks."""

    channels = (4 * FILTERS[1], 4 * FILTERS[2], 4 * FILTERS[4])

    def __init__(self, depth: float) -> None:
        super().__init__()
        self.stem = ConvBN(3, STEM, 3, 2)
        numbers = (3, *(int(n * depth) for n in BLOCKS))
        channels = STEM
        for i, (number, stride) in enumerate(zip(numbers, STRIDES, strict=True)):
            blocks: list[nn.Module] = []
            for j in range(number):
                seen = 2 ** max(i, 1) if j == 0 else 2 ** (i + 1)
                step, rate = stride if j == 0 else 1, drop_path_rate(seen)
                if seen >= ATTENTION_FROM:
                    blocks.append(AxialBlock(channels, FILTERS[i], step, expansion=4, drop_path=rate))
                else:
                    blocks.append(BasicBlock(channels, FILTERS[i], step, rate))
                channels = 4 * FILTERS[i]
            self.add_module(f"stage{i + 1}", stage(blocks))

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [F.relu(self.stem(x))]
        for i in range(len(FILTERS)):
            maps.append(self.get_submodule(f"stage{i + 1}")(maps[-1]))
        _, _, res2, res3, _, res5 = maps
        return [res2, res3, res5]


def segmenter(variant: str, num_classes: int, seed: int = 0) -> PanopticSegmenter:
    """Seeded random Axial-SWideRNet with the panoptic head, in training mode as PyTorch makes it."""
    return seeded(
        lambda: PanopticSegmenter(AxialSWideRNet(DEPTHS[variant]), AxialSWideRNet.channels, num_classes), seed
    )
