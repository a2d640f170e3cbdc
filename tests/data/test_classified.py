from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobileseg.data.class_lists import shipped
from mobileseg.data.classes import ClassSet
from mobileseg.data.classified import classes_of_folders, open_classified
from mobileseg.errors import DatasetError, ImageError

THREE = ClassSet(names=("cat", "dog", "owl"))


def fill(root: Path, *folders: str, count: int = 1) -> Path:
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = np.full((10, 12, 3), 40 * number, np.uint8)
            Image.fromarray(pixels).save(root / folder / f"{number}.png")
    return root


def test_folders_by_name_in_any_order(tmp_path: Path) -> None:
    found = open_classified(fill(tmp_path, "owl", "cat", count=2), THREE)
    assert [path.parent.name for path in found.images] == ["cat", "cat", "owl", "owl"]
    assert found.labels == (0, 0, 2, 2) and found.names == THREE.names and found.split is None
    found.check()


def test_folders_by_number(tmp_path: Path) -> None:
    assert open_classified(fill(tmp_path, "2", "0"), THREE).labels == (0, 2)


def test_as_many_folders_as_classes_are_the_classes_in_order(tmp_path: Path) -> None:
    assert open_classified(fill(tmp_path, "c-owls", "a-cats", "b-dogs"), THREE).labels == (0, 1, 2)


def test_imagenets_folders_by_their_wordnet_numbers(tmp_path: Path) -> None:
    known = classes_of_folders(shipped("imagenet").names, None)
    found = open_classified(fill(tmp_path, "n02123045", "n01440764", "n15075141"), known)
    assert found.labels == (0, 281, 999)
    assert [known.names[label] for label in found.labels] == ["tench", "tabby", "toilet tissue"]


@pytest.mark.parametrize("own", ["val", "validation"])
def test_splits(tmp_path: Path, own: str) -> None:
    fill(tmp_path / "train", "cat", "dog", "owl")
    fill(tmp_path / own, "owl")
    found = open_classified(tmp_path, THREE, "val")
    assert found.labels == (2,) and found.title == f"{tmp_path.name}, val split"
    with pytest.raises(DatasetError, match="the splits train, val") as caught:
        open_classified(tmp_path, THREE)
    assert caught.value.fix == "--split val"
    with pytest.raises(DatasetError, match="test/"):
        open_classified(tmp_path, THREE, "test")


def test_the_digest_has_labels_and_pixels(tmp_path: Path) -> None:
    one = open_classified(fill(tmp_path / "a", "cat", "dog"), THREE).sha256
    assert open_classified(fill(tmp_path / "b", "cat", "dog"), THREE).sha256 == one
    assert open_classified(fill(tmp_path / "c", "cat", "owl"), THREE).sha256 != one


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda root: root / "none", DatasetError, "a folder for each class"),
        (fill, DatasetError, "no folders"),
        (lambda root: fill(root, "lion", "cat"), DatasetError, "lion"),
        (lambda root: fill(root, "3"), DatasetError, "such as 3"),
        (lambda root: fill(root, "cat", count=0), ImageError, "none"),
    ],
)
def test_refusals(tmp_path: Path, make: Callable[[Path], Path], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        open_classified(make(tmp_path), THREE)


def test_images_of_other_kinds_are_counted(tmp_path: Path) -> None:
    fill(tmp_path, "cat", count=0)
    (tmp_path / "cat" / "a.gif").write_bytes(b"GIF89a")
    with pytest.raises(ImageError, match=r"left out 1 \.gif"):
        open_classified(tmp_path, THREE)


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "cat", count=2)
    (tmp_path / "cat" / "1.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"1\.png"):
        open_classified(tmp_path, THREE).check()


def test_names_given_must_be_as_many(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"names": ["a", "b"]}')
    assert classes_of_folders(("x", "y"), tmp_path / "mine.json").names == ("a", "b")
    with pytest.raises(DatasetError, match="3 classes"):
        classes_of_folders(("x", "y", "z"), tmp_path / "mine.json")
