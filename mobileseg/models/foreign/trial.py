"""Tries a network: classes, stride and divisor where nobody says them, and whether it is a function of its input at all."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mobileseg.models.card import ModelCard
from mobileseg.models.foreign.lines import line_of_error
from mobileseg.models.foreign.network import ForeignNetwork
from mobileseg.models.foreign.refusals import NetworkError, refusal, refused_by, words
from mobileseg.models.foreign.watch import INPUT, Watcher
from mobileseg.models.rewrites.tracing import probe

SIDE = 128  # pixels of the first try
DIVISORS = (1, 2, 4, 8, 16, 32, 64)
REPEATABLE = 1e-5  # of the output's range: sums in another order differ by less


@dataclass(frozen=True)
class Found:
    """``classes``, ``stride`` (input pixels per cell of the logits), ``multiple`` (divides the sides that it takes; the side itself where
    it takes but one size), ``size``: that was tried."""

    classes: int
    stride: int
    multiple: int
    size: tuple[int, int]


@torch.no_grad()
def try_out(network: ForeignNetwork, card: ModelCard) -> Found:
    """Run ``network`` on several images and sizes. Raises ``NetworkError`` for one that cannot be exported, or whose outputs are not
    understood."""
    size, first = _first_run(network, card)
    _check_output(first, size)
    _check_behaviour(network, size)
    stride = card.stride or max(1, round(size[0] / first.shape[2]))
    multiple = card.multiple or _multiple(network, stride, size)
    if card.classes is not None and card.classes != first.shape[1]:
        raise refusal(f"{card.classes} classes, as the model.toml says", f"{first.shape[1]}", "correct one of them")
    return Found(first.shape[1], stride, multiple, size)


def _first_run(network: ForeignNetwork, card: ModelCard) -> tuple[tuple[int, int], Tensor]:
    """At a small size, or else at the card's own, which may be the only one that it takes."""
    sizes = list(dict.fromkeys([(SIDE, SIDE), card.size or (SIDE, SIDE)]))
    for size in sizes:
        try:
            return size, network(probe(size))
        except NetworkError:
            raise
        except Exception as error:
            if size == sizes[-1]:
                raise refused_by(
                    error, f"a module that takes (1, 3, {size[0]}, {size[1]})",
                    "say a size that it takes in the model.toml (size = [height, width]), or wrap it so that it takes pictures",
                ) from error  # fmt: skip
    raise AssertionError


def _check_output(out: Tensor, size: tuple[int, int]) -> None:
    count, _, height, width = out.shape
    if count != 1 or height > size[0] or width > size[1] or round(size[0] / height) != round(size[1] / width):
        raise refusal(
            "class logits (1, classes, height / stride, width / stride)",
            f"{tuple(out.shape)} for an image of {size[0]}x{size[1]}",
            "wrap the module so that it gives the logits of one picture",
        )


def _check_behaviour(network: ForeignNetwork, size: tuple[int, int]) -> None:
    """A function of its input alone, that changes nothing, and gives numbers for black, white and noise."""
    for kind in ("noise", "black", "white"):
        image = probe(size, kind)
        watcher = Watcher(network.network, image)
        buffers = {name: id(value) for name, value in network.network.named_buffers()}
        try:
            with watcher.watching():
                out = network(image)
        except NetworkError:
            raise
        except Exception as error:
            raise refused_by(
                error, f"a module that takes any picture of {size[0]}x{size[1]}", "correct its forward"
            ) from error
        _check_watched(watcher)
        renewed = [n for n, value in network.network.named_buffers() if buffers.get(n) != id(value)]
        if renewed:
            raise refusal(
                "a module whose forward leaves its buffers as they are", f"{renewed[0]} replaced",
                "compute it in a local variable, or only where self.training",
            )  # fmt: skip
        if not torch.isfinite(out).all():
            operator, line = watcher.unsound or ("an operator", None)
            raise refusal(
                "finite numbers for every picture", f"NaN or infinity from {operator} for a picture of {kind}",
                "look for a division by zero, a logarithm or a root of numbers that may be 0, or damaged weights", line,
            )  # fmt: skip
    _check_repeatable(network, probe(size), watcher)


def _check_watched(watcher: Watcher) -> None:
    for owner, line in watcher.changed.items():
        what = "the picture that it is given" if owner == INPUT else f"its tensor {owner}"
        raise refusal(
            "a module whose forward changes nothing but what it makes", f"{what} written into, in place",
            "work on a copy (x = x * 2 instead of x *= 2), or only where self.training", line,
        )  # fmt: skip
    for name, line in watcher.custom.items():
        raise refusal(
            "operators that torch.export can see through", f"a custom autograd function, {name}",
            "replace it by the operators of its forward: exported files have no gradients", line,
        )  # fmt: skip


def _check_repeatable(network: ForeignNetwork, image: Tensor, watcher: Watcher) -> None:
    one, other = network(image), network(image)
    spread = float(one.max() - one.min())
    if float((one - other).abs().max()) <= REPEATABLE * max(spread, 1e-12):
        return
    operator, line = next(iter(watcher.random.items()), ("what it keeps between two calls", None))
    raise refusal(
        "the same output for the same picture", f"another one: {operator}",
        "draw nothing at random unless self.training: F.dropout(x, p, self.training)", line,
    )  # fmt: skip


def _multiple(network: ForeignNetwork, stride: int, size: tuple[int, int]) -> int:
    """The least power of two that the sides must be divisible by; the larger side itself where no other size is taken."""
    base = DIVISORS[-1] * max(1, SIDE // DIVISORS[-1])

    def takes(side: int) -> bool:
        try:
            out = network(probe((side, side)))
        except Exception:  # whatever it raises, it does not take this size
            return False
        return out.shape[2] == out.shape[3] == -(-side // stride) or (
            side % stride == 0 and out.shape[2] == side // stride
        )

    return next((divisor for divisor in DIVISORS if takes(base + divisor)), max(size))


def refuse_export(error: BaseException) -> NetworkError:
    """For what ``torch.export`` raises: the line, and what it most likely is."""
    text = str(error)
    if "data-dependent" in text.lower() or "DataDependent" in type(error).__name__ or "GuardOnDataDependent" in text:
        return refusal(
            "a forward that runs the same operators for every picture",
            f"a decision by the values of a tensor ({words(error)})",
            "replace the if by torch.where, or decide by shapes alone",
            line_of_error(error),
        )
    return refused_by(error, "a module that torch.export takes", "rewrite this line with operators that it takes")
