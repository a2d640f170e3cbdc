from pathlib import Path

import pytest

from mobileseg.data.class_lists import CLASS_LISTS, class_list, shipped
from mobileseg.errors import DatasetError, UnknownNameError

# Classes, things, and some of the names by their numbers, from the data sets' own pages.
KNOWN = {
    "ade20k": (150, 100, {0: "wall", 1: "building", 2: "sky", 12: "person", 20: "car", 149: "flag"}),
    "cityscapes": (19, 8, {0: "road", 8: "vegetation", 11: "person", 18: "bicycle"}),
    "voc": (21, 20, {0: "background", 1: "aeroplane", 15: "person", 20: "tvmonitor"}),
    "coco-panoptic": (133, 80, {0: "person", 79: "toothbrush", 80: "banner", 132: "rug-merged"}),
    "coco-stuff": (171, 80, {0: "person", 79: "toothbrush", 80: "banner", 170: "wood"}),
    "camvid": (11, 3, {0: "sky", 3: "road", 8: "car", 10: "bicyclist"}),
    "imagenet": (1000, 0, {0: "tench", 281: "tabby", 999: "toilet tissue"}),
}


@pytest.mark.parametrize("name", CLASS_LISTS)
def test_a_shipped_list(name: str) -> None:
    count, things, numbers = KNOWN[name]
    found = shipped(name)
    assert len(found.names) == len(found.colors) == CLASS_LISTS[name].count == count
    assert found.palette or found.folders  # no label is ever drawn in the classes of a classifier
    assert len(found.things) == things
    assert {number: found.names[number] for number in numbers} == numbers
    assert found.source
    assert found is class_list(f"{name}-{count}") or name.startswith("coco")


def test_how_their_masks_are_written() -> None:
    assert shipped("ade20k").reduce_zero_label
    assert {name: shipped(name).ignore_index for name in ("cityscapes", "voc", "coco-stuff", "camvid")} == {
        "cityscapes": 255, "voc": 255, "coco-stuff": 255, "camvid": 11
    }  # fmt: skip


def test_colours_of_voc_follow_its_formula() -> None:
    """The development kit's VOClabelcolormap: three bits of the number for each of the bits of a channel."""
    for number, color in enumerate(shipped("voc").palette):
        made, rest = [0, 0, 0], number
        for bit in range(7, -1, -1):
            for channel in range(3):
                made[channel] |= (rest >> channel & 1) << bit
            rest >>= 3
        assert color == tuple(made)


def test_other_names_of_lists() -> None:
    assert class_list("coco-133") is shipped("coco-panoptic")
    assert class_list("coco-171") is shipped("coco-stuff")
    assert class_list("voc-21") is shipped("voc")


def test_a_file_is_a_list_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.json").write_text('{"names": ["a", "b"]}')
    assert class_list(tmp_path / "mine.json").names == ("a", "b")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voc").write_text('{"names": ["c", "d"]}')
    assert class_list("voc").names == ("c", "d")  # the user's own comes first
    with pytest.raises(DatasetError, match=r"nowhere\.json"):
        class_list("nowhere.json")
    with pytest.raises(UnknownNameError, match="did you mean camvid"):
        class_list("camvids")
