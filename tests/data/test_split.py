from pathlib import Path

import pytest
from scenes import make_scenes

from mobileseg.data.dataset import samples_folder
from mobileseg.data.split import SPLITS, open_one, open_split, split_of
from mobileseg.errors import DatasetError


def test_the_splits_of_a_split_folder(tmp_path: Path) -> None:
    data = make_scenes(tmp_path, "masks")
    split = open_split(data)
    assert [len(part.items) for part in (split.train, split.val, split.test) if part] == [8, 3, 3]
    assert open_one(data, "test") == split.test
    assert open_one(data, "test").title == f"{data.name}/test"
    (data / "val").rename(data / "held")
    with pytest.raises(DatasetError, match="val/ beside train/"):
        open_split(data)
    with pytest.raises(DatasetError, match="expected val/ in"):
        open_one(data, "val")


def test_a_whole_folder_is_split_by_name_alone() -> None:
    parts = [split_of(f"image{i:04}") for i in range(2000)]
    assert 0.17 < parts.count("test") / 2000 < 0.23
    assert 0.08 < parts.count("val") / 2000 < 0.12
    assert split_of("image0001") == parts[1]


def test_the_splits_of_a_whole_folder_are_those_of_training() -> None:
    split, samples = open_split(samples_folder()), samples_folder()
    found = {part: open_one(samples, part) for part in SPLITS}
    assert (found["train"], found["val"], found["test"]) == (split.train, split.val, split.test)
    assert sum(len(part.items) for part in found.values()) == 48
    assert found["test"].title == "samples, test split"
    with pytest.raises(DatasetError, match="found 'tset'"):
        open_one(samples, "tset")
