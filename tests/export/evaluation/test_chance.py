"""The guess that a reference model must be better than, counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobileseg.data.dataset import LabelledFolder, open_labelled
from mobileseg.data.labels import read_labels
from mobileseg.export.evaluation.accuracy import AccuracyMeter
from mobileseg.export.evaluation.chance import guess_by_position
from mobileseg.metrics.confusion import HITS, LABELLED
from mobileseg.metrics.position import PositionVotes
from mobileseg.postprocess.panoptic import rules_for

SHAPE = (32, 64)


def folder(path: Path, halves: list[tuple[int, int]], kind: str = "masks") -> LabelledFolder:
    """Images with one class on the left and one on the right."""
    for part in ("images", kind):
        (path / part).mkdir(parents=True)
    names = {"names": ["a", "b", "c"]} if kind == "masks" else {"things": ["cell"], "stuff": ["ground"]}
    (path / "classes.json").write_text(json.dumps(names))
    for number, (left, right) in enumerate(halves):
        label = np.full(SHAPE, left, np.uint8)
        label[:, SHAPE[1] // 2 :] = right
        Image.new("RGB", SHAPE[::-1], (number, 0, 0)).save(path / "images" / f"{number}.png")
        Image.fromarray(label if kind == "masks" else label.astype(np.uint16)).save(path / kind / f"{number}.png")
    return open_labelled(path)


def votes_of(data: LabelledFolder) -> PositionVotes:
    votes = PositionVotes(len(data.classes.names))
    for item in data.items:
        votes.add(read_labels(item, data.classes))
    return votes


def test_an_image_is_guessed_from_the_others(tmp_path: Path) -> None:
    data = folder(tmp_path, [(0, 1), (0, 1), (0, 2)])
    found = guess_by_position(data, ["x", "y", "z"], votes_of(data), None)
    half = SHAPE[0] * SHAPE[1] // 2
    # The first: of 01 and 02 the left is 0, the right 1 as the lowest of two; the last is guessed as 01.
    assert [int(counts[:, HITS].sum()) for counts in found.counts] == [2 * half, 2 * half, half]
    assert [counts[:, LABELLED].tolist() for counts in found.counts] == [[half, half, 0]] * 2 + [[half, 0, half]]


def test_copies_of_an_image_do_not_help_to_guess_it(tmp_path: Path) -> None:
    data = folder(tmp_path, [(2, 2), (2, 2), (2, 2), (0, 1)])
    alone = guess_by_position(data, ["w", "x", "y", "z"], votes_of(data), None)
    together = guess_by_position(data, ["x", "x", "x", "z"], votes_of(data), None)
    assert [int(counts[:, HITS].sum()) > 0 for counts in alone.counts] == [True, True, True, False]
    assert [int(counts[:, HITS].sum()) > 0 for counts in together.counts] == [False] * 4


def test_the_order_is_that_of_the_images_whatever_the_groups(tmp_path: Path) -> None:
    data = folder(tmp_path, [(0, 0), (1, 1), (2, 2), (0, 1)])
    for groups in (["x", "y", "x", "y"], ["w", "x", "y", "z"]):
        found = guess_by_position(data, groups, votes_of(data), None)
        labelled = [np.flatnonzero(counts[:, LABELLED]).tolist() for counts in found.counts]
        assert labelled == [[0], [1], [2], [0, 1]]


def test_instances_are_guessed_as_one(tmp_path: Path) -> None:
    data = folder(tmp_path, [(1, 0), (1, 0), (1, 0), (0, 1)], "instances")
    rules = rules_for(data.classes.thing_numbers)
    found = guess_by_position(data, list("abcd"), votes_of(data), rules)
    assert found.panoptic is not None
    assert [counts[1].tolist() for counts in found.panoptic.counts] == [[1, 1, 0, 0]] * 3 + [[0, 0, 1, 1]]
    perfect = AccuracyMeter.for_classes(data.classes, rules)
    for item in data.items:
        label = read_labels(item, data.classes)
        perfect.add(label, label)
        assert perfect.panoptic is not None
        perfect.panoptic.counts.append(np.array([[1.0, 1, 0, 0]] * 2))
    skills = {chance.metric: chance for chance in perfect.above(found)}
    assert skills["mIoU"].value == skills["PQ"].value == 1
    assert skills["PQ"].guess == pytest.approx((0.75 + 0.75) / 2, abs=0.01)
