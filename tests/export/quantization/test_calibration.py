"""The images of an export: what calibrates, what verifies, and that no image does both."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobileseg.data.dataset import samples_folder
from mobileseg.data.division import BUNDLED, FEWEST, MOST, divide
from mobileseg.data.fit import Fit
from mobileseg.data.images import find_images
from mobileseg.errors import DatasetError, ImageError
from mobileseg.export.quantization import calibration
from mobileseg.export.quantization.calibration import ImageSet, read_calibration, read_images, read_whole

SAMPLES = find_images(samples_folder() / "images")
MOST_VERIFIED = 32


@pytest.fixture(autouse=True)
def as_exports_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on the few pictures of the other tests."""
    monkeypatch.setattr(calibration, "MOST_VERIFIED", MOST_VERIFIED)


def write(folder: Path, count: int, distinct: int, red: int = 0) -> Path:
    folder.mkdir(parents=True)
    for i in range(count):
        Image.fromarray(np.full((9, 12, 3), (red, i % distinct, 7), dtype=np.uint8)).save(folder / f"{i:04}.png")
    return folder


def apart(pair: tuple[ImageSet | None, ImageSet]) -> tuple[ImageSet, ImageSet]:
    """The two sets, which share no picture."""
    seen, others = pair
    assert seen is not None
    assert not set(seen.digests) & set(others.digests)
    return seen, others


def test_of_the_bundled_pictures_the_first_third_calibrates_and_the_others_verify() -> None:
    seen, others = apart(read_images(None, None, calibrated=True))
    divided = divide(len(SAMPLES), BUNDLED)
    assert [list(part.paths) for part in (seen, others)] == [[SAMPLES[i] for i in part] for part in divided]
    assert seen.bundled and others.bundled
    assert seen.part().images == len(seen)
    assert (seen.source, others.source) == ("bundled street samples", "bundled street samples, verification split")
    assert read_calibration(None) == seen
    batches = seen.batches(Fit((32, 64)))
    assert {batch.shape for batch in batches} == {(1, 3, 32, 64)}
    assert all(batch.flags["C_CONTIGUOUS"] for batch in batches)


@pytest.mark.parametrize(("count", "calibrating"), [(9, 8), (12, 8), (30, 20), (250, 128)])
def test_a_third_of_a_folder_is_kept_back(tmp_path: Path, count: int, calibrating: int) -> None:
    folder = write(tmp_path / "a", count, 251)
    seen, others = apart(read_images(folder, None, calibrated=True))
    assert len(seen) == calibrating
    assert 1 <= len(others) <= MOST_VERIFIED
    assert (seen.source, others.source, seen.folder) == ("a", "a, verification split", folder)
    assert read_calibration(folder) == seen


def test_where_nothing_is_left_bundled_pictures_verify(tmp_path: Path) -> None:
    seen, others = apart(read_images(write(tmp_path / "a", 20, FEWEST), None, calibrated=True))
    assert (len(seen), others.bundled) == (FEWEST, True)


def test_with_verify_data_the_whole_folder_calibrates(tmp_path: Path) -> None:
    folder, more = write(tmp_path / "a", 20, 20), write(tmp_path / "b", 60, 60, red=1)
    seen, others = apart(read_images(folder, more, calibrated=True))
    assert (len(seen), len(others), others.source) == (20, MOST_VERIFIED, "b")
    assert list(others.paths) == sorted(others.paths)
    assert seen == read_whole(folder) == read_calibration(folder, whole=True)
    seen, others = apart(read_images(None, more, calibrated=True))
    assert (seen, others.source) == (read_calibration(None), "b")
    seen, others = apart(read_images(folder, "samples", calibrated=True))
    assert others.bundled


def test_pictures_that_calibrate_verify_nothing_under_any_name(tmp_path: Path) -> None:
    folder, more = write(tmp_path / "a", 20, 20), write(tmp_path / "b", 25, 25)  # 20 of these are copies
    _, others = apart(read_images(folder, more, calibrated=True))
    assert [path.name for path in others.paths] == [f"{i:04}.png" for i in range(20, 25)]
    for copies in (folder, write(tmp_path / "c", 40, 20)):
        with pytest.raises(DatasetError, match=r"not? computed from.*all \d+ are calibration images"):
            read_images(folder, copies, calibrated=True)
    seen, others = apart(read_images(None, samples_folder(), calibrated=True))
    assert len(seen) + len(others) == len(SAMPLES)


def test_what_needs_no_calibration_is_verified_on_what_is_given(tmp_path: Path) -> None:
    folder, more = write(tmp_path / "a", 50, 50), write(tmp_path / "b", 5, 5)
    assert read_images(None, None, calibrated=False) == (None, read_images(None, None, calibrated=True)[1])
    assert read_images(folder, None, calibrated=False) == (None, read_whole(folder, MOST_VERIFIED))
    assert read_images(folder, more, calibrated=False) == (None, read_whole(more))


def test_duplicates_do_not_count(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=f"at least {FEWEST} distinct"):
        read_calibration(write(tmp_path / "a", 20, FEWEST - 1))
    assert len(read_calibration(write(tmp_path / "b", 20, FEWEST))) == FEWEST


def test_every_image_is_checked(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", 10, 10)
    (folder / "zz.png").write_bytes((folder / "0003.png").read_bytes()[:40])
    with pytest.raises(ImageError, match=r"zz\.png"):
        read_calibration(folder)


def test_large_folders_are_sampled_evenly_and_deterministically(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", MOST + 50, 256)
    first, again = read_whole(folder), read_whole(folder)
    assert FEWEST <= len(first) <= MOST
    assert first.sha256 == again.sha256
    (folder / "0000.png").unlink()
    assert read_whole(folder).sha256 != first.sha256


def test_the_images_of_a_data_set_are_found(tmp_path: Path) -> None:
    write(tmp_path / "set" / "images", 12, 12)
    assert len(read_whole(tmp_path / "set")) == 12
    with pytest.raises(ImageError):
        read_calibration(tmp_path / "nowhere")
