"""The smallest network whose int8 graph leaves something float: attention between two convolutions, after depthwise ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobileseg.models.deploy import DeployedModel
from mobileseg.models.registry import MODELS

CLASSES = 5


class TokenNetwork(nn.Module):
    """Pixels to tokens, one attention over them, tokens to logits. ``factor``: of the attention's logits."""

    def __init__(self, rows: int, columns: int, factor: float) -> None:
        super().__init__()
        self.rows, self.columns, self.factor = rows, columns, factor
        self.stem = nn.Conv2d(3, 16, 4, stride=4)
        self.thin = nn.Conv2d(16, 16, 3, stride=2, padding=1, groups=16)
        self.wide = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.head = nn.Conv2d(16, CLASSES, 1)

    def forward(self, image: Tensor) -> Tensor:
        tokens = self.thin(self.wide(self.stem(image))).flatten(2)
        weights = torch.softmax(torch.bmm(tokens.permute(0, 2, 1), tokens) * self.factor, -1)
        mixed = torch.bmm(tokens, weights.permute(0, 2, 1)).view(1, 16, self.rows, self.columns)
        out: Tensor = self.head(mixed)
        return out


def tokens(height: int, width: int, factor: float = 0.01) -> DeployedModel:
    """That network as a deploy model, with thousands as the largest product of attention."""
    torch.manual_seed(3)
    network = TokenNetwork(height // 8, width // 8, factor).eval()
    with torch.no_grad():
        network.stem.weight *= 0.05
        network.wide.weight *= 4
    return DeployedModel(network, MODELS["seaformer-tiny"], CLASSES, (height, width), "logits").eval()
