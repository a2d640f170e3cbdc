"""What to do about label values that stand for no class: the usual causes, told apart by the values themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from mobileseg.data.classes import ClassSet
from mobileseg.data.encoding import Color, parsed_key

GENERAL = "fix the masks, or say in classes.json what their values mean: label_map"


def advice(values: Iterable[int], classes: ClassSet) -> str:
    """How to fix masks with these grey values, some of which are stray."""
    seen = set(values)
    return next(text for holds, text in _rules(seen, classes.encoding.strays(seen), classes) if holds)


def _rules(seen: set[int], unknown: list[int], classes: ClassSet) -> Iterator[tuple[bool, str]]:
    """Causes, the most particular first: whether the values speak for it, and what to do then."""
    count, first = len(classes.names), classes.names[0]
    plain, zero = not classes.reduce_zero_label, '"reduce_zero_label": true'
    shifted = plain and unknown == [count] and seen <= set(range(count + 1))
    yield bool(classes.label_map), f"add {_listed(unknown)} to label_map in classes.json, or fix the masks"
    yield count == 1, 'name the background, too: two values are two classes, as in {"names": ["background", ...]}'
    yield (
        shifted and classes.ignore_index == 0,
        f"add {zero} to classes.json: 0 is ignored, and 1..{count} are the classes",
    )
    yield (
        seen <= {0, 255} and count == 2,
        f"write 1 instead of 255 into the masks, or add {_map([0, 255])} to classes.json",
    )
    yield (
        shifted and 0 not in seen,
        f"count from 0: subtract 1 from the masks, or add {zero} to classes.json, which reads 1 as {first!r}",
    )
    yield (
        shifted,
        f'where 0 means "no class", add {zero} to classes.json, which reads 1 as {first!r}; otherwise name class {count}',
    )
    yield (
        plain and len(seen) == count and (len(unknown) > 1 or seen - set(unknown) == {0}),
        f"write 0..{count - 1} into the masks, or add {_map(sorted(seen))} to classes.json",
    )
    yield (
        len(unknown) == 1,
        f'where {unknown[0]} means "no class", add "ignore_index": {unknown[0]} to classes.json; otherwise {GENERAL}',
    )
    yield True, GENERAL


def color_advice(colors: Iterable[Color], classes: ClassSet) -> str:
    """How to read masks in these colours, which classes.json does not explain."""
    seen = set(colors)
    if all(red == green == blue for red, green, blue in seen):
        return "its three channels are equal: save one of them as an 8-bit grey PNG"
    if classes.palette and seen <= {*classes.palette, (0, 0, 0)}:
        return 'its colours are those of the palette: add "label_map": "palette" to classes.json'
    shown = {",".join(map(str, color)): "..." for color in sorted(seen)[:3]}
    return f'map its colours to classes in classes.json: "label_map": {json.dumps(shown)[:-1]}, ...}}'


def unknown_colors(colors: Iterable[Color], classes: ClassSet) -> list[Color]:
    """Those of colours that stand for nothing."""
    known = {parsed_key(key) for key in classes.label_map}
    return sorted(color for color in colors if color not in known)


def _listed(values: list[int]) -> str:
    return ", ".join(map(str, values[:8])) + (", ..." if len(values) > 8 else "")


def _map(values: list[int]) -> str:
    return f'"label_map": {json.dumps({str(value): number for number, value in enumerate(values)})}'
