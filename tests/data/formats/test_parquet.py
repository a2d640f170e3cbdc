"""Parquet files as Hugging Face's ``datasets`` writes them: structs of bytes and path, in row groups."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import SIZE, classes_json, picture, save, stripes
from PIL import Image

from mobileseg.data.class_lists import class_list
from mobileseg.data.dataset import open_labelled
from mobileseg.data.formats.parquet import PARQUET
from mobileseg.data.images import read_image
from mobileseg.data.labels import read_labels
from mobileseg.data.split import open_one, open_split
from mobileseg.errors import DatasetError, ImageError, MissingExtraError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
STRUCT = [("bytes", pa.binary()), ("path", pa.string())]


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def write(
    path: Path, count: int, columns: tuple[str, str] = ("image", "annotation"), named: bool = True, **more: Any
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)

    def cells(make: Any, suffix: str) -> Any:
        rows = [{"bytes": make(i), "path": f"{path.stem}-{i}.{suffix}" if named else None} for i in range(count)]
        return pa.array(rows, pa.struct(STRUCT))

    table = {
        columns[0]: cells(lambda i: encoded(picture(i)), "png"),
        columns[1]: cells(lambda i: encoded(stripes(0, 1 + i % 3, 150)), "png"),
        "scene": pa.array(list(range(count)), pa.int64()),
        **more,
    }
    pq.write_table(pa.table(table), path, row_group_size=3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "data" / "train-00000-of-00002.parquet", 7)
    write(tmp_path / "data" / "train-00001-of-00002.parquet", 4)
    write(tmp_path / "data" / "validation-00000-of-00001.parquet", 2)
    return tmp_path


def test_splits_rows_and_pixels(root: Path) -> None:
    split = open_split(root, classes="ade20k")
    assert (len(split.train.items), len(split.val.items), split.test) == (11, 2, None)
    assert [item.image.name for item in split.train.items][::5] == [
        "train-00000-of-00002-0.png", "train-00000-of-00002-5.png", "train-00001-of-00002-3.png"
    ]  # fmt: skip
    for index, seed in ((0, 0), (6, 6), (7, 0), (10, 3)):
        item = split.train.items[index]
        np.testing.assert_array_equal(read_image(item.image), picture(seed))
        wanted = np.take([255, seed % 3, 149], stripes(0, 1, 2))
        np.testing.assert_array_equal(read_labels(item, split.train.classes), wanted)


def test_items_travel_to_other_processes(root: Path) -> None:
    item = open_one(root, "val", classes="ade20k").items[1]
    again = pickle.loads(pickle.dumps(item))
    assert again == item
    np.testing.assert_array_equal(read_image(again.image), picture(1))


def test_the_digest_is_that_of_the_pixels_files(root: Path) -> None:
    first = open_split(root, classes="ade20k").train.sha256
    assert first == open_split(root, classes="ade20k").train.sha256
    write(root / "data" / "train-00001-of-00002.parquet", 3)
    assert first != open_split(root, classes="ade20k").train.sha256


@pytest.mark.parametrize(
    "columns", [("pixel_values", "label"), ("image", "segmentation_mask"), ("image", "semantic_map")]
)
def test_usual_columns_are_found(tmp_path: Path, columns: tuple[str, str]) -> None:
    write(tmp_path / "a.parquet", 3, columns)
    for path in (tmp_path, tmp_path / "a.parquet"):
        assert len(open_labelled(path, classes="ade20k").items) == 3


def test_unusual_columns_are_named(tmp_path: Path) -> None:
    depth = pa.array([{"bytes": encoded(picture(0)), "path": None}] * 2, pa.struct(STRUCT))
    write(tmp_path / "a.parquet", 2, ("photo", "truth"), depth=depth)
    with pytest.raises(DatasetError, match=r"columns photo, truth, scene, depth in .*parquet:IMAGES,MASKS"):
        open_labelled(tmp_path, classes="ade20k")
    assert len(open_labelled(tmp_path, "parquet:photo,truth", "ade20k").items) == 2
    with pytest.raises(DatasetError, match=r"columns of images, such as photo, truth, depth; found 'scene'"):
        open_labelled(tmp_path, "parquet:photo,scene", "ade20k")
    with pytest.raises(DatasetError, match="two columns"):
        open_labelled(tmp_path, "parquet:photo", "ade20k")


def test_a_single_part_is_split_by_names(tmp_path: Path) -> None:
    write(tmp_path / "data" / "train-00000-of-00001.parquet", 60)
    split = open_split(tmp_path, classes="ade20k")
    assert split.test is not None
    assert len(split.train.items) + len(split.val.items) + len(split.test.items) == 60


def test_images_without_names_and_plain_bytes(tmp_path: Path) -> None:
    table = {
        "image": pa.array([encoded(picture(i), "JPEG") for i in range(2)], pa.binary()),
        "mask": pa.array([encoded(stripes(0, 1))] * 2, pa.large_binary()),
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    classes_json(tmp_path, names=["a", "b"])
    data = open_labelled(tmp_path)
    assert [item.image.name for item in data.items] == ["a-0-0", "a-0-1"]
    assert read_image(data.items[0].image).shape == (*SIZE, 3)


def test_a_bad_cell_names_its_row(tmp_path: Path) -> None:
    rows = [{"bytes": encoded(picture(0)), "path": "one.png"}, {"bytes": None, "path": "two.png"}]
    masks = [{"bytes": encoded(stripes(0, 1)), "path": None}] * 2
    table = {"image": pa.array(rows, pa.struct(STRUCT)), "mask": pa.array(masks, pa.struct(STRUCT))}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    classes_json(tmp_path, names=["a", "b"])
    with pytest.raises(ImageError, match=r"a\.parquet, image of two\.png"):
        open_labelled(tmp_path)


def test_a_file_that_was_written_again_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one of the same name in another folder."""
    classes = class_list("ade20k")
    for folder, count in (("a", 1), ("a", 2), ("b", 3)):
        (tmp_path / folder).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)
        write(Path("x.parquet"), count, ("image", "mask"), image=pa.array([encoded(picture(10 * count))] * count))
        (*_, last) = PARQUET.read(Path("x.parquet"), None, classes).items
        np.testing.assert_array_equal(read_image(last.image), picture(10 * count))


def test_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DatasetError, match=r"a parquet file; found .*train.parquet"):
        open_labelled(tmp_path, classes="ade20k")


def test_classes_and_the_package_are_wanted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatasetError, match="--classes"):
        open_one(root, "val")
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pyarrow" else find(name, *rest)
    )
    with pytest.raises(MissingExtraError, match=r"pip install 'mobileseg\[parquet\]'"):
        open_one(root, "val", classes="ade20k")


def test_pictures_beside_parquet_files_are_no_matter(root: Path) -> None:
    save(root / "thumbnail.png", picture(0))
    assert len(open_one(root, "val", classes="ade20k").items) == 2
