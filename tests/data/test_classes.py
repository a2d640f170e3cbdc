from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mobileseg.data.classes import ClassSet, colorize, generated_palette, read_classes
from mobileseg.errors import DatasetError

PALETTE = [[1, 2, 3], [4, 5, 6]]


def written(folder: Path, content: Any) -> Path:
    path = folder / "classes.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_reads_names_palette_and_ignore_index(tmp_path: Path) -> None:
    content = {"names": ["road", "sky"], "palette": PALETTE, "ignore_index": 255, "source": "extra keys are no error"}
    classes = read_classes(written(tmp_path, content))
    assert classes.names == ("road", "sky")
    assert classes.colors == ((1, 2, 3), (4, 5, 6))
    assert classes.ignore_index == 255


def test_generates_colours_where_there_are_none(tmp_path: Path) -> None:
    classes = read_classes(written(tmp_path, {"names": ["road", "sky"]}))
    assert classes.ignore_index is None
    assert classes.colors == generated_palette(2)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "EOF|JSON"),
        ("{not json", "JSON"),
        ([], "object|dict"),
        ({}, "names"),
        ({"names": []}, "names"),
        ({"names": "road"}, "names"),
        ({"names": ["road", 7]}, r"names\.1"),
        ({"names": ["road", "sky"], "palette": PALETTE[:1]}, "1 colours for 2 names"),
        ({"names": ["road"], "palette": PALETTE}, "2 colours for 1 names"),
        ({"names": ["road"], "palette": [[1, 2]]}, r"palette\.0"),
        ({"names": ["road"], "palette": [[1, 2, 256]]}, "palette"),
        ({"names": ["road"], "palette": [[-1, 2, 3]]}, "palette"),
        ({"names": ["road"], "ignore_index": -1}, "ignore_index"),
        ({"names": ["road"], "ignore_index": "void"}, "ignore_index"),
    ],
)
def test_refuses(tmp_path: Path, content: Any, reason: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DatasetError, match=reason) as caught:
        read_classes(path)
    assert str(path) in caught.value.found
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_reads_what_editors_and_shells_write(tmp_path: Path, encoding: str) -> None:
    """Windows' editors begin a file with a byte order mark, and PowerShell writes UTF-16."""
    path = tmp_path / "classes.json"
    path.write_bytes('{"names": ["Straße", "空"]}'.encode(encoding))
    assert read_classes(path).names == ("Straße", "空")


def test_any_value_can_be_ignored(tmp_path: Path) -> None:
    for value, ignored in ((0, 255), (1, 255), (2, 2), (255, 255), (65535, 65535), (None, 255)):
        found = read_classes(written(tmp_path, {"names": ["road", "sky"], "ignore_index": value}))
        assert (found.ignore_index, found.ignored) == (value, ignored)


def test_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"classes\.json"):
        read_classes(tmp_path / "classes.json")
    (tmp_path / "classes.json").write_bytes(b'{"names": ["\xff\xfe"]}')
    with pytest.raises(DatasetError, match="utf-8"):
        read_classes(tmp_path / "classes.json")


def test_generated_colours_differ() -> None:
    colors = np.array(generated_palette(150))
    assert colors.min() >= 0
    assert colors.max() <= 255
    assert len(np.unique(colors, axis=0)) == 150
    assert np.abs(np.diff(colors, axis=0)).max(axis=1).min() > 50  # neighbours can be told apart


def test_colorize() -> None:
    colored = colorize(np.array([[0, 1], [1, 1]]), ClassSet(names=("a", "b"), palette=((1, 2, 3), (4, 5, 6))).colors)
    assert colored.dtype == np.uint8
    assert colored.tolist() == [[[1, 2, 3], [4, 5, 6]], [[4, 5, 6], [4, 5, 6]]]


def test_things_are_named_or_numbered_after_the_stuff(tmp_path: Path) -> None:
    (tmp_path / "named.json").write_text('{"names": ["road", "car", "sky", "bus"], "things": ["bus", "car"]}')
    assert read_classes(tmp_path / "named.json").thing_numbers == (1, 3)
    (tmp_path / "listed.json").write_text('{"things": ["nucleus"], "stuff": ["background"]}')
    listed = read_classes(tmp_path / "listed.json")
    assert (listed.names, listed.thing_numbers) == (("background", "nucleus"), (1,))


def test_refuses_things_that_are_no_classes(tmp_path: Path) -> None:
    (tmp_path / "classes.json").write_text('{"names": ["road"], "things": ["car"]}')
    with pytest.raises(DatasetError, match="things car are not among the names"):
        read_classes(tmp_path / "classes.json")
