"""Consistency on a film of a model that is right, and of one that flickers by a known share; and the gate."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from films import by_color, film, write_film

from mobileseg.data.fit import Fit, Placement
from mobileseg.data.images import Batch
from mobileseg.data.sequence import open_sequence
from mobileseg.errors import DatasetError, RequestError
from mobileseg.export import compare
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.consistency import ClassMap, SequenceConsistency, compare_sequence
from mobileseg.export.evaluation.evidence import Evidence
from mobileseg.export.evaluation.gates import Measured, consistency_gates, gates_of, overall
from mobileseg.export.evaluation.shift import compare_shift
from mobileseg.export.manifest import Manifest, ModelPart
from mobileseg.export.targets import TARGETS

SIZE = (64, 96)
FRAMES = 12


def right(batch: Batch, size: tuple[int, int], place: Placement | None = None) -> tuple[ClassMap, ClassMap]:
    """Two models that are right in every pixel."""
    classes = by_color(batch[0].transpose(1, 2, 0))
    assert classes.shape == size
    return classes, classes


class Flickering:
    """The second model gives every ``period``-th frame's pixels of one row band another class."""

    def __init__(self, rows: int, period: int = 2) -> None:
        self.rows, self.period, self.frame = rows, period, 0

    def __call__(
        self, batch: Batch, size: tuple[int, int], place: Placement | None = None
    ) -> tuple[ClassMap, ClassMap]:
        classes, _ = right(batch, size)
        other = classes.copy()
        if self.frame % self.period:
            other[: self.rows] = (other[: self.rows] + 1) % 5
        self.frame += 1
        return classes, other


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("films") / "drive", film(FRAMES))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_perfect_prediction_along_the_true_flow_is_1(tmp_path: Path, step: int) -> None:
    sequence = open_sequence(write_film(tmp_path / "drive", film(FRAMES), step=step))
    found = compare_sequence(sequence, right, Fit(SIZE), 5)
    assert found.float_.kept == found.float_.tc == found.artifact.kept == found.labels == 1
    assert found.float_.interval == (1, 1)
    assert found.gain.interval == (0, 0)
    assert (found.frames, found.drives, found.pairs, found.block) == (FRAMES, 1, FRAMES - 1, 3)
    assert (found.flow, found.flow_source, found.sequence) == ("given", "files of the sequence", "drive")
    assert 0.8 < found.followed < 1


def test_flicker_is_measured_and_compared_in_pairs(drive: Path) -> None:
    rows = 6
    found = compare_sequence(open_sequence(drive), Flickering(rows), Fit(SIZE), 5)
    frames = film(FRAMES)
    lost = total = 0
    for frame in frames[:-1]:
        down = np.arange(SIZE[0])[:, None] + frame.motion[..., 1]
        here = np.arange(SIZE[0])[:, None] < rows
        lost += int((frame.seen & (here | (down < rows))).sum())
        # A pixel in the band in one frame alone, and right in that one, keeps its class.
        lost -= int((frame.seen & (here != (down < rows))).sum())
        total += int(frame.seen.sum())
    assert found.float_.kept == 1
    assert found.artifact.kept == pytest.approx(1 - lost / total, abs=0.002)
    assert found.gain.value == pytest.approx(found.artifact.kept - 1)
    low, high = found.gain.interval
    assert low <= found.gain.value <= high < 0
    assert found.artifact.tc < found.artifact.kept


def test_estimated_flow_is_said_so_and_its_limit_is_shown(tmp_path: Path) -> None:
    pytest.importorskip("cv2")
    sequence = open_sequence(write_film(tmp_path / "drive", film(FRAMES), flow=False))
    found = compare_sequence(sequence, right, Fit(SIZE), 5)
    assert found.flow == "estimated"
    assert "DIS" in found.flow_source and "OpenCV" in found.flow_source
    assert found.labels is not None and 0.9 < found.labels < 1
    assert found.float_.kept == pytest.approx(found.labels)  # a perfect prediction keeps what the labels keep


def test_drives_are_not_joined(tmp_path: Path) -> None:
    for number, seed in enumerate((0, 5)):
        write_film(tmp_path / "drives" / str(number), film(6, pan=1 + number, seed=seed), masks=number == 0)
    found = compare_sequence(open_sequence(tmp_path / "drives"), right, Fit(SIZE), 5)
    assert (found.drives, found.pairs, found.block) == (2, 10, 3)
    assert found.float_.kept == 1
    assert found.labels == 1


def test_few_pairs_have_no_interval(tmp_path: Path) -> None:
    found = compare_sequence(open_sequence(write_film(tmp_path / "drive", film(8))), Flickering(6), Fit(SIZE), 5)
    assert found.pairs == 7
    assert found.gain.value < 0
    for interval in (found.gain.interval, found.float_.interval):
        assert all(map(math.isnan, interval))
    written = json.loads(found.model_dump_json(by_alias=True))
    assert written["gain"]["interval"] == [None, None]
    assert SequenceConsistency.model_validate(written).pairs == 7


def test_frames_that_share_nothing_are_refused(tmp_path: Path) -> None:
    folder = write_film(tmp_path / "drive", film(3))
    for path in (folder / "flow").iterdir():
        np.savez(path, motion=np.zeros((*SIZE, 2), np.int16), seen=np.zeros(SIZE, bool))
    with pytest.raises(DatasetError, match="seen again"):
        compare_sequence(open_sequence(folder), right, Fit(SIZE), 5)


def test_moved_images_of_a_model_that_sees_pixels_alone(drive: Path) -> None:
    images = sorted((drive / "images").iterdir())
    found = compare_shift(images, right, Fit(SIZE))
    assert (found.images, found.pixels) == (8, (1, 8))
    assert found.float_.kept == found.artifact.kept == 1
    assert found.gain.interval == (0, 0)


def test_moved_images_of_a_model_that_sees_places(drive: Path) -> None:
    """Classes that stripe every second column stay where they are: they are kept where the shift is even."""
    images = sorted((drive / "images").iterdir())

    def stripes(batch: Batch, size: tuple[int, int], place: Placement | None = None) -> tuple[ClassMap, ClassMap]:
        return right(batch, size)[0], (np.arange(size[1]) % 2 + np.zeros((size[0], 1))).astype(np.int32)

    found = compare_shift(images, stripes, Fit(SIZE))
    areas = {shift: (SIZE[0] - shift) * (SIZE[1] - shift) for shift in range(1, 9)}
    even = sum(area for shift, area in areas.items() if shift % 2 == 0) / sum(areas.values())
    assert found.artifact.kept == pytest.approx(even)
    assert found.gain.value == pytest.approx(even - 1)
    low, high = found.artifact.interval
    assert 0 < low < even < high < 1
    few = compare_shift(images[:3], stripes, Fit(SIZE))
    assert few.images == 3
    assert few.artifact.kept == pytest.approx(even)  # all eight shifts, on three images
    assert math.isnan(few.gain.interval[0])


def test_a_classifier_keeps_its_class_or_not(drive: Path) -> None:
    def brightness(batch: Batch, size: tuple[int, int], place: Placement | None = None) -> tuple[ClassMap, ClassMap]:
        return np.array([0], np.int32), np.array([int(batch[0, 0, 0, 0]) % 2], np.int32)

    found = compare_shift(sorted((drive / "images").iterdir()), brightness, Fit(SIZE))
    assert found.float_.kept == 1
    assert found.artifact.kept in [number / 8 for number in range(9)]


def test_a_classifier_has_no_sequence(drive: Path) -> None:
    manifest = Manifest.model_construct(model=ModelPart.model_construct(name="some-cls", task="classification"))
    classifier = Artifact(Path("some.onnx"), manifest, TARGETS["onnx"])
    with pytest.raises(RequestError, match="some-cls, a classifier"):
        compare(classifier, drive, labels=False, sequence=drive)


def flicker(pairs: int, low: float, value: float = -0.004) -> SequenceConsistency:
    model = {"kept": 0.95, "interval": (0.94, 0.96), "tc": 0.9}
    return SequenceConsistency.model_validate(
        {
            "sequence": "drive", "sequence_sha256": "0" * 64, "frames": pairs + 1, "drives": 1, "pairs": pairs, "block": 3,
            "flow": "given", "flow_source": "files", "followed": 0.9, "labels": None, "float": model, "artifact": model,
            "gain": {"metric": "temporal consistency", "value": value, "interval": (low, 0.001)},
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "verdict"), [(-0.009, "PASS"), (-0.0101, "FAIL"), (0.0, "PASS"), (math.nan, "UNKNOWN")]
)
def test_the_lower_end_of_the_interval_decides(low: float, verdict: str) -> None:
    (gate,) = consistency_gates("int8", flicker(11, low))
    assert gate.verdict == verdict
    assert not gate.optional
    assert overall((gate,)) == verdict
    assert ("too few" in gate.found) == math.isnan(low)


def test_without_a_sequence_it_is_unknown_and_nothing_else_changes() -> None:
    (gate,) = consistency_gates("int8", None)
    assert (gate.verdict, gate.found) == ("UNKNOWN", "no --sequence")
    assert overall((gate,)) == "UNKNOWN"
    evidence = Evidence(images=40, constant=0.5)
    good = gates_of(Measured("float32", evidence, 1e-6, 1.0, 1.0))
    assert overall((*good, gate)) == "PASS"
    bad = gates_of(Measured("float32", evidence, 1e-6, 1.0, 0.5))
    assert overall((*bad, gate)) == "FAIL"


def test_float_files_are_held_to_the_same_classes_instead() -> None:
    assert consistency_gates("float32", None) == consistency_gates("float32", flicker(11, -0.5)) == ()
    assert consistency_gates("float16", flicker(11, -0.5))[0].verdict == "FAIL"
