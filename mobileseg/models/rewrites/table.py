"""The rewrites, in the order in which they are applied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rewrite:
    """``algebra``: what equals what. ``apply``: dotted path of ``f(Program) -> bool``, which rewrites in place and says whether it found
    anything."""

    name: str
    algebra: str
    apply: str


def _row(name: str, algebra: str) -> Rewrite:
    return Rewrite(name, algebra, f"mobileseg.models.rewrites.{name}:apply")


REWRITES = (
    _row("copies", "dropout, clones and changes to the same type or shape are the identity"),
    _row(
        "activations", "hardsigmoid(x) = clamp(x + 3, 0, 6) / 6; silu(x) = x sigmoid(x); in place is the same as a copy"
    ),
    _row("shapes", "transpose, squeeze, flatten, pixel shuffle are permutations and reshapes"),
    _row("cats", "a concatenation needs nothing that is empty"),
    _row("splits", "chunk, split, unbind, select are slices"),
    _row("scalars", "x + 3 = x + 3.0; x / c = x (1 / c)"),
    _row("padding", "conv(pad(x)) = conv(x, more padding); 'same' is dilation (k - 1) / 2"),
    _row("batchnorm", "bn(Wx + b) = (sW) x + (s b + t); a bn alone is a depthwise 1x1 convolution"),
    _row("input_scale", "W (M x) = (W M) x for a convolution M of 1x1 without bias"),
    _row("depthwise", "a depthwise kernel of more than 25 taps is a sum of smaller ones with more dilation"),
    _row("nearest", "nearest resizes by whole factors repeat values: a concatenation"),
    _row("resizes", "bilinear by factors is bilinear to sizes; to the same size it is the identity"),
    _row("pooling", "adaptive average pools are means, pools or two constant matrices"),
    _row("attention", "attention is softmax(q k^T) v, of batched products of three axes"),
    _row("softmaxes", "a softmax over the last of four axes is that of its rows"),
    _row("norms", "norm(x) = (x - m) rsqrt(mean((x - m)^2) + eps) gamma + beta"),
    _row("sums", "sum(x) = n mean(x)"),
    _row("expands", "operators that broadcast need no expanded tensor"),
    _row("means", "a mean over the last axis is a linear layer, over rows or columns a pool"),
)
