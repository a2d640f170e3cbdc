from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobileseg.data.classes import ClassSet
from mobileseg.data.labels import VOID, Item, read_byte_labels, read_instances, read_labels, read_mask
from mobileseg.errors import DatasetError

CLASSES = ClassSet(names=("road", "sky", "car"), ignore_index=255)


def save_mask(path: Path, values: tuple[int, ...]) -> None:
    Image.fromarray(np.resize(np.array(values, dtype=np.uint8), (16, 16))).save(path)


def test_reads_a_mask_with_ignored_pixels(tmp_path: Path) -> None:
    save_mask(tmp_path / "mask.png", (0, 2, 255))
    labels = read_mask(tmp_path / "mask.png", CLASSES)
    assert labels.shape == (16, 16)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(np.unique(labels), [0, 2, 255])


def test_reads_the_numbers_of_a_palette_mask(tmp_path: Path) -> None:
    numbers = np.arange(256).reshape(16, 16) % 3
    image = Image.fromarray(numbers.astype(np.uint8))
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    image.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png", CLASSES), numbers)


def test_refuses_labels_outside_the_classes(tmp_path: Path) -> None:
    save_mask(tmp_path / "mask.png", (0, 3, 17, 255))
    with pytest.raises(DatasetError, match=r"labels 0\.\.2 and 255 for ignored pixels; found 3, 17 in"):
        read_mask(tmp_path / "mask.png", CLASSES)
    with pytest.raises(DatasetError, match=r"labels 0\.\.2; found 3, 17, 255 in"):
        read_mask(tmp_path / "mask.png", ClassSet(names=CLASSES.names))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "F"])
def test_refuses_masks_of_other_modes(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (16, 16)).save(tmp_path / "mask.tif")
    with pytest.raises(DatasetError, match=f"one channel of 8 or 16 bits.* is {mode}"):
        read_mask(tmp_path / "mask.tif", CLASSES)


def test_reads_16_bit_masks(tmp_path: Path) -> None:
    numbers = np.resize(np.array([0, 2, 65535], dtype=np.uint16), (16, 16))
    Image.fromarray(numbers).save(tmp_path / "mask.png")
    classes = ClassSet(names=CLASSES.names, ignore_index=65535)
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png", classes), numbers)
    mapped = ClassSet(names=CLASSES.names, label_map={"0": 0, "2": 1, "65535": "ignore"})
    np.testing.assert_array_equal(np.unique(read_mask(tmp_path / "mask.png", mapped)), [0, 1, 255])
    with pytest.raises(DatasetError, match=r"found 65535 in .*mask\.png"):
        read_mask(tmp_path / "mask.png", CLASSES)


def test_instance_numbers_beyond_a_byte(tmp_path: Path) -> None:
    numbers = np.arange(256, dtype=np.uint16).reshape(16, 16) * 200
    Image.fromarray(numbers).save(tmp_path / "instances.png")
    np.testing.assert_array_equal(read_instances(tmp_path / "instances.png"), numbers)
    Image.new("RGB", (16, 16)).save(tmp_path / "rgb.png")
    with pytest.raises(DatasetError, match="is RGB"):
        read_instances(tmp_path / "rgb.png")


def test_classes_of_instances_of_one_kind(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 7], [900, 0]], dtype=np.uint16)).save(tmp_path / "i.png")
    classes = ClassSet.model_validate({"things": ["cell"], "stuff": ["glass"]})
    labels = read_labels(Item(tmp_path / "x.png", None, tmp_path / "i.png"), classes)
    assert labels.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "fields", [{"ignore_index": 255}, {"ignore_index": 0}, {"ignore_index": 9}, {"reduce_zero_label": True}]
)
def test_labels_as_bytes_are_the_labels(tmp_path: Path, fields: dict[str, int]) -> None:
    save_mask(tmp_path / "mask.png", (0, 2, 1, fields.get("ignore_index", 3)))
    classes = ClassSet.model_validate({"names": CLASSES.names, **fields})
    item = Item(tmp_path / "x.png", tmp_path / "mask.png", None)
    labels, small = read_labels(item, classes), read_byte_labels(item, classes)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small, np.where(labels == classes.ignored, VOID, labels))
    assert (small == VOID).any()
