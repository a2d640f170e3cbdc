"""Which images belong together, such as frames of one video or photos of one scene: they stay on one side of a split, and an interval
draws them together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mobileseg.errors import DatasetError

Groups = str | dict[str, str | tuple[str, ...]]
"""A regular expression that finds the group in an image's name without suffix (in its parentheses where it has some), or a table:
from an image's name to its group, or from a group to the names of its images."""


def group_names(groups: Groups | None, stems: Sequence[str]) -> tuple[str, ...]:
    """The group of each image, from its name without suffix; without ``groups`` every image is its own. Raises ``DatasetError`` for a
    pattern that is none, and for images without a group."""
    if groups is None:
        return tuple(stems)
    found = _matched(groups, stems) if isinstance(groups, str) else _listed(groups, stems)
    without = [stem for stem, group in zip(stems, found, strict=True) if group is None]
    if without:
        raise DatasetError(
            expected="a group for every image",
            found=f"none for {len(without)} of {len(stems)}: {', '.join(without[:5])}{', ...' if len(without) > 5 else ''}",
            fix=f"let the pattern match every name: {groups!r}"
            if isinstance(groups, str)
            else "list them under groups",
        )
    return tuple(group for group in found if group is not None)


def _matched(pattern: str, stems: Sequence[str]) -> list[str | None]:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise DatasetError(
            expected="groups to be a regular expression that finds the group in a file's name",
            found=f"{pattern!r}: {error}",
            fix=r"write one such as '^([^_]+)_', the part before the first underscore",
        ) from error
    matches = [compiled.search(stem) for stem in stems]
    return [None if m is None else "/".join(part or "" for part in (m.groups() or (m[0],))) for m in matches]


def _listed(groups: dict[str, str | tuple[str, ...]], stems: Sequence[str]) -> list[str | None]:
    """Both kinds of rows may be in one table. Names may have their suffix."""
    names = set(stems)
    rows: set[tuple[str, str]] = set()
    for key, value in groups.items():
        pairs = [(key, value)] if isinstance(value, str) else [(image, key) for image in value]
        known = ((name if name in names else name.rpartition(".")[0], group) for name, group in pairs)
        rows |= {(stem, group) for stem, group in known if stem in names}
    twice = [stem for stem, count in Counter(stem for stem, _ in rows).items() if count > 1]
    if twice:
        raise DatasetError(
            expected="one group for each image", found=f"several for {twice[0]}", fix="remove all but one from groups"
        )
    table = dict(rows)
    return [table.get(stem) for stem in stems]
