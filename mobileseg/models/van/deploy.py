"""The deploy model of VAN, at one input size.

What was rewritten, and why (measured on executorch 1.5.1, XNNPACK):

* the dilated depthwise convolution of 49 taps is split into three of 21, 20 and 8 (``SplitDepthwise``): XNNPACK has depthwise kernels
  for up to 25 taps.
* every BatchNorm is folded, including the one with two users, and so are the layer scales (``Residual``).
* LayerNorm over channels computes its means with 1x1 convolutions: the operator itself stays outside the delegate and, with its two
  transpositions, takes twice as long (``ChannelNorm``). Its scale and shift are not folded: the next patch embedding pads with zeros.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.algebra import scaled_bias, scaled_weight
from mobileseg.models.blocks.lattices import lattices
from mobileseg.models.blocks.rewrites import batchnorm_affine, copied, divide_input, fold_batchnorm, make_conv, share
from mobileseg.models.heads.light import LightHead
from mobileseg.models.heads.light_deploy import LightHeadDeploy
from mobileseg.models.heads.semantic_fpn import FeaturePyramid, SemanticFpnHead
from mobileseg.models.heads.semantic_fpn_deploy import SemanticFpnDeploy
from mobileseg.models.heads.upernet import UPerHead
from mobileseg.models.heads.upernet_deploy import UPerDeploy
from mobileseg.models.van.model import Block, PatchEmbed, VanBackbone, VanClassifier, VanSegmenter

LARGEST_SPREAD = 2.0  # between the channels' scales on the residual path
LARGEST_SCALE = 1e6  # of any, or its inverse


class SplitDepthwise(nn.Module):
    """A depthwise convolution as the sum of small ones (``blocks/lattices.py``)."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        assert conv.bias is not None
        bias, padding = conv.bias, (int(conv.padding[0]), int(conv.padding[1]))
        self.parts = nn.ModuleList()
        for part in lattices(*conv.kernel_size):
            like = nn.Conv2d(
                conv.in_channels, conv.out_channels, (len(part.rows), len(part.columns)), groups=conv.groups,
                padding=part.padding(padding, conv.dilation), dilation=part.dilation(conv.dilation),
            )  # fmt: skip
            self.parts.append(make_conv(like, part.taps(conv.weight), bias))
            bias = torch.zeros_like(bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = functools.reduce(torch.add, (part(x) for part in self.parts))
        return out


class ChannelNorm(nn.Module):
    """LayerNorm over the channels of ``(1, C, H, W)``: mean and variance are 1x1 convolutions to one channel, of weights ``1 / C``.

    Two passes, as in the reference model: it squares deviations, not inputs, so there is no cancellation.
    """

    keep_float: ClassVar[str] = (
        "LayerNorm is float: a step of its squares in int8 is more than the variance of most pixels"
    )

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        channels = norm.normalized_shape[0]
        average = torch.full((1, channels, 1, 1), 1 / channels)
        self.mean = make_conv(nn.Conv2d(channels, 1, 1), average, torch.zeros(1))
        self.variance = make_conv(nn.Conv2d(channels, 1, 1), average, torch.full((1,), norm.eps))
        self.affine = make_conv(
            nn.Conv2d(channels, channels, 1, groups=channels), norm.weight.reshape(-1, 1, 1, 1), norm.bias
        )

    def forward(self, x: Tensor) -> Tensor:
        deviation = x - self.mean(x)
        out: Tensor = self.affine(deviation * torch.rsqrt(self.variance(deviation * deviation)))
        return out


@dataclass(frozen=True)
class Residual:
    """The scales of a block's residual path: its input is ``before * y``, the path after the attention ``after * y'``.

    With ``n = s x + t`` the BatchNorm before the attention and ``l`` its layer scale, ::

        x + l (f(n) + n)  =  (1 + l s) x + l (f(n) + t)

    so the inner shortcut is a factor per channel. It is not computed: the path carries ``y = x / before``, the next block's ``before``
    is this one's times ``1 + l s``, and the convolutions that read or write the path absorb the quotients. The last ``after`` of a stage
    is 1, since LayerNorm mixes channels; the first ``before`` goes into the patch embedding. Where the scales would differ by more than
    ``LARGEST_SPREAD`` (int8 has one scale for all channels), or a factor is 0, the path is multiplied once and starts from 1 again.
    """

    before: Tensor
    after: Tensor
    factor: Tensor | None  # of the shortcut, where it is not 1


def gain(block: Block) -> Tensor:
    """The factor of a block's inner shortcut on its residual path: ``1 + l s``, float64 ``(C,)``."""
    return 1 + block.layer_scale_1.double() * batchnorm_affine(block.norm1)[0]


@torch.no_grad()
def residuals(blocks: list[Block]) -> list[Residual]:
    """The scales of every block of a stage, first to last."""
    found: list[Residual] = []
    after = torch.ones_like(blocks[-1].layer_scale_1, dtype=torch.float64)
    for block in reversed(blocks):
        factor = None
        before = after / gain(block)
        low, high = float(before.abs().min()), float(before.abs().max())
        if not (low >= 1 / LARGEST_SCALE and high <= min(LARGEST_SCALE, LARGEST_SPREAD * low)):
            factor = gain(block) / after
            before = torch.ones_like(after)
        found.append(Residual(before, after, factor))
        after = before
    return found[::-1]


def absorb_before(conv: nn.Conv2d, scale: Tensor, shift: Tensor) -> nn.Conv2d:
    """A 1x1 convolution equal to ``conv(scale * x + shift)``. Not for larger kernels, whose zero padding would be shifted too."""
    assert conv.kernel_size == (1, 1) and conv.bias is not None
    weight = conv.weight.double()
    return make_conv(conv, weight * scale[:, None, None], conv.bias.double() + weight[:, :, 0, 0] @ shift)


def absorb_after(conv: nn.Conv2d, scale: Tensor, shift: Tensor) -> nn.Conv2d:
    """A convolution equal to ``scale * (conv(x) + shift)``."""
    assert conv.bias is not None
    return make_conv(conv, scaled_weight(conv.weight, scale), scaled_bias(scale, scale * shift, conv.bias))


class BlockDeploy(nn.Module):
    """``Block`` on a scaled residual path."""

    def __init__(self, block: Block, residual: Residual) -> None:
        super().__init__()
        channels = block.layer_scale_1.shape[0]
        first, second = batchnorm_affine(block.norm1), batchnorm_affine(block.norm2)
        gate = block.attn.spatial_gating_unit
        self.shortcut: nn.Module = nn.Identity()
        if residual.factor is not None:
            like = nn.Conv2d(channels, channels, 1, groups=channels)
            self.shortcut = make_conv(like, residual.factor[:, None, None, None], torch.zeros(channels))
        self.proj_1 = absorb_before(block.attn.proj_1, first[0] * residual.before, first[1])
        self.local, self.wide, self.mix = copied(gate.conv0), SplitDepthwise(gate.conv_spatial), copied(gate.conv1)
        self.proj_2 = absorb_after(block.attn.proj_2, block.layer_scale_1.double() / residual.after, first[1])
        self.fc1 = absorb_before(block.mlp.fc1, second[0] * residual.after, second[1])
        self.depthwise = copied(block.mlp.dwconv.dwconv)
        self.fc2 = absorb_after(block.mlp.fc2, block.layer_scale_2.double() / residual.after, torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        z = F.gelu(self.proj_1(x))
        x = self.shortcut(x) + self.proj_2(z * self.mix(self.wide(self.local(z))))
        out: Tensor = x + self.fc2(F.gelu(self.depthwise(self.fc1(x))))
        return out


class StageDeploy(nn.Module):
    """Patch embedding, blocks, norm: one map to the next."""

    def __init__(self, embed: PatchEmbed, blocks: list[Block], norm: nn.LayerNorm) -> None:
        super().__init__()
        scaled = residuals(blocks)
        folded = fold_batchnorm(embed.proj, embed.norm)
        self.embed = absorb_after(folded, 1 / scaled[0].before, torch.zeros(folded.out_channels))
        self.blocks = nn.Sequential(*(BlockDeploy(*pair) for pair in zip(blocks, scaled, strict=True)))
        self.norm = ChannelNorm(norm)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.blocks(self.embed(x)))
        return out


class BackboneDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, not yet divided by ``std``, to the four maps, finest first."""

    def __init__(self, backbone: VanBackbone, std: tuple[float, ...]) -> None:
        super().__init__()
        stages = [StageDeploy(*parts) for parts in backbone.stages()]
        stages[0].embed = divide_input(stages[0].embed, std)
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class ClassifierDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to class logits ``(1, classes)``."""

    def __init__(self, model: VanClassifier, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        self.backbone = BackboneDeploy(model, std)
        self.head = share(model.head)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(x)[-1].mean((2, 3), keepdim=True).flatten(1))
        return logits


class SegmenterDeploy(nn.Module):
    """Pixels minus the mean, ``(1, 3, height, width)``, to logits at the head's resolution."""

    def __init__(self, model: VanSegmenter, height: int, width: int, std: tuple[float, ...]) -> None:
        super().__init__()
        self.backbone = BackboneDeploy(model.backbone, std)
        finest, coarsest = (height // 4, width // 4), (height // 32, width // 32)
        self.head: nn.Module
        if isinstance(model.neck, FeaturePyramid) and isinstance(model.decode_head, SemanticFpnHead):
            self.head = SemanticFpnDeploy(model.neck, model.decode_head, finest)
        elif isinstance(model.decode_head, UPerHead):
            self.head = UPerDeploy(model.decode_head, coarsest)
        else:
            assert isinstance(model.decode_head, LightHead)
            self.head = LightHeadDeploy(model.decode_head, finest)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(x))
        return logits
