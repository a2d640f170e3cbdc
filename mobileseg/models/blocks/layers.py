"""Building blocks that several networks share, with the key names of the mmcv and timm code bases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

MV2Row = tuple[int, int, int, int]  # depthwise kernel, expansion, output channels, stride of one MV2 block


class ConvBN(nn.Sequential):
    """Convolution without bias, then BatchNorm; the children are named ``c`` and ``bn`` as in the authors' checkpoints.

    ``(N, in_channels, H, W)`` float32 -> ``(N, out_channels, ceil(H / stride), ceil(W / stride))``: the padding is
    ``kernel // 2``, so a strided convolution rounds odd sizes up.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.add_module(
            "c",
            nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=False),
        )
        self.add_module("bn", nn.BatchNorm2d(out_channels))


class ConvModule(nn.Module):
    """The same in mmcv's naming, children ``conv`` and ``bn``, with stride 1 and optionally a ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, groups: int = 1, relu: bool = False, kernel: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)
        self.activate = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activate(self.bn(self.conv(x)))
        return out


class DropPath(nn.Module):
    """Stochastic depth (Huang et al. 2016): in training a sample's whole branch is dropped with probability ``rate``
    and the others are scaled by ``1 / (1 - rate)``; in evaluation it is the identity.

    The same function as ``torchvision.ops.StochasticDepth(rate, "row")``, which a test compares it with. It stays here because models
    are built for export without torchvision, whose import takes 1.6 times as long as torch's and 160 MiB of memory.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        mask = torch.empty(x.shape[0], *[1] * (x.ndim - 1), dtype=x.dtype, device=x.device).bernoulli_(keep)
        return x * mask / keep

    def extra_repr(self) -> str:
        return f"rate={self.rate:g}"


class HardSigmoid(nn.Module):
    """``ReLU6(x + 3) / 6``."""

    def forward(self, x: Tensor) -> Tensor:
        return (x + 3.0).clamp(0.0, 6.0) / 6.0


class MV2Block(nn.Module):
    """MobileNetV2's inverted residual: (1x1, ReLU,) depthwise, ReLU, 1x1; residual where the shape stays."""

    def __init__(self, in_channels: int, row: MV2Row) -> None:
        super().__init__()
        kernel, expansion, out_channels, stride = row
        hidden = round(in_channels * expansion)
        self.residual = stride == 1 and in_channels == out_channels
        expand: list[nn.Module] = [ConvBN(in_channels, hidden), nn.ReLU()] if expansion != 1 else []
        self.conv = nn.Sequential(
            *expand, ConvBN(hidden, hidden, kernel, stride, hidden), nn.ReLU(), ConvBN(hidden, out_channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return x + out if self.residual else out


class Mlp(nn.Module):
    """1x1 (no activation), depthwise 3x3 with bias and without BatchNorm, ReLU6, 1x1."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = ConvBN(dim, hidden)
        self.dwconv = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.act = nn.ReLU6()
        self.fc2 = ConvBN(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(self.act(self.dwconv(self.fc1(x))))
        return out


class Block(nn.Module):
    """Attention and MLP, each with a residual; no LayerNorm and no layer scale."""

    def __init__(self, attention: nn.Module, mlp: nn.Module, drop_path: float) -> None:
        super().__init__()
        self.attn = attention
        self.drop_path = DropPath(drop_path)
        self.mlp = mlp

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.attn(x))
        out: Tensor = x + self.drop_path(self.mlp(x))
        return out


class TransformerStage(nn.Module):
    """``depth`` blocks with attention from ``attention()``; the drop-path rate rises linearly from 0 to ``drop_path``."""

    def __init__(
        self, attention: Callable[[], nn.Module], dim: int, depth: int, mlp_ratio: int, drop_path: float
    ) -> None:
        super().__init__()
        rates = [drop_path * i / max(depth - 1, 1) for i in range(depth)]
        self.transformer_blocks = nn.ModuleList(Block(attention(), Mlp(dim, mlp_ratio * dim), rate) for rate in rates)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.transformer_blocks:
            x = block(x)
        return x


def set_batchnorm(module: nn.Module, eps: float, momentum: float) -> None:
    """Set ``eps`` and ``momentum`` of every BatchNorm in ``module``: authors use different ones, and ``eps`` is part of the function."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.eps, part.momentum = eps, momentum


Model = TypeVar("Model", bound=nn.Module)


def seeded(construct: Callable[[], Model], seed: int) -> Model:
    """The module that ``construct`` returns, with seeded random weights, in training mode; the global generator is not advanced."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = construct()
    init_weights(model, seed)
    return model


def init_weights(module: nn.Module, seed: int) -> None:
    """Seeded random initialisation in place: normal with variance ``1 / fan_in`` for convolutions (LeCun et al. 1998) and with standard
    deviation 0.02 for linear layers, zero biases; all other parameters keep the values from their constructors.

    The wider He initialisation is unsuitable: in evaluation mode an untrained BatchNorm does not normalise, activations grow from layer
    to layer, and rounding alone then changes the output by a thousandth.

    A module on the meta device, which has no values, is skipped: random numbers there import torch's compiler, which takes 4 s.
    """
    if any(parameter.is_meta for parameter in module.parameters()):
        return
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.normal_(part.weight, 0.0, part.weight[0].numel() ** -0.5, generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, 0.0, 0.02, generator=generator)
            nn.init.zeros_(part.bias)
