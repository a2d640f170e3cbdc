from __future__ import annotations

from pathlib import Path

import pytest

from mobileseg.data.classes import ClassSet
from mobileseg.data.dataset import LabelledFolder
from mobileseg.errors import DatasetError
from mobileseg.export.evaluation.matching import check_same_classes


def data(*names: str) -> LabelledFolder:
    return LabelledFolder(Path("streets"), ClassSet(names=names), ())


@pytest.mark.parametrize("names", [None, ("bed ", "traffic light"), ("Bed", "traffic_light"), ("bed", "Traffic-Light")])
def test_the_same_classes_in_other_spellings(names: tuple[str, ...] | None) -> None:
    """As mmsegmentation's own list of ADE20K has "bed " with a blank."""
    check_same_classes(2, names, "the file", data("bed", "traffic light"))


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (("traffic light", "bed"), "class 0 to be 'traffic light', as the file has it; found 'bed'"),
        (("bed", "traffic lights"), "class 1 to be 'traffic lights'"),
        (("bed", "?"), "class 1 to be '?'"),
        (("bed",), "1 classes, as the file has"),
    ],
)
def test_other_classes(names: tuple[str, ...], match: str) -> None:
    with pytest.raises(DatasetError, match=match.replace("?", r"\?")):
        check_same_classes(len(names), names, "the file", data("bed", "traffic light"))
