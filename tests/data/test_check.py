"""The checks before slow work: sizes, values, classes that do not occur, and how many images they look at."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import classes_json, picture, save, stripes
from PIL import Image

from mobileseg.data.check import ALONE, LOOKED_AT
from mobileseg.data.dataset import LabelledFolder, list_labelled, open_labelled
from mobileseg.data.split import open_split
from mobileseg.errors import DatasetError, ImageError
from mobileseg.progress import listen
from mobileseg.training.examples import CACHE_BYTES

TURNED = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
          8: Image.Transpose.ROTATE_270, 5: Image.Transpose.TRANSPOSE, 7: Image.Transpose.TRANSVERSE}  # fmt: skip


def labelled(root: Path, *masks: np.ndarray, **fields: Any) -> LabelledFolder:
    """A data set of as many pictures, listed but not checked; classes "a" and "b" unless ``fields`` say otherwise."""
    for i, mask in enumerate(masks):
        save(root / "images" / f"{i:05}.png", picture(i, (mask.shape[0], mask.shape[1])))
        save(root / "masks" / f"{i:05}.png", mask)
    classes_json(root, **{"names": ["a", "b"], **fields})
    return list_labelled(root)


class TestSizes:
    @pytest.mark.parametrize("orientation", [5, 6, 7, 8])
    def test_a_mask_as_the_sensor_saw_it(self, tmp_path: Path, orientation: int) -> None:
        """A phone's photo is stored lying and shown upright; the mask was drawn on the pixels as they are stored."""
        shown, mask = Image.fromarray(picture(0)), Image.fromarray(stripes(0, 1))
        exif = Image.Exif()
        exif[0x0112] = orientation
        for folder in ("images", "masks"):
            (tmp_path / folder).mkdir()
        shown.transpose(TURNED[orientation]).save(tmp_path / "images" / "a.jpg", exif=exif)
        mask.transpose(TURNED[orientation]).save(tmp_path / "masks" / "a.png")
        classes_json(tmp_path, names=["a", "b"])
        with pytest.raises(
            DatasetError, match=r"16x24 pixels.*found 24x16 in .*a\.png; fix: .*EXIF orientation \d.*turn the mask"
        ):
            open_labelled(tmp_path)
        mask.save(tmp_path / "masks" / "a.png")  # upright, as the photo is seen
        assert len(open_labelled(tmp_path).items) == 1

    @pytest.mark.parametrize("size", [(16, 25), (8, 12), (24, 16)])
    def test_another_size(self, tmp_path: Path, size: tuple[int, int]) -> None:
        data = labelled(tmp_path, stripes(0, 1))
        save(tmp_path / "masks" / "00000.png", np.resize(np.array([0, 1], np.uint8), size))
        with pytest.raises(
            DatasetError, match=rf"labels of 16x24 pixels.*found {size[0]}x{size[1]}.*at the size of the image"
        ):
            data.check()


class TestClasses:
    def test_a_mask_of_0_and_255(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match=r"labels 0\.\.1; found 255 in .*write 1 instead of 255") as caught:
            labelled(tmp_path, stripes(0, 255), stripes(0)).check()
        assert "ignore_index" not in str(caught.value)  # which would leave one class

    def test_advice_is_about_all_masks(self, tmp_path: Path) -> None:
        """One mask of 0 and 255 looks like a void value; with the others there are three classes in all."""
        masks = [stripes(0, 128), stripes(0, 255), stripes(128, 255)]
        with pytest.raises(DatasetError, match=r'found 128, 255 in .*00000\.png.*"128": 1, "255": 2'):
            labelled(tmp_path, *masks, names=["a", "b", "c"]).check()

    def test_a_class_that_never_occurs_is_noted(self, tmp_path: Path) -> None:
        found = labelled(tmp_path, stripes(0, 2), stripes(0), names=["a", "b", "c"]).check()
        assert found.lacking == ("b",)
        assert found.note == "1 of 3 classes never occur in the 2 images: b"
        assert found.pixels.tolist() == [16 * 12 + 16 * 24, 0, 16 * 12]

    def test_the_note_is_heard(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        for split in ("train", "val"):
            labelled(tmp_path / split, stripes(0, 2), names=["a", "b", "c"])
        with caplog.at_level("INFO", "mobileseg"):
            open_split(tmp_path)
        assert caplog.messages == ["1 of 3 classes never occur in the 1 images: b"]

    @pytest.mark.parametrize(
        ("fields", "values", "said"),
        [
            ({"names": ["crack"]}, (0,), 'at least two classes; found only \'crack\'.*"background", "crack"'),
            ({}, (0,), "found 'a' alone in 1 masks"),
            ({"ignore_index": 255}, (0, 255), "found 'a' alone in 1 masks .255 is ignored: where it is a class"),
            ({"ignore_index": 255}, (255,), "labelled pixels; found none in 1 masks"),
            ({"reduce_zero_label": True}, (0,), "labelled pixels; found none"),
        ],
    )
    def test_nothing_to_learn(self, tmp_path: Path, fields: dict[str, Any], values: tuple[int, ...], said: str) -> None:
        for split in ("train", "val"):
            labelled(tmp_path / split, stripes(*values), **fields)
        with pytest.raises(DatasetError, match=said):
            open_split(tmp_path)


class TestAmount:
    def test_only_those_asked_for_are_decoded(self, tmp_path: Path) -> None:
        data = labelled(tmp_path, *[stripes(0, 1)] * 9)
        for number in (1, 2, 3, 5, 6, 7):  # the first, the middle one and the last are chosen
            (tmp_path / "images" / f"{number:05}.png").write_bytes(b"")
            (tmp_path / "masks" / f"{number:05}.png").write_bytes(b"")
        assert data.check(3).images == 3
        with pytest.raises(ImageError, match=r"00001\.png"):
            data.check(9)

    def test_many_are_checked_by_several_processes(self, tmp_path: Path) -> None:
        count = ALONE + 60
        data = labelled(tmp_path, stripes(0, 1))
        for i in range(1, count):
            for folder in ("images", "masks"):
                os.link(tmp_path / folder / "00000.png", tmp_path / folder / f"{i:05}.png")
        data = list_labelled(tmp_path)
        found = data.check()
        assert found.images == count
        assert found.pixels.tolist() == [count * 16 * 12] * 2
        heard: list[int] = []
        with listen(lambda task, done, total, unit: heard.append(done)):
            data.check()
        assert heard == list(range(1, count + 1))
        place = tmp_path / "masks" / f"{LOOKED_AT + 70:05}.png"
        place.unlink()
        save(place, stripes(0, 9))
        with pytest.raises(DatasetError, match=rf"found 9 in .*{place.name}"):
            data.check()


PEAK = """
import itertools, json, os, resource, sys
from pathlib import Path
from mobileseg.data.split import open_split
from mobileseg.data.fit import Fit
from mobileseg.export.quantization.calibration import read_whole
from mobileseg.training.config import TrainingConfig
from mobileseg.training.data import TrainingLoader
from mobileseg.training.examples import ExampleStore
split = open_split(Path(sys.argv[1]))
store = ExampleStore(split.train, budget_bytes=int(sys.argv[2]))
config = TrainingConfig(batch_size=16, size=(32, 32), crop=(32, 32))
loader = TrainingLoader(store, config, (0.0,) * 3, (1.0,) * 3, workers=2)
shared = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024  # with the workers
seen = sum(len(batch.labels) for batch in itertools.islice(loader.epoch(0), 10))
del loader  # ends the workers, so that they are counted
batches = read_whole(Path(sys.argv[1]) / "train").batches(Fit((32, 32)))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
own = int(status["VmHWM"].split()[0])  # getrusage would give the peak of the process that started this one, where that is larger
worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
peak = own + 2 * max(worker - shared, 0)  # as if all of them had been largest at once
print(json.dumps({"images": len(store), "seen": seen, "fits": store.fits, "calibration": len(batches), "peak_mb": peak / 1024}))
"""


def measured(root: Path, budget_bytes: int) -> dict[str, Any]:
    command = [sys.executable, "-c", PEAK, str(root), str(budget_bytes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.slow
@pytest.mark.thorough
def test_thousands_of_images_need_no_more_memory_than_a_few(tmp_path: Path) -> None:
    def data(root: Path, count: int) -> Path:
        for split, images in (("train", count), ("val", 20)):
            labelled(root / split, *[stripes(0, 1)] * 20)
            for i in range(20, images):
                for folder in ("images", "masks"):
                    os.link(root / split / folder / f"{i % 20:05}.png", root / split / folder / f"{i:05}.png")
        return root

    few, many = (measured(data(tmp_path / str(count), count), 1 << 20) for count in (200, 8_000))
    assert (many["images"], many["seen"], many["fits"]) == (8_000, 160, False)
    assert many["calibration"] <= 128
    assert many["peak_mb"] < few["peak_mb"] + 200


@pytest.mark.slow
@pytest.mark.thorough
def test_photos_of_24_megapixels_fit_into_memory(tmp_path: Path) -> None:
    photo, mask = Image.new("RGB", (6000, 4000), (90, 120, 60)), np.zeros((4000, 6000), np.uint8)
    mask[:, :3000] = 1
    for split, count in (("train", 16), ("val", 2)):
        for folder in ("images", "masks"):
            (tmp_path / split / folder).mkdir(parents=True)
        photo.save(tmp_path / split / "images" / "0.jpg")
        Image.fromarray(mask).save(tmp_path / split / "masks" / "0.png")
        for i in range(1, count):
            os.link(tmp_path / split / "images" / "0.jpg", tmp_path / split / "images" / f"{i}.jpg")
            os.link(tmp_path / split / "masks" / "0.png", tmp_path / split / "masks" / f"{i}.png")
    classes_json(tmp_path, names=["a", "b"])
    found = measured(tmp_path, CACHE_BYTES)
    assert found["seen"] == 16
    assert found["peak_mb"] < 2500
