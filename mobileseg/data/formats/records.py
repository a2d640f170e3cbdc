"""Large JSON files of annotations, one record at a time: as a whole, COCO's would take gigabytes of memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mobileseg.errors import DatasetError

_SPACE = re.compile(r"[ \t\r\n]*")


def records(path: Path) -> Iterator[tuple[str, Any]]:
    """The entries of a JSON object as ``(key, value)``; of a list, ``(key, element)`` for each element. Raises ``DatasetError``."""
    try:
        yield from _entries(_text(path))
    except (OSError, ValueError, IndexError, RecursionError) as error:
        why = "it ends too early" if isinstance(error, IndexError) else str(error)
        raise DatasetError(
            expected="a JSON object", found=f"{path}: {why}", fix="download or write the file again"
        ) from error


def _text(path: Path) -> str:
    data = path.read_bytes()
    return data.decode(json.detect_encoding(data))


def _entries(text: str) -> Iterator[tuple[str, Any]]:
    decoder, position = json.JSONDecoder(), _expected(text, _skip(text, 0), "{")
    while text[position] != "}":
        key, position = decoder.raw_decode(text, position)
        position = _expected(text, _skip(text, position), ":")
        if text[position] != "[":
            value, position = decoder.raw_decode(text, position)
            yield key, value
        else:
            position = _skip(text, position + 1)
            while text[position] != "]":
                value, position = decoder.raw_decode(text, position)
                yield key, value
                position = _after_comma(text, position, "]")
            position += 1
        position = _after_comma(text, position, "}")


def _skip(text: str, position: int) -> int:
    """The position after white space."""
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _expected(text: str, position: int, mark: str) -> int:
    """The position after ``mark`` and white space."""
    if text[position] != mark:
        raise ValueError(f"{mark!r} expected at character {position}")
    return _skip(text, position + 1)


def _after_comma(text: str, position: int, end: str) -> int:
    """The position of the next entry, or of ``end``."""
    position = _skip(text, position)
    if text[position] == end:
        return position
    return _expected(text, position, ",")
