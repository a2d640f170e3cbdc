"""What the page's filters look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Tags(NamedTuple):
    """Of a row, of a mark, of a sentence; an empty tag is not filtered by."""

    device: str = ""
    model: str = ""
    precision: str = ""
    target: str = ""

    def fields(self) -> dict[str, str]:
        """The tags that are there, by name."""
        return {name: text for name, text in self._asdict().items() if text}


NO_TAGS = Tags()


def common(every: Iterable[Tags]) -> Tags:
    """What all of them share."""
    values = [set(column) for column in zip(*every, strict=True)]
    return Tags(*(next(iter(found)) if len(found) == 1 else "" for found in values))
