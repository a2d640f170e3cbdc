"""The axes of a plan, as data: what a cell is made of, and how each value is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mobileseg.errors import MobilesegError, RequestError
from mobileseg.registry import choose

DEFAULT = "default"
"""In a plan: what the single verb would take without the option."""


@dataclass(frozen=True)
class Axis:
    """``name``: of the cell's field, and of the key in ``[[include]]`` and ``[[exclude]]``; ``key``: of the list in ``[matrix]``.
    ``check`` raises ``MobilesegError`` for a value that cannot be."""

    name: str
    key: str
    check: Callable[[str], object]


def _anything(text: str) -> None:
    if not text.strip():
        raise RequestError(expected="a name", found="nothing", fix=f'name one, or "{DEFAULT}"')


def _model(text: str) -> None:
    from mobileseg.models.registry import MODELS

    choose(MODELS, text, "model")


def _size(text: str) -> None:
    parse_size(text)


def parse_size(text: str) -> tuple[int, int] | None:
    """``384x512`` -> (384, 512), height first; None for ``default``. Raises ``RequestError``."""
    if text == DEFAULT:
        return None
    height, _, width = text.lower().partition("x")
    if not (height.isascii() and height.isdigit() and width.isascii() and width.isdigit()):
        raise RequestError(
            expected="a size as HxW, such as 384x512", found=repr(text), fix="give height and width in pixels"
        )
    return int(height), int(width)


def _target(text: str) -> None:
    from mobileseg.export.targets import TARGETS

    choose(TARGETS, text, "target")


def _precision(text: str) -> None:
    from mobileseg.export.targets import TARGETS

    known = {name: name for target in TARGETS.values() for name in target.precisions}
    choose(known, text, "precision")


def _recipe(text: str) -> None:
    from mobileseg.export.quantization.recipes import RECIPES

    if text != DEFAULT:
        choose(RECIPES, text, "recipe")


def _device(text: str) -> None:
    from mobileseg.latency.devices.table import split

    split(on_worker(text))


def on_worker(device: str) -> str:
    """What a device is called on the host of its worker: ``host@NAME`` is its ``host``; an ``@`` in any other name is the device's own."""
    kind, at, _ = device.partition("@")
    return kind if at and kind == "host" else device


def _threads(text: str) -> None:
    from mobileseg.latency.measuring.request import parse_threads

    if len(parse_threads(text)) != 1:
        raise RequestError(
            expected="one number, or big", found=repr(text), fix='write several as a list: [1, 4, "big"]'
        )


def _protocol(text: str) -> None:
    from mobileseg.latency.protocol import PROTOCOLS

    choose(PROTOCOLS, text, "protocol")


AXES: Mapping[str, Axis] = {
    axis.name: axis
    for axis in (
        Axis("model", "models", _model),
        Axis("weights", "weights", _anything),
        Axis("size", "sizes", _size),
        Axis("target", "targets", _target),
        Axis("precision", "precisions", _precision),
        Axis("recipe", "recipes", _recipe),
        Axis("data", "data", _anything),
        Axis("device", "devices", _device),
        Axis("threads", "threads", _threads),
        Axis("protocol", "protocols", _protocol),
    )
}


def check(axis: Axis, value: str, where: str) -> None:
    """Raise ``RequestError`` for a value that cannot be, with the field of the plan that has it."""
    try:
        axis.check(value)
    except MobilesegError as error:
        raise RequestError(expected=f"{where}: {error.expected}", found=error.found, fix=error.fix) from error
