"""The deploy model of Axial-ResNet, at one input size: after the stem, tokens ``(H, W, C)`` and linear layers.

The factor 1/4 of the 2x2 average pool moves through the ReLU after it into the 1x1 convolution, so that only two additions remain. The
attention itself is in ``attention_deploy.py``.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.axial.attention_deploy import AxialAttentionDeploy
from mobileseg.models.axial.resnet import AxialBlock, AxialResNet
from mobileseg.models.blocks.rewrites import divide_input, fold_batchnorm, share
from mobileseg.models.blocks.tokens import even_columns, even_rows, pointwise, sum_of_four, to_map, to_tokens


class AxialBlockDeploy(nn.Module):
    """``AxialBlock`` on tokens ``(height, width, in_channels)`` to ``(height / stride, width / stride, 2 * width)``.

    ``std``: divisor of the block's input, if that is the image.
    """

    def __init__(self, block: AxialBlock, height: int, width: int, std: tuple[float, ...] | None = None) -> None:
        super().__init__()
        self.stride = block.stride
        down = fold_batchnorm(block.conv_down, block.bn1)
        self.down = pointwise(divide_input(down, std) if std else down)
        self.along_height = AxialAttentionDeploy(block.hight_block, height, width)
        self.along_width = AxialAttentionDeploy(block.width_block, height, width)
        self.up = pointwise(fold_batchnorm(block.conv_up, block.bn2), gain=1 / block.stride**2)
        self.shortcut: nn.Module = nn.Identity()
        if len(block.downsample):
            conv, bn = block.downsample
            assert isinstance(conv, nn.Conv2d) and isinstance(bn, nn.BatchNorm2d)
            shortcut = fold_batchnorm(conv, bn)
            self.shortcut = pointwise(divide_input(shortcut, std) if std else shortcut)

    def forward(self, x: Tensor) -> Tensor:
        out = self.along_width(self.along_height(F.relu(self.down(x))))
        if self.stride == 2:
            out, x = sum_of_four(out), even_columns(even_rows(x))
        return F.relu(self.up(F.relu(out)) + self.shortcut(x))


class ClassifierDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to class logits ``(1, classes)``."""

    def __init__(self, model: AxialResNet, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        blocks: list[AxialBlockDeploy] = []
        self.stem: nn.Module = nn.Identity()
        if not model.full:
            stem = divide_input(fold_batchnorm(model.conv1, model.bn1), std)
            self.stem = nn.Sequential(stem, nn.ReLU(), nn.MaxPool2d(3, 2, 1))
            height, width = height // 4, width // 4
        for block in model.blocks():
            blocks.append(AxialBlockDeploy(block, height, width, std if model.full and not blocks else None))
            height, width = height // block.stride, width // block.stride
        self.blocks = nn.Sequential(*blocks)
        self.fc = share(model.fc)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.blocks(to_tokens(self.stem(x)))
        logits: Tensor = self.fc(to_map(tokens).mean((2, 3), keepdim=True).flatten(1))
        return logits
