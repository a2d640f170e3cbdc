"""The demo's pictures; its commands are those of the other tests."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobileseg
from mobileseg.cli.app import VERBS
from mobileseg.data.dataset import samples_folder

PALETTE = ((255, 0, 0), (0, 255, 0))


@pytest.fixture
def pictures() -> object:
    return import_module("demo_pictures")


def test_float_and_int8_stand_side_by_side(pictures: object) -> None:
    pixels = np.full((40, 60, 3), 100, np.uint8)
    one, other = np.zeros((40, 60), np.int32), np.zeros((40, 60), np.int32)
    other[:20] = 1
    made = np.asarray(pictures.panels(pixels, one, other, ("a", "b"), PALETTE))  # type: ignore[attr-defined]
    top, gap = pictures.TITLE, pictures.GAP  # type: ignore[attr-defined]
    assert made.shape[1] == 3 * 60 + 2 * gap and made.shape[0] > top + 40
    first, second, third = (made[top + 5, place * (60 + gap) + 5].tolist() for place in range(3))
    assert first[0] > first[1] and second[1] > second[0]  # red, green
    assert third == list(pictures.DIFFERENT)  # type: ignore[attr-defined]
    assert made[top + 30, 2 * (60 + gap) + 5].tolist() == [100, 100, 100]


def test_a_drive_plays(pictures: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = sorted((samples_folder() / "sequence" / "images").iterdir())[:3]
    found = mobileseg.predict("seaformer-tiny", frames, size=(64, 96))
    monkeypatch.setattr(mobileseg, "predict", lambda *_: found)  # a file takes half a minute to export
    pictures.animate(frames, "some.pte", tmp_path / "drive.webp")  # type: ignore[attr-defined]
    with Image.open(tmp_path / "drive.webp") as drive:
        assert (drive.n_frames, drive.size, drive.info["loop"]) == (3, (1024, 384), 0)
        drive.seek(1)
        drive.load()
        assert drive.info["duration"] == 100


def test_it_types_what_a_user_would() -> None:
    commands = import_module("demo").commands()
    assert [command[0] for command in commands] == ["export", "export", "compare", "compare", "latency", "report"]
    assert {command[0] for command in commands} <= set(VERBS)
