"""A small network for each rewrite of benchmarks/rewrites.py: what it is there for, between convolutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = 32


class Between(nn.Module):
    """A convolution to 32 channels at half the size, ``function`` of it, and a convolution to 5 classes. ``parts``: of the function."""

    def __init__(self, function: Callable[[Tensor], Tensor], *parts: nn.Module, channels: int = CHANNELS) -> None:
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, CHANNELS, 3, 2, 1), nn.Conv2d(channels, 5, 1)
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, image: Tensor) -> Tensor:
        out: Tensor = self.head(self.function(self.stem(image).relu()))
        return out


@dataclass(frozen=True)
class Example:
    """``rewrite``: its name in the table of rewrites; ``words``: the network."""

    rewrite: str
    words: str
    build: Callable[[], nn.Module]
    size: tuple[int, int] = (64, 96)


def _part(part: nn.Module, channels: int = CHANNELS) -> nn.Module:
    return Between(part, part, channels=channels)


def _normed() -> nn.Module:
    parts = (nn.BatchNorm2d(CHANNELS), nn.ConvTranspose2d(CHANNELS, CHANNELS, 2, 2), nn.BatchNorm2d(CHANNELS))
    for part in (parts[0], parts[2]):
        nn.init.uniform_(part.running_var, 0.5, 1.5)  # type: ignore[arg-type]
    chain = nn.Sequential(*parts)
    return Between(chain, chain)


def _attend(x: Tensor) -> Tensor:
    tokens = x.flatten(2).transpose(1, 2).reshape(1, -1, 4, CHANNELS // 4).transpose(1, 2)
    out = F.scaled_dot_product_attention(tokens, tokens, tokens)
    return out.transpose(2, 3).reshape(x.shape)


EXAMPLES = (
    Example("copies", "a dropout and a clone", lambda: Between(lambda x: F.dropout(x, 0.5, False).clone())),
    Example("activations", "a hard sigmoid as gate", lambda: Between(lambda x: x * F.hardsigmoid(x))),
    Example("shapes", "a pixel shuffle", lambda: Between(lambda x: F.pixel_shuffle(x, 2), channels=CHANNELS // 4)),
    Example("cats", "a concatenation with a map of no channels", lambda: Between(lambda x: torch.cat([x[:, :0], x], 1))),
    Example("splits", "two chunks of channels, added", lambda: Between(lambda x: sum(x.chunk(2, 1)), channels=16)),  # type: ignore[arg-type,return-value]
    Example("scalars", "x + 3, divided by 6", lambda: Between(lambda x: (x + 3) / 6)),
    Example("padding", "zero padding before a convolution", lambda: _part(nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(32, 32, 3)))),
    Example("batchnorm", "BatchNorm around a transposed convolution", _normed),
    Example("input_scale", "the division by the deviation alone", lambda: Between(lambda x: x)),
    Example("depthwise", "a 7x7 depthwise convolution", lambda: _part(nn.Conv2d(32, 32, 7, padding=3, groups=32))),
    Example("nearest", "nearest upsampling by 2", lambda: Between(lambda x: F.interpolate(x, scale_factor=2.0))),
    Example(
        "resizes", "bilinear upsampling by 2", lambda: Between(lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear"))
    ),
    Example("pooling", "adaptive average pooling to 5x7", lambda: Between(lambda x: F.adaptive_avg_pool2d(x, (5, 7)))),
    Example("attention", "attention of four heads", lambda: Between(_attend), (32, 32)),
    Example("softmaxes", "a softmax over rows", lambda: Between(lambda x: x * x.softmax(-1))),
    Example("norms", "a group normalisation", lambda: _part(nn.GroupNorm(4, CHANNELS))),
    Example("sums", "the sum of a stack", lambda: Between(lambda x: torch.stack([x, x * 2.0]).sum(0))),
    Example("expands", "the mean of a map, expanded", lambda: Between(lambda x: x + x.mean((2, 3), True).expand(x.shape))),
    Example("means", "the mean over rows", lambda: Between(lambda x: x + x.mean(2, keepdim=True))),
)  # fmt: skip
