import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import make_scenes

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.data.split import SPLITS, open_one, open_split, split_of, splits_of
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
    assert sum(len(part.items) for part in found.values()) == len(find_images(samples / "images"))
    assert found["test"].title == "samples, test split"
    with pytest.raises(DatasetError, match="found 'tset'"):
        open_one(samples, "tset")


def test_the_lowest_fifth_of_the_digests_is_the_test_split() -> None:
    """What the comment on the shares says."""
    names = sorted((f"image{i:04}" for i in range(300)), key=lambda name: hashlib.sha256(name.encode()).digest())
    found = splits_of(names)
    assert list(found) == sorted(found, key=("test", "val", "train").index)
    assert (found.count("test") / 300, found.count("val") / 300) == pytest.approx((0.2, 0.1), abs=0.05)


@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=40))
def test_a_group_is_never_divided(groups: Sequence[str]) -> None:
    found = splits_of(groups)
    assert len(set(zip(groups, found, strict=True))) == len(set(groups))
    if len(set(groups)) >= 3:
        assert set(found) == set(SPLITS)


def test_single_images_are_split_as_ever() -> None:
    names = [f"image{i:04}" for i in range(500)]
    assert splits_of(names) == tuple(split_of(name) for name in names)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Five films of a few frames each, in one folder."""
    flat, scenes = tmp_path / "films", make_scenes(tmp_path / "scenes", "masks")
    for kind in ("images", "masks"):
        (flat / kind).mkdir(parents=True)
        for number, path in enumerate(sorted((scenes / "train" / kind).iterdir())):
            for film in "abcde":
                shutil.copy(path, flat / kind / f"{film}-{number}.png")
    shutil.copy(scenes / "classes.json", flat)
    return flat


@pytest.mark.parametrize("where", ["classes.json", "argument"])
def test_films_stay_together(films: Path, where: str) -> None:
    pattern = "^(.)-"
    if where == "classes.json":
        content = json.loads((films / "classes.json").read_text())
        (films / "classes.json").write_text(json.dumps({**content, "groups": pattern}))
    split = open_split(films, None if where == "classes.json" else pattern)
    seen = [{item.image.stem[0] for item in part.items} for part in (split.train, split.val, split.test) if part]
    assert len(seen) == 3 and set.union(*seen) == set("abcde")
    assert sum(map(len, seen)) == 5
    assert "group names" in split.how
    one = open_one(films, "val", None if where == "classes.json" else pattern)
    assert one == split.val
    assert set(one.groups) == seen[1]


def test_too_few_groups_cannot_be_split(films: Path) -> None:
    with pytest.raises(DatasetError, match=r"at least 3 groups.*2 groups of 40 images"):
        open_split(films, "(0?)$")  # the first frames, and all others
