"""The deploy model of SASA-ResNet, at one input size: tokens ``(height, width, channels)`` after the stem.

Every 1x1 convolution is a linear layer with its BatchNorm folded (``blocks/tokens.py``). The BatchNorm after the attention is folded
too: its scale, and the factor of the average, into the values, which are zero beyond the border either way; its shift is added
afterwards. The rewritten attention is in ``windows.py``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.rewrites import batchnorm_affine, divide_input, fold_batchnorm, share
from mobileseg.models.blocks.tokens import even_columns, even_rows, make_linear, pointwise, to_map, to_tokens
from mobileseg.models.heads.panoptic_deploy import SemanticBranchDeploy, Size
from mobileseg.models.sasa.model import Bottleneck, SasaBackbone, SasaClassifier, SasaSegmenter, SelfAttention2d
from mobileseg.models.sasa.stem_deploy import AttentionStemDeploy
from mobileseg.models.sasa.windows import WindowAttention


class AttentionDeploy(nn.Module):
    """``relu(bn(attention(x)))`` on tokens of fixed ``size``."""

    def __init__(self, attention: SelfAttention2d, bn: nn.BatchNorm2d, size: Size) -> None:
        super().__init__()
        scale, shift = batchnorm_affine(bn)
        q, k, v = attention.conv_qkv.weight.double().flatten(1).chunk(3)
        v = v * scale[:, None] / attention.stride**2
        self.queries, self.keys, self.values = (make_linear(w, torch.zeros(len(w))) for w in (q, k, v))
        self.windows = WindowAttention(attention, shift, *size)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.windows(self.queries(x), self.keys(x), self.values(x))
        return out


class BottleneckDeploy(nn.Module):
    """``Bottleneck`` on tokens of fixed ``size``."""

    def __init__(self, block: Bottleneck, size: Size) -> None:
        super().__init__()
        self.stride = block.conv2.stride
        self.reduce = pointwise(fold_batchnorm(block.conv1, block.bn1))
        self.attention = AttentionDeploy(block.conv2, block.bn2, size)
        self.expand = pointwise(fold_batchnorm(block.conv3, block.bn3))
        self.shortcut: nn.Module = nn.Identity()
        if block.downsample is not None:
            conv, bn = block.downsample
            assert isinstance(conv, nn.Conv2d) and isinstance(bn, nn.BatchNorm2d)
            self.shortcut = pointwise(fold_batchnorm(conv, bn))

    def forward(self, x: Tensor) -> Tensor:
        out = self.expand(self.attention(F.relu(self.reduce(x))))
        if self.stride == 2:
            x = even_columns(even_rows(x))
        return F.relu(out + self.shortcut(x))


class ConvStemDeploy(nn.Module):
    """The convolutional stem, with its output as tokens."""

    def __init__(self, backbone: SasaBackbone, std: tuple[float, ...]) -> None:
        super().__init__()
        self.conv = divide_input(fold_batchnorm(backbone.conv1, backbone.bn1), std)

    def forward(self, x: Tensor) -> Tensor:
        return to_tokens(F.max_pool2d(F.relu(self.conv(x)), 3, 2, 1))


class BackboneDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, not yet divided by ``std``, to the outputs of the stages as tokens of
    ``sizes``."""

    def __init__(self, backbone: SasaBackbone, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        if backbone.variant.attention_stem:
            self.stem: nn.Module = AttentionStemDeploy(backbone.stem, height, width, std)
        else:
            self.stem = ConvStemDeploy(backbone, std)
        self.stages, self.sizes = nn.ModuleList(), []
        size = height // 4, width // 4
        for i in range(1, len(backbone.variant.depths) + 1):
            stage = nn.Sequential()
            for block in backbone.get_submodule(f"layer{i}").children():
                assert isinstance(block, Bottleneck)
                stage.append(BottleneckDeploy(block, size))
                size = size[0] // block.conv2.stride, size[1] // block.conv2.stride
            self.stages.append(stage)
            self.sizes.append(size)

    def forward(self, x: Tensor) -> list[Tensor]:
        x, maps = self.stem(x), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class ClassifierDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to class logits ``(1, classes)``."""

    def __init__(self, model: SasaClassifier, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        self.backbone = BackboneDeploy(model, height, width, std)
        self.fc = share(model.fc)

    def forward(self, x: Tensor) -> Tensor:
        deepest = to_map(self.backbone(x)[-1])
        logits: Tensor = self.fc(deepest.mean((2, 3), keepdim=True).flatten(1))
        return logits


class SegmenterDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to logits at stride 4.

    The decoder's 1x1 convolutions are applied to the tokens, so that maps of 32 to 256 channels are transposed instead of 256 to 2048.
    The decoder then repeats their ReLU, which changes nothing.
    """

    def __init__(self, model: SasaSegmenter, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        self.backbone = BackboneDeploy(model.backbone, height, width, std)
        fine, middle, _, deep = self.backbone.sizes
        self.head = SemanticBranchDeploy(model.decode_head, (fine, middle, deep))
        decoder = self.head.decoder
        convs = (*reversed(list(decoder.low)), decoder.project)
        self.reduce = nn.ModuleList(pointwise(conv) for conv in convs if isinstance(conv, nn.Conv2d))
        decoder.low = nn.ModuleList(nn.Identity() for _ in decoder.low)
        decoder.project = nn.Identity()  # type: ignore[assignment]  # its work is done before it

    def forward(self, x: Tensor) -> Tensor:
        fine, middle, _, deep = self.backbone(x)
        maps = [to_map(F.relu(reduce(t))) for reduce, t in zip(self.reduce, (fine, middle, deep), strict=True)]
        logits: Tensor = self.head(maps)
        return logits
