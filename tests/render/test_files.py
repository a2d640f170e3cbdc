"""Folders and records: a picture is there whole or not at all; a folder of another run is refused."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from streets.output.files import Folder, write_whole
from streets.output.record import OtherRunError, Record, part_of

from mobileseg.data.dataset import open_labelled


def write(folder: Folder, name: str) -> None:
    mask = np.full((8, 12), 8, np.uint8)
    folder.write(name, np.zeros((8, 12, 3), np.uint8), mask, np.full((8, 12), 300, np.uint16), 90)


def test_the_toolchain_reads_a_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "set")
    assert not folder.has("0000")
    write(folder, "0000")
    assert folder.has("0000")
    data = open_labelled(folder.path)
    assert data.panoptic
    assert len(data.items) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_an_image_without_its_labels_is_made_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    write(folder, "0000")
    (tmp_path / "masks" / "0000.png").unlink()
    assert not folder.has("0000")


def test_a_file_is_not_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    write_whole(path, b"old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_record_goes_on_and_refuses_another_run(tmp_path: Path) -> None:
    record = Record(1, "5.0.1", {"samples": 2, "size": (8, 12)}, {"train/0000": 0})
    record.save(tmp_path)
    later = Record(1, "5.0.1", {"samples": 2, "size": (8, 12)})
    later.resume(tmp_path)
    assert later.scenes == {"train/0000": 0}
    for other in (
        Record(2, "5.0.1", record.settings),
        Record(1, "5.0.1", {"samples": 3}),
        Record(1, "4.2.0", record.settings),
    ):
        with pytest.raises(OtherRunError, match="choose another folder"):
            other.resume(tmp_path)
    about = json.loads((tmp_path / "render.json").read_text())
    assert about["licence"] == "Apache-2.0"
    assert about["generator"] == "mobileseg tools/render"
    assert str(tmp_path) not in json.dumps(about)


def test_a_tenth_of_the_scenes_chooses_and_a_tenth_measures() -> None:
    assert Counter(part_of(scene) for scene in range(250)) == {"train": 200, "val": 25, "test": 25}


def test_two_runs_into_one_folder_list_all_scenes(tmp_path: Path) -> None:
    settings: dict[str, object] = {"samples": 2}
    one, other = Record(1, "5.0.1", settings), Record(1, "5.0.1", settings)
    for scene, record in enumerate((one, other, one)):
        record.scenes[f"train/{scene:04d}"] = scene
        record.save(tmp_path)
    later = Record(1, "5.0.1", settings)
    later.resume(tmp_path)
    assert later.scenes == {"train/0000": 0, "train/0001": 1, "train/0002": 2}
