from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobileseg.data.classes import ClassSet
from mobileseg.data.dataset import data_folder, data_name, image_folder, open_labelled, samples_folder
from mobileseg.errors import DatasetError, ImageError
from mobileseg.weights.records import records

CLASSES = ClassSet(names=("road", "sky", "car"), ignore_index=255)


def save_mask(path: Path, values: tuple[int, ...] = (0, 1, 2)) -> None:
    Image.fromarray(np.resize(np.array(values, dtype=np.uint8), (16, 16))).save(path)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Three images with masks, and classes.json."""
    folder = tmp_path / "set"
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for name in "abc":
        Image.fromarray(np.full((16, 16, 3), 9, dtype=np.uint8)).save(folder / "images" / f"{name}.jpg")
        save_mask(folder / "masks" / f"{name}.png")
    (folder / "classes.json").write_text(json.dumps({"names": CLASSES.names, "ignore_index": 255}))
    return folder


def test_opens_the_bundled_samples() -> None:
    samples = open_labelled(samples_folder())
    assert len(samples.items) == 48
    assert samples.classes.names == records()[0].classes
    assert samples.panoptic
    assert all(item.mask is not None and item.image.stem == item.mask.stem for item in samples.items)
    assert samples.items == tuple(sorted(samples.items, key=lambda item: item.image.name))


def test_opens_a_folder(labelled: Path) -> None:
    opened = open_labelled(labelled)
    assert [(item.image.name, item.mask.name if item.mask else None) for item in opened.items] == [
        (f"{n}.jpg", f"{n}.png") for n in "abc"
    ]
    assert opened.classes == CLASSES


def test_finds_classes_in_the_parent_folder(labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (labelled / "classes.json").rename(labelled.parent / "classes.json")
    assert open_labelled(labelled).classes == CLASSES
    monkeypatch.chdir(labelled)
    assert open_labelled(Path()).classes == CLASSES


def test_the_folder_s_own_classes_come_first(labelled: Path) -> None:
    (labelled.parent / "classes.json").write_text('{"names": ["other"]}')
    assert open_labelled(labelled).classes == CLASSES


def test_refuses_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder at"):
        open_labelled(tmp_path / "missing")


@pytest.mark.parametrize("part", ["images", "masks"])
def test_refuses_a_missing_subfolder(labelled: Path, part: str) -> None:
    (labelled / part).rename(labelled / "elsewhere")
    with pytest.raises(DatasetError, match=rf"a folder {part}/.* in .*only classes\.json, elsewhere"):
        open_labelled(labelled)


def test_refuses_an_empty_subfolder(labelled: Path) -> None:
    for path in (labelled / "masks").iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match="3 images without a mask"):
        open_labelled(labelled)
    for path in (labelled / "images").iterdir():
        path.rename(path.with_suffix(".heic"))
    with pytest.raises(ImageError, match=r"none in .*images; left out 3 \.heic"):
        open_labelled(labelled)


def test_refuses_a_folder_without_classes(labelled: Path) -> None:
    (labelled / "classes.json").unlink()
    with pytest.raises(DatasetError, match=r"classes\.json in .* or in its parent folder"):
        open_labelled(labelled)


def test_refuses_images_without_a_mask(labelled: Path) -> None:
    (labelled / "masks" / "b.png").unlink()
    (labelled / "masks" / "c.png").unlink()
    with pytest.raises(DatasetError, match=r"2 images without a mask in .*: b\.jpg, c\.jpg;"):
        open_labelled(labelled)


def test_refuses_masks_without_an_image(labelled: Path) -> None:
    (labelled / "images" / "a.jpg").unlink()
    with pytest.raises(DatasetError, match=r"1 masks without an image in .*: a\.png;"):
        open_labelled(labelled)


def test_refuses_two_images_of_one_name(labelled: Path) -> None:
    (labelled / "images" / "a.png").write_bytes(b"")
    with pytest.raises(DatasetError, match="several named a"):
        open_labelled(labelled)


def test_refuses_a_bad_image_or_mask_in_the_folder(labelled: Path) -> None:
    save_mask(labelled / "masks" / "b.png", (0, 3))
    with pytest.raises(DatasetError, match=r"3 in .*b\.png"):
        open_labelled(labelled)
    save_mask(labelled / "masks" / "b.png")
    (labelled / "images" / "a.jpg").write_bytes(b"damaged")
    with pytest.raises(ImageError, match=r"a\.jpg"):
        open_labelled(labelled)


def test_opens_instances_of_one_kind(labelled: Path) -> None:
    (labelled / "masks").rename(labelled / "instances")
    (labelled / "classes.json").write_text('{"things": ["nucleus"], "stuff": ["background"]}')
    opened = open_labelled(labelled)
    assert opened.panoptic
    assert opened.classes.names == ("background", "nucleus")
    assert opened.classes.thing_numbers == (1,)
    assert all(item.mask is None and item.instances is not None for item in opened.items)


def test_instances_of_several_kinds_need_masks(labelled: Path) -> None:
    shutil.copytree(labelled / "masks", labelled / "instances")
    (labelled / "classes.json").write_text(
        '{"names": ["road", "car", "bus"], "things": ["car", "bus"], "ignore_index": 255}'
    )
    assert open_labelled(labelled).panoptic
    shutil.rmtree(labelled / "masks")
    with pytest.raises(DatasetError, match=r"masks/ beside instances/.*2 things and 1 stuff"):
        open_labelled(labelled)


def test_refuses_images_without_instances(labelled: Path) -> None:
    shutil.copytree(labelled / "masks", labelled / "instances")
    (labelled / "instances" / "b.png").unlink()
    with pytest.raises(DatasetError, match=r"1 images without instances in .*: b\.jpg;"):
        open_labelled(labelled)


def test_the_name_samples_is_the_bundled_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert data_folder("samples") == samples_folder()
    assert data_folder("other") == Path("other")
    (tmp_path / "samples").mkdir()
    assert data_folder("samples") == Path("samples")  # a folder of the user's own comes first


def test_image_folder(labelled: Path) -> None:
    assert image_folder(labelled) == labelled / "images"
    assert image_folder(labelled / "masks") == labelled / "masks"


@pytest.mark.parametrize(
    ("folder", "classes", "name"),
    [
        ("street", "street", "street"),
        ("camvid11/test", "camvid11", "camvid11/test"),
        ("camvid11/images", "camvid11", "camvid11"),
        ("camvid11/test", "camvid11/test", "test"),
        ("alice/street", None, "street"),
    ],
)
def test_what_records_call_a_folder(tmp_path: Path, folder: str, classes: str | None, name: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    if classes is not None:
        (tmp_path / classes / "classes.json").touch()
    assert data_name(tmp_path / folder) == name
