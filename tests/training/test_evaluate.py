"""The baseline that ignores the image, on labels whose scores can be counted by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.dataset import LabelledFolder, open_labelled
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import GateError
from mobileseg.training.evaluate import evaluate, position_baseline

Labels = NDArray[np.int64]
WIDTH, HEIGHT = 64, 32
LEFT = np.s_[:, : WIDTH // 2]
RIGHT = np.s_[:, WIDTH // 2 :]


def folder(path: Path, instances: list[Labels]) -> LabelledFolder:
    """Images with instances of one thing class on a background."""
    for part in ("images", "instances"):
        (path / part).mkdir(parents=True)
    (path / "classes.json").write_text(json.dumps({"things": ["cell"], "stuff": ["background"]}))
    for i, numbers in enumerate(instances):
        Image.new("RGB", (WIDTH, HEIGHT)).save(path / "images" / f"{i}.png")
        Image.fromarray(numbers.astype(np.uint16)).save(path / "instances" / f"{i}.png")
    return open_labelled(path)


def cells(*regions: tuple[slice, slice]) -> Labels:
    numbers = np.zeros((HEIGHT, WIDTH), np.int64)
    for i, region in enumerate(regions, 1):
        numbers[region] = i
    return numbers


def test_the_most_frequent_class_is_one_instance_where_it_is_a_thing(tmp_path: Path) -> None:
    data = folder(tmp_path, [cells(LEFT), cells(LEFT), cells()])
    found = position_baseline(data, data, panoptic=True).measured
    assert found["pixel_accuracy"] == pytest.approx(2.5 / 3)
    assert found["miou"] == pytest.approx((1 / 1.5 + 1.5 / 2) / 2)
    assert found["pq_things"] == pytest.approx(2 / 2.5)  # two cells found, one false positive
    assert found["pq"] == pytest.approx((2 / 2.5 + 2 / 3) / 2)  # half of the third background is no match


def test_a_class_that_is_nowhere_most_frequent_is_not_found(tmp_path: Path) -> None:
    data = folder(tmp_path, [cells(LEFT), cells(RIGHT), cells()])
    found = position_baseline(data, data, panoptic=True).measured
    assert found["pq_things"] == 0
    assert found["pq"] == pytest.approx((0 + 1 / 3) / 2)
    assert found["miou"] == pytest.approx((0 + 2 / 3) / 2)


def test_outputs_that_are_no_numbers_have_no_score(tmp_path: Path) -> None:
    data = folder(tmp_path, [cells(LEFT), cells(RIGHT)])
    logits = np.zeros((1, 2, 4, 8), np.float32)
    assert evaluate(lambda batch: (logits,), False, data, (HEIGHT, WIDTH)).classes.pixel_accuracy == 0.5
    logits[0, 1, 2, 3] = np.nan
    with pytest.raises(GateError, match=r"NaN in 1 of the 64.*0\.png"):
        evaluate(lambda batch: (logits,), False, data, (HEIGHT, WIDTH))


def test_instances_follow_the_settings_of_the_data(tmp_path: Path) -> None:
    """A heat map with a weak centre: found below its heat, not above it."""
    data = folder(tmp_path, [cells(LEFT)])
    semantic = np.zeros((1, 2, HEIGHT, WIDTH), np.float32)
    semantic[0, 1][LEFT] = 1
    semantic[0, 0][RIGHT] = 1
    heat = np.zeros((1, 1, HEIGHT, WIDTH), np.float32)
    heat[0, 0, 16, 16] = 0.4
    outputs = (semantic, heat, np.zeros((1, 2, HEIGHT, WIDTH), np.float32))
    for threshold, quality in ((0.3, 1.0), (0.5, 0.0)):
        settings = PanopticSettings(center_threshold=threshold, stuff_area=1)
        classes = data.classes.model_copy(update={"panoptic": settings})
        found = evaluate(lambda batch: outputs, True, replace(data, classes=classes), (HEIGHT, WIDTH), panoptic=True)
        assert found.measured["pq_things"] == quality


def test_the_guess_is_learned_from_the_training_images_alone(tmp_path: Path) -> None:
    training, data = folder(tmp_path / "a", [cells(LEFT)]), folder(tmp_path / "b", [cells(RIGHT)])
    assert position_baseline(training, data).classes.pixel_accuracy == 0


def test_instances_count_only_where_asked(tmp_path: Path) -> None:
    data = folder(tmp_path, [cells(LEFT)])
    assert position_baseline(data, data).panoptic is None
    assert position_baseline(data, data).measured.keys() == {"miou", "pixel_accuracy"}
