"""How far long work has come: whoever loops says it here, whoever shows it listens. Nothing is shown unless somebody listens.

>>> with listen(print):
...     count("download weights.pth", 512, 1024, "B")
download weights.pth 512 1024 B
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Listener(Protocol):
    """Called with a task, how much of it is done, how much there is (None: not known) and in what unit: "B" for bytes, else a
    plural such as "images"."""

    def __call__(self, task: str, done: int, total: int | None, unit: str, /) -> object: ...


def _nobody(task: str, done: int, total: int | None, unit: str, /) -> None:
    del task, done, total, unit


_listener: ContextVar[Listener] = ContextVar("listener", default=_nobody)


def silent(stage: str) -> None:
    """What functions call with each stage unless they are given something better."""
    del stage


def count(task: str, done: int, total: int | None = None, unit: str = "") -> None:
    """Say that ``done`` of ``total`` of a task are done; call it as often as you like."""
    _listener.get()(task, done, total, unit)


def track(items: Sequence[Item], task: str, unit: str = "") -> Iterator[Item]:
    """The items one after the other, each counted when the next one is asked for."""
    total = len(items)
    count(task, 0, total, unit)
    for done, item in enumerate(items, 1):
        yield item
        count(task, done, total, unit)


@contextlib.contextmanager
def listen(listener: Listener) -> Iterator[None]:
    """``listener`` is called for everything that is counted in the block, in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
