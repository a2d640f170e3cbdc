"""Networks that are not ours, as small as can be, and what is wrong with each of them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    def __init__(self, inner: int, outer: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inner, outer, 3, stride, 1, bias=False)
        self.bn = nn.BatchNorm2d(outer)
        self.act = nn.Hardswish()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))


class Tiny(nn.Module):
    """An encoder and a decoder of two blocks: sides divisible by 4, an output of half the size."""

    def __init__(self, classes: int = 3, width: int = 8) -> None:
        super().__init__()
        self.stem = Block(3, width, 2)
        self.down = Block(width, 2 * width, 2)
        self.head = nn.Conv2d(2 * width, classes, 1)
        for part in self.modules():
            if isinstance(part, nn.BatchNorm2d):  # as after training
                nn.init.uniform_(part.running_mean, -0.2, 0.2)
                nn.init.uniform_(part.running_var, 0.5, 1.5)

    def body(self, x: Tensor) -> Tensor:
        deep = self.down(self.stem(x))
        return self.head(F.interpolate(deep, scale_factor=2.0, mode="nearest"))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class Named(Tiny):
    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        out = self.body(x)
        return {"out": out, "aux": out * 0.5}


class Binary(Tiny):
    def __init__(self) -> None:
        super().__init__(classes=1)


class Video(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)[:, :, None]


class WantsVideo(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        batch, _channels, _time, _height, _width = x.shape  # a line of the user's
        return self.body(x.reshape(batch, 3, 8, 8))


class Decides(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        out = self.body(x)
        if out.mean() > 0:  # by the values
            out = out + 1
        return out


class WritesInput(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        x.mul_(0.5)  # in place
        return self.body(x)


class Counts(Tiny):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1  # a buffer
        return self.body(x)


class Renews(Tiny):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("last", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.last = x.mean().reshape(1)
        return self.body(x)


class _Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, grad: Tensor) -> Tensor:
        return grad * 2


class Custom(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        return _Double.apply(self.body(x))  # custom


class Divides(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        out = self.body(x)
        return out / (x.amax() - x.amin())  # 0 / 0 for one colour


class Forgetful(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.body(x), 0.5)  # also in evaluation


class Half(Tiny):
    def __init__(self) -> None:
        super().__init__()
        self.half()


def not_a_module() -> str:
    return "a string"


def raises() -> nn.Module:
    raise ValueError("no such backbone")


CONSTANT = 3
