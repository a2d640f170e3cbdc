"""How panoptic outputs become instances: bounds of the settings, in classes.json and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mobileseg.data.classes import read_classes
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import DatasetError, RequestError

BAD = [
    ({"center_threshold": 1.5}, "less than or equal to 1"),
    ({"center_threshold": -0.1}, "greater than or equal to 0"),
    ({"center_threshold": float("nan")}, "finite number"),
    ({"nms_kernel": 12}, "odd number of pixels, not 12"),
    ({"nms_kernel": 0}, "greater than or equal to 1"),
    ({"top_k": 0}, "greater than or equal to 1"),
    ({"stuff_area": -1}, "greater than or equal to 0"),
]


def test_nothing_asked_for_is_nothing() -> None:
    assert PanopticSettings.of() is None
    assert PanopticSettings.of(stuff_area=0) == PanopticSettings(stuff_area=0)


@pytest.mark.parametrize(("fields", "words"), BAD)
def test_an_option_out_of_range_is_named(fields: dict[str, Any], words: str) -> None:
    (name,) = fields
    with pytest.raises(RequestError, match=words) as caught:
        PanopticSettings.of(**fields)
    assert f"--{name.replace('_', '-')}" in caught.value.expected


@pytest.mark.parametrize(
    ("fields", "words"),
    [*((f, w) for f, w in BAD if f.get("center_threshold", 0) >= -1), ({"threshold": 0.1}, "Extra")],
)
def test_classes_json_is_held_to_the_same(fields: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    path.write_text(json.dumps({"names": ["road"], "panoptic": fields}))
    with pytest.raises(DatasetError, match=words) as caught:
        read_classes(path)
    assert "panoptic" in caught.value.found


def test_what_is_left_out_is_not_set(tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    path.write_text('{"names": ["road"], "panoptic": {"nms_kernel": 7}}')
    assert read_classes(path).panoptic == PanopticSettings(nms_kernel=7)
