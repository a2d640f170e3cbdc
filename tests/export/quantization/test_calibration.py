from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobileseg.errors import DatasetError, ImageError
from mobileseg.export.quantization.calibration import FEWEST, MOST, read_calibration, read_image_set


def write(folder: Path, count: int, distinct: int) -> Path:
    folder.mkdir()
    for i in range(count):
        Image.fromarray(np.full((9, 12, 3), i % distinct, dtype=np.uint8)).save(folder / f"{i:04}.png")
    return folder


def test_the_default_is_the_bundled_set() -> None:
    images = read_calibration(None)
    assert (len(images.images), images.bundled) == (48, True)
    assert images.source == "bundled street samples"
    assert images.part().images == 48
    batches = images.batches(32, 64)
    assert {batch.shape for batch in batches} == {(1, 3, 32, 64)}
    assert all(batch.flags["C_CONTIGUOUS"] for batch in batches)


def test_duplicates_do_not_count(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=f"at least {FEWEST} distinct"):
        read_calibration(write(tmp_path / "a", 20, FEWEST - 1))
    assert len(read_calibration(write(tmp_path / "b", 20, FEWEST)).images) == FEWEST


def test_every_image_is_checked(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", 10, 10)
    (folder / "zz.png").write_bytes((folder / "0003.png").read_bytes()[:40])
    with pytest.raises(ImageError, match=r"zz\.png"):
        read_calibration(folder)


def test_large_folders_are_sampled_evenly_and_deterministically(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", MOST + 50, 256)
    first, again = read_image_set(folder), read_image_set(folder)
    assert FEWEST <= len(first.images) <= MOST
    assert first.sha256 == again.sha256
    (folder / "0000.png").unlink()
    assert read_image_set(folder).sha256 != first.sha256


def test_the_images_of_a_data_set_are_found(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    write(tmp_path / "set" / "images", 9, 9)
    assert len(read_calibration(tmp_path / "set").images) == 9
    with pytest.raises(ImageError):
        read_calibration(tmp_path / "nowhere")
