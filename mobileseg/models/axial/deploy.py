"""The deploy models of Axial-DeepLab and Axial-SWideRNet, at one input size.

BatchNorms are folded. From the first attention on, maps become tokens ``(H, W, C)`` and 1x1 convolutions linear layers
(``blocks/tokens.py``); the attention is that of ``attention_deploy.py``, the head that of ``heads/panoptic_deploy.py``. A block with a
stride drops every second row and column after the attention of an axis; here their queries are not computed.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.axial.attention_deploy import AxialAttentionDeploy
from mobileseg.models.axial.model import AxialBlock, PanopticSegmenter
from mobileseg.models.axial.swidernet import BasicBlock
from mobileseg.models.blocks.layers import ConvBN
from mobileseg.models.blocks.rewrites import divide_input, fold
from mobileseg.models.blocks.tokens import even_columns, even_rows, pointwise, to_map, to_tokens
from mobileseg.models.heads.panoptic_deploy import PanopticHeadDeploy, SemanticBranchDeploy, Size

MAPS = ("stage2", "stage3", "stage5")  # what the head reads, finest first


def strided(size: Size, stride: int) -> Size:
    """The size of a map after taking every ``stride``-th position of both axes, from the first."""
    return -(-size[0] // stride), -(-size[1] // stride)


class BasicBlockDeploy(nn.Module):
    """``BasicBlock``, folded."""

    def __init__(self, block: BasicBlock) -> None:
        super().__init__()
        assert block.shortcut is not None or block.stride == 1
        self.conv1, self.conv2 = fold(block.conv1), fold(block.conv2)
        self.shortcut = nn.Identity() if block.shortcut is None else fold(block.shortcut)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.shortcut(x) + self.conv2(F.relu(self.conv1(x))))


class AxialBlockDeploy(nn.Module):
    """``AxialBlock`` on tokens of fixed ``size``: ``(height, width, in_channels)`` to ``(height / stride, width / stride, channels)``."""

    def __init__(self, block: AxialBlock, size: Size) -> None:
        super().__init__()
        self.stride = block.stride
        rows = strided(size, block.stride)[0]
        self.conv1, self.conv3 = pointwise(fold(block.conv1)), pointwise(fold(block.conv3))
        self.height_axis = AxialAttentionDeploy(block.height_axis, *size, stride=block.stride)
        self.width_axis = AxialAttentionDeploy(block.width_axis, rows, size[1], stride=block.stride)
        self.shortcut = nn.Identity() if block.shortcut is None else pointwise(fold(block.shortcut))

    def forward(self, x: Tensor) -> Tensor:
        out = self.width_axis(self.height_axis(F.relu(self.conv1(x))))
        if self.stride == 2:
            x = even_columns(even_rows(x))
        return F.relu(self.shortcut(x) + self.conv3(F.relu(out)))


class StageDeploy(nn.Module):
    """A stage on a map or on tokens of fixed ``size``: its input is a map up to the first block with attention."""

    def __init__(self, blocks: nn.Module, size: Size) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        for block in blocks.children():
            if isinstance(block, AxialBlock):
                self.blocks.append(AxialBlockDeploy(block, size))
            else:
                assert isinstance(block, BasicBlock)
                self.blocks.append(BasicBlockDeploy(block))
            size = strided(size, block.stride)
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            if isinstance(block, AxialBlockDeploy) and x.ndim == 4:
                x = to_tokens(x)
            x = block(x)
        return x


class BackboneDeploy(nn.Module):
    """Stem and stages on an image of fixed ``size``, minus the mean and not yet divided by ``std``, to the maps for the head. ``sizes``:
    theirs, in the order of ``MAPS``."""

    def __init__(self, backbone: nn.Module, size: Size, std: tuple[float, ...]) -> None:
        super().__init__()
        stem = backbone.get_submodule("stem")
        parts = [stem] if isinstance(stem, ConvBN) else stem.children()
        convs = [fold(conv) for conv in parts if isinstance(conv, ConvBN)]
        self.stem = nn.ModuleList([divide_input(convs[0], std), *convs[1:]])
        self.stages = nn.ModuleDict()
        self.sizes: list[Size] = []
        size = strided(size, convs[0].stride[0])
        for name, blocks in backbone.named_children():
            if name.startswith("stage"):
                self.stages[name] = stage = StageDeploy(blocks, size)
                size = stage.size
                if name in MAPS:
                    self.sizes.append(size)

    def forward(self, x: Tensor) -> list[Tensor]:
        for conv in self.stem:
            x = F.relu(conv(x))
        maps = []
        for name, stage in self.stages.items():
            x = stage(x)
            if name in MAPS:
                maps.append(x if x.ndim == 4 else to_map(x))
        return maps


class PanopticDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to ``semantic``, ``center`` and ``offset`` at stride 4; with ``semantic_only`` to
    class logits only, without the instance branch."""

    def __init__(
        self, model: PanopticSegmenter, height: int, width: int, std: tuple[float, ...], semantic_only: bool = False
    ) -> None:
        super().__init__()
        self.backbone = BackboneDeploy(model.backbone, (height, width), std)
        head, sizes = model.decode_head, self.backbone.sizes
        self.head = SemanticBranchDeploy(head.semantic, sizes) if semantic_only else PanopticHeadDeploy(head, sizes)

    def forward(self, x: Tensor) -> Tensor | dict[str, Tensor]:
        out: Tensor | dict[str, Tensor] = self.head(self.backbone(x))
        return out
