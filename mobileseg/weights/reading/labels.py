"""Names and colours of the classes that a training file has beside its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mobileseg.data.classes import is_text
from mobileseg.weights.reading.numpy_values import Array

NAMES = ("CLASSES", "classes", "class_names")
PALETTES = ("PALETTE", "palette")
PLACES = (("meta",), ("meta", "dataset_meta"), ("dataset_meta",), ("hyper_parameters",), ())


@dataclass(frozen=True)
class Labels:
    """``names``: in the order of the class numbers. ``palette``: RGB in 0..255, one a class; empty where the file has none."""

    names: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...] = ()


def find_labels(saved: Any) -> Labels | None:
    """Of mmcv (``meta['CLASSES']``), mmengine (``meta['dataset_meta']``) and others; None where there are none that make sense."""
    for table in _places(saved):
        names = next((found for key in NAMES if (found := _names(table.get(key)))), None)
        if names:
            palettes = (_palette(table.get(key), len(names)) for key in PALETTES)
            return Labels(names, next((found for found in palettes if found), ()))
    return None


def labels_of_metadata(metadata: Mapping[str, str]) -> Labels | None:
    """Of the strings in a safetensors file, where ``classes`` and ``palette`` are JSON."""
    table = {}
    for key in (*NAMES, *PALETTES):
        try:
            table[key] = json.loads(metadata[key])
        except (KeyError, ValueError, TypeError, RecursionError):
            continue
    return find_labels(table)


def _places(saved: Any) -> Iterator[Mapping[str, Any]]:
    for path in PLACES:
        table = saved
        for key in path:
            table = table.get(key) if isinstance(table, Mapping) else None
        if isinstance(table, Mapping):
            yield table


def _names(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, Mapping):  # number to name
        value = [value.get(i, value.get(str(i))) for i in range(len(value))]
    items = _list(value)
    good = items and all(isinstance(name, str) and name.strip() and is_text(name) for name in items)
    good = good and len(set(items)) == len(items)
    return tuple(items) if good else None


def _palette(value: Any, count: int) -> tuple[tuple[int, int, int], ...] | None:
    colors = [_list(color) for color in _list(value)]
    good = len(colors) == count and all(
        len(color) == 3 and all(isinstance(c, int) and 0 <= c <= 255 for c in color) for color in colors
    )
    return tuple((color[0], color[1], color[2]) for color in colors) if good else None


def _list(value: Any) -> list[Any]:
    if isinstance(value, Array):
        value = [] if value.value is None else value.value.tolist()
    return list(value) if isinstance(value, list | tuple) else []
