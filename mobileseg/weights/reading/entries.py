"""Which parts of a saved object are a network's weights, and which of those are averages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mobileseg.weights.reading.inert import Inert
from mobileseg.weights.reading.numpy_values import Array
from mobileseg.weights.reading.stored import Content, Stored

NAMES = ("state_dict", "model_state_dict", "model", "net", "network", "params")  # the likeliest first; then all others
BESIDE = re.compile(  # entries with tensors that are no weights: of optimizers, schedules, random numbers
    r"optim|sched|scaler|^amp$|callbacks|loops|message_hub|^meta$|hyper_param|rng|averaging_state|criterion|_metadata"
)
AVERAGED = frozenset(["ema", "avg", "average", "averaged", "averages", "swa", "teacher", "polyak", "shadow"])
DEPTH = 3
MMENGINE_COUNTER = "steps"


@dataclass(frozen=True)
class Entry:
    """A mapping from keys to tensors in a file. ``name``: where, with dots; empty for the top. ``averaged``: they are a running
    average of the trained ones. ``objects``: keys whose value is of a class that is not known here, with its name."""

    name: str
    averaged: bool
    tensors: Mapping[str, Tensor]
    objects: Mapping[str, str]

    @property
    def rank(self) -> int:
        """The likelier the weights, the lower."""
        return 0 if not self.name else 1 + (NAMES.index(self.name) if self.name in NAMES else len(NAMES))


def is_averaged(name: str) -> bool:
    """Whether the name of an entry, or the prefix of keys, says that these are averages."""
    return not AVERAGED.isdisjoint(words(name))


def words(name: str) -> set[str]:
    """The words of a name, in small letters: ``modelEma.module`` has model, ema and module."""
    return set(re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))


def find_entries(saved: Any, content: Content) -> tuple[Entry, ...]:
    """The entries of an unpickled object, the likeliest first. Raises ``ValueError``, ``RuntimeError``, ``TypeError`` where a tensor
    is not all there."""
    found = [
        Entry(name, is_averaged(name) != _swapped(name, saved), _tensors(table, content), _objects(table))
        for name, table in _tables("", saved, DEPTH, set())
    ]
    return tuple(sorted(found, key=lambda entry: entry.rank))


def _tables(name: str, value: Any, depth: int, seen: set[int]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping) or id(value) in seen:
        return
    seen.add(id(value))
    if any(isinstance(key, str) and _is_tensor(one) for key, one in value.items()):
        yield name, value
    if depth:
        for key, inner in value.items():
            if isinstance(key, str) and not BESIDE.search(key.lower()):
                yield from _tables(f"{name}.{key}".lstrip("."), inner, depth - 1, seen)


def _swapped(name: str, saved: Mapping[str, Any]) -> bool:
    """Whether a trainer stored the averages under the name of the plain weights, and these under that of the averages.

    mmengine's EMAHook does (its averages count ``steps``), and Lightning's WeightAveraging.
    """
    other = saved.get("ema_state_dict")
    if isinstance(other, Mapping) and MMENGINE_COUNTER in other and isinstance(saved.get("state_dict"), Mapping):
        return name in ("state_dict", "ema_state_dict")
    return "averaging_state" in saved and name == "state_dict"


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Stored | Tensor) or (isinstance(value, Array) and _number(value))


def _number(value: Array) -> bool:
    return value.value is not None and value.value.dtype.kind in "iufb"


def _tensors(table: Mapping[str, Any], content: Content) -> dict[str, Tensor]:
    return {key: _tensor(one, content) for key, one in table.items() if isinstance(key, str) and _is_tensor(one)}


def _tensor(value: Any, content: Content) -> Tensor:
    if isinstance(value, Stored):
        return content.tensor(value)
    if isinstance(value, Array):
        assert value.value is not None
        return torch.from_numpy(np.array(value.value.astype(value.value.dtype.newbyteorder("="))))
    assert isinstance(value, Tensor)
    return value


def _objects(table: Mapping[str, Any]) -> dict[str, str]:
    return {key: one.origin for key, one in table.items() if isinstance(key, str) and isinstance(one, Inert)}
