"""The deploy model of SeaFormer, at one input size.

What was rewritten, and why (measured on executorch 1.5.1, XNNPACK):

* q, k and v come from one convolution: the detail branch wants them concatenated anyway.
* means over one axis are average pools with a 1xW or Hx1 window: XNNPACK takes ``mean`` only over both axes.
* position tables are resampled once and added as one constant: resampling at run time is index arithmetic outside the delegate.
* heads are the batch of a 3-D matrix product: 5-D reshapes and broadcast products leave the delegate.
* ``hard_sigmoid(s) * d = clamp(s + 3, 0, 6) * (d / 6)``: the 3 goes into the bias of proj, the factor 1/6 into pwconv.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.rewrites import concatenate, constant, divide_input, fold, fold_tree, share
from mobileseg.models.heads.light_deploy import LightHeadDeploy
from mobileseg.models.seaformer.model import (
    PositionTable,
    SeaAttention,
    SeaFormerBackbone,
    SeaFormerClassifier,
    SeaFormerSegmenter,
)


def halved(size: int, times: int = 1) -> int:
    """The size after ``times`` convolutions of stride 2 and padding ``kernel // 2``: halved each time, rounded up."""
    for _ in range(times):
        size = -(-size // 2)
    return size


class TokenAttention(nn.Module):
    """Attention along one axis of a map averaged over the other: ``(1, 2 keys + values, H, W)`` -> ``(1, values, tokens)``.

    ``window``: of the average pool; ``grid``: size of the pooled map. For rows they are ``(1, W)`` and ``(H, 1)``. A window of one cell
    is the identity.
    """

    keep_float: ClassVar[str] = (
        "attention over tokens is float: its products and softmax have no int8 kernel, and conversions around a few hundred "
        "numbers cost more than they save"
    )

    def __init__(
        self,
        attention: SeaAttention,
        q: PositionTable,
        k: PositionTable,
        window: tuple[int, int],
        grid: tuple[int, int],
    ) -> None:
        super().__init__()
        self.heads, self.key_dim, self.value_dim = attention.heads, attention.key_dim, attention.value_dim
        self.length, self.window = grid[0] * grid[1], window
        values = torch.zeros(1, self.heads * self.value_dim, self.length)
        table = torch.cat((q.at(self.length), k.at(self.length), values), dim=1)
        self.table = constant(table.reshape(1, -1, *grid))
        self.scale = attention.key_dim**-0.5

    def forward(self, qkv: Tensor) -> Tensor:
        if self.window != (1, 1):
            qkv = F.avg_pool2d(qkv, self.window)
        tokens = (qkv + self.table).reshape(-1, self.length)
        keys = self.heads * self.key_dim
        q = tokens[:keys].reshape(self.heads, self.key_dim, self.length).permute(0, 2, 1)
        k = tokens[keys : 2 * keys].reshape(self.heads, self.key_dim, self.length)
        v = tokens[2 * keys :].reshape(self.heads, self.value_dim, self.length)
        weights = torch.softmax(torch.bmm(q, k) * self.scale, dim=-1)
        return torch.bmm(v, weights.permute(0, 2, 1)).reshape(1, -1, self.length)


class AttentionDeploy(nn.Module):
    """``SeaAttention`` on a map of fixed ``height`` x ``width``."""

    def __init__(self, attention: SeaAttention, height: int, width: int) -> None:
        super().__init__()
        a = attention
        self.keys, self.height, self.width = a.heads * a.key_dim, height, width
        self.qkv = concatenate([fold(part) for part in (a.to_q, a.to_k, a.to_v)])
        self.rows = TokenAttention(a, a.pos_emb_rowq, a.pos_emb_rowk, (1, width), (height, 1))
        self.columns = TokenAttention(a, a.pos_emb_columnq, a.pos_emb_columnk, (height, 1), (1, width))
        self.encode_rows = fold(a.proj_encode_row[1])  # type: ignore[arg-type]  # Sequential(ReLU6, ConvBN)
        self.encode_columns = fold(a.proj_encode_column[1])  # type: ignore[arg-type]
        self.depthwise = fold(a.dwconv)
        self.detail = fold(a.pwconv, gain=1 / 6)
        self.gate = fold(a.proj[1], offset=3.0)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x)
        detail = self.detail(F.relu6(self.depthwise(qkv)))
        rows = self.encode_rows(F.relu6(self.rows(qkv)).reshape(1, -1, self.height, 1))
        columns = self.encode_columns(F.relu6(self.columns(qkv)).reshape(1, -1, 1, self.width))
        context = F.relu6(qkv[:, 2 * self.keys :] + rows + columns)
        out: Tensor = F.relu6(self.gate(context)) * detail
        return out


def deploy_backbone(backbone: SeaFormerBackbone, height: int, width: int, std: tuple[float, ...]) -> SeaFormerBackbone:
    """A rewritten copy for inputs of ``height`` x ``width`` pixels minus the mean, not yet divided by ``std``."""
    deployed = share(backbone).eval()
    variant = deployed.variant
    for i in range(len(variant.widths)):
        times = variant.first_transformer + i + 1  # the stem halves, and every stage from the first on
        size = halved(height, times), halved(width, times)
        for block in deployed.get_submodule(f"trans{i + 1}").get_submodule("transformer_blocks").children():
            assert isinstance(block.attn, SeaAttention)
            block.attn = AttentionDeploy(block.attn, *size)
            block.drop_path = nn.Identity()
    fold_tree(deployed)
    stem = deployed.get_submodule("smb1.stem_block")
    assert isinstance(stem, nn.Sequential) and isinstance(stem[0], nn.Conv2d)
    stem[0] = divide_input(stem[0], std)
    return deployed


class SegmenterDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to logits at the head's resolution."""

    def __init__(self, model: SeaFormerSegmenter, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        self.backbone = deploy_backbone(model.backbone, height, width, std)
        self.head = LightHeadDeploy(model.decode_head, (halved(height, 3), halved(width, 3)))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(x))
        return logits


class ClassifierDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to class logits ``(1, classes)``."""

    def __init__(self, model: SeaFormerClassifier, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        self.backbone = deploy_backbone(model, height, width, std)
        self.linear = share(model.linear)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.linear(self.backbone.features(x)[-1].mean((2, 3), keepdim=True).flatten(1))
        return logits
