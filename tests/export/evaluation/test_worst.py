"""The images that differ most: their selection and their pictures."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mobileseg.data.fit import Fit
from mobileseg.export.evaluation import worst
from mobileseg.export.evaluation.worst import WorstImages, difference

PALETTE = ((10, 20, 30), (200, 0, 0), (0, 0, 200))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "images").mkdir(parents=True)
    for seed in range(6):
        pixels = np.random.default_rng(seed).integers(0, 255, (10, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "data" / "images" / f"{seed}.png")
    return tmp_path / "data"


@given(st.lists(st.integers(0, 200), min_size=1, max_size=12), st.integers(1, 5))
def test_images_with_the_least_agreement_are_kept_in_order(changed: list[int], count: int) -> None:
    seen = WorstImages(count, PALETTE, None, Fit((10, 10)))
    for place, pixels in enumerate(changed):
        reference, file = np.zeros(200, dtype=np.int32), np.zeros(200, dtype=np.int32)
        file[:pixels] = 1
        seen.add(Path(str(place)), reference.reshape(10, 20), file.reshape(10, 20))
    kept = [int(one.path.name) for one in sorted(seen._heap, reverse=True)]
    assert kept == sorted(range(len(changed)), key=lambda i: (-changed[i], i))[:count]


def test_pictures_are_drawn_and_named_by_digest(data: Path, tmp_path: Path) -> None:
    (data / "SOURCE.txt").write_text("Free for all.\n")
    seen = WorstImages(2, PALETTE, 255, Fit((10, 10)))
    label = np.zeros((10, 20), dtype=np.int64)
    label[0] = 255
    for seed in range(6):
        reference = np.zeros((10, 20), dtype=np.int32)
        file = reference.copy()
        file[:seed] = 2
        seen.add(data / "images" / f"{seed}.png", reference, file, label)
    found = seen.write(tmp_path / "out", "x-worst", data / "images")
    assert found.folder == "x-worst"
    assert found.source_record == "Free for all."
    assert [image.image for image in found.images] == ["5.png", "4.png"]
    assert found.images[0].agreement == 0.5
    assert found.images[0].float_miou == 1.0
    assert 0 < (found.images[0].artifact_miou or 0) < 1
    for picture in found.images[0].pictures:
        path = tmp_path / "out" / picture.file
        assert hashlib.sha256(path.read_bytes()).hexdigest() == picture.sha256
    drawn = {p.kind: np.asarray(Image.open(tmp_path / "out" / p.file)) for p in found.images[0].pictures}
    assert list(drawn) == ["input", "label", "float", "artifact", "difference"]
    assert (drawn["input"] == np.asarray(Image.open(data / "images" / "5.png"))).all()
    assert (drawn["label"][0] == worst.VOID).all()
    assert (drawn["artifact"][:5] == PALETTE[2]).all()
    assert (drawn["difference"][0] == worst.NO_LABEL).all()
    assert (drawn["difference"][1:5] == worst.FLOAT_RIGHT).all()


def test_without_labels_there_is_no_label_and_no_miou(data: Path, tmp_path: Path) -> None:
    seen = WorstImages(1, PALETTE, None, Fit((10, 10)))
    seen.add(data / "images" / "0.png", np.zeros((10, 20), dtype=np.int32), np.ones((10, 20), dtype=np.int32))
    found = seen.write(tmp_path / "out", "x-worst", data)
    assert found.source_record is None
    assert found.images[0].float_miou is None
    assert [p.kind for p in found.images[0].pictures] == ["input", "float", "artifact", "difference"]


def test_the_difference_says_who_is_right() -> None:
    pixels = np.full((1, 5, 3), 100, dtype=np.uint8)
    reference, file, label = (np.array([row]) for row in ([0, 0, 1, 1, 0], [0, 1, 2, 0, 1], [0, 1, 1, 2, 9]))
    drawn = difference(pixels, reference, file, label, ignore=9)[0]
    assert drawn.tolist() == [
        [35, 35, 35],
        list(worst.ARTIFACT_RIGHT),
        list(worst.FLOAT_RIGHT),
        list(worst.BOTH_WRONG),
        list(worst.NO_LABEL),
    ]


def test_large_pictures_are_reduced(tmp_path: Path) -> None:
    Image.new("RGB", (1000, 500)).save(tmp_path / "a.png")
    seen = WorstImages(1, PALETTE, None, Fit((10, 10)))
    seen.add(tmp_path / "a.png", np.zeros((500, 1000), dtype=np.int32), np.ones((500, 1000), dtype=np.int32))
    found = seen.write(tmp_path / "out", "out", tmp_path)
    for picture in found.images[0].pictures:
        assert Image.open(tmp_path / "out" / picture.file).size == (480, 240)
