"""How label files write classes, and what is said of values that stand for nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mobileseg.data.classes import ClassSet, read_classes
from mobileseg.data.encoding import distinct_colors, parsed_key
from mobileseg.data.labels import read_mask
from mobileseg.data.strays import advice, color_advice
from mobileseg.errors import DatasetError

NAMES = ("road", "sky", "car")
COLORS = {"road": (128, 64, 128), "sky": (70, 130, 180), "car": (0, 0, 142)}


def classes(**fields: Any) -> ClassSet:
    return ClassSet.model_validate({"names": NAMES, **fields})


def read(folder: Path, pixels: Any, found: ClassSet, mode: str | None = None) -> list[int]:
    """The distinct labels of a mask of these values or colours, in the order of its columns."""
    row = np.asarray(pixels, dtype=np.uint8)
    image = Image.fromarray(np.repeat(row[None], 4, axis=0))
    (image.convert(mode) if mode else image).save(folder / "mask.png")
    return read_mask(folder / "mask.png", found)[0].tolist()


class TestValues:
    @pytest.mark.parametrize(
        ("fields", "values", "labels"),
        [
            ({}, [0, 1, 2], [0, 1, 2]),
            ({"ignore_index": 255}, [0, 255, 2], [0, 255, 2]),
            ({"ignore_index": 7}, [0, 7, 2], [0, 7, 2]),
            ({"ignore_index": 0}, [0, 1, 2], [255, 1, 2]),  # a class whose pixels do not count
            ({"ignore_index": 1}, [0, 1, 2], [0, 255, 2]),
            ({"reduce_zero_label": True}, [0, 1, 3], [255, 0, 2]),
            ({"reduce_zero_label": True, "ignore_index": 255}, [0, 1, 255], [255, 0, 255]),
            ({"reduce_zero_label": True, "ignore_index": 0}, [0, 1, 3], [255, 0, 2]),
            ({"label_map": {"0": 0, "255": "car", "9": "ignore"}}, [0, 255, 9], [0, 2, 255]),
            ({"label_map": {"7": "road", "*": "ignore"}}, [7, 0, 200], [0, 255, 255]),
            ({"label_map": {"7": "road", "*": "sky"}, "ignore_index": 255}, [7, 0, 255], [0, 1, 255]),
            ({"label_map": {"1": 0, "2": 0, "3": 1}}, [1, 2, 3], [0, 0, 1]),  # classes can be merged
        ],
    )
    def test_are_read(self, tmp_path: Path, fields: Any, values: list[int], labels: list[int]) -> None:
        assert read(tmp_path, values, classes(**fields)) == labels

    @pytest.mark.parametrize(
        ("fields", "value"),
        [({}, 3), ({"ignore_index": 255}, 254), ({"reduce_zero_label": True}, 4), ({"label_map": {"7": 0}}, 0)],
    )
    def test_that_stand_for_nothing_are_refused(self, tmp_path: Path, fields: Any, value: int) -> None:
        with pytest.raises(DatasetError, match=rf"found {value} in .*mask\.png"):
            read(tmp_path, [value], classes(**fields))

    def test_bilevel_masks_hold_0_and_1(self, tmp_path: Path) -> None:
        assert read(tmp_path, [0, 255, 0], classes(), mode="1") == [0, 1, 0]

    @given(st.permutations(range(256)), st.integers(2, 255))
    def test_any_permutation_of_values_can_be_mapped(self, order: list[int], count: int) -> None:
        names = tuple(f"c{i}" for i in range(count))
        found = ClassSet(names=names, label_map={str(order[i]): i for i in range(count)})
        assert found.encoding.table(8)[order[:count]].tolist() == list(range(count))
        assert len(found.encoding.strays(range(256))) == 256 - count


MAP: Any = {"label_map": {"128,64,128": "road", "#4682B4": "sky", "(0, 0, 142)": 2, "0,0,0": "ignore"}}


class TestColors:
    def test_are_read(self, tmp_path: Path) -> None:
        assert read(tmp_path, [*COLORS.values(), (0, 0, 0)], classes(**MAP)) == [0, 1, 2, 255]

    def test_with_an_opaque_alpha_channel(self, tmp_path: Path) -> None:
        assert read(tmp_path, [*COLORS.values()], classes(**MAP), mode="RGBA") == [0, 1, 2]
        with pytest.raises(DatasetError, match="is RGBA"):
            read(tmp_path, [(*COLORS["road"], 9)], classes(**MAP))

    def test_of_a_palette_image_are_its_colours(self, tmp_path: Path) -> None:
        """Tools that shrink PNG files turn a few colours into a palette, in any order."""
        image = Image.fromarray(np.array([[0, 1, 2]] * 3, np.uint8))
        image.putpalette([0, 0, 142, 128, 64, 128, 70, 130, 180])
        image.save(tmp_path / "mask.png")
        assert read_mask(tmp_path / "mask.png", classes(**MAP))[0].tolist() == [2, 0, 1]

    def test_of_the_palette(self, tmp_path: Path) -> None:
        found = classes(palette=list(COLORS.values()), label_map="palette")
        assert read(tmp_path, [*COLORS.values()], found) == [0, 1, 2]

    def test_unknown_ones_are_refused_or_ignored(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match=r'colours of label_map.*found 1,2,3; 4,5,6 in .*"\*": "ignore"'):
            read(tmp_path, [COLORS["sky"], (4, 5, 6), (1, 2, 3)], classes(**MAP))
        found = classes(label_map={**MAP["label_map"], "*": "ignore"})
        assert read(tmp_path, [COLORS["sky"], (4, 5, 6)], found) == [1, 255]

    def test_grey_masks_have_grey_colours(self, tmp_path: Path) -> None:
        assert read(tmp_path, [0, 255], classes(label_map={"0,0,0": "road", "255,255,255": "car"})) == [0, 2]

    @given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=30))
    def test_distinct_colours(self, colors: list[tuple[int, int, int]]) -> None:
        found, places = distinct_colors(np.array([colors], np.uint8))
        assert [found[place] for place in places[0]] == colors
        assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("key", "parsed"),
    [("7", 7), (" 255 ", 255), ("1,2,3", (1, 2, 3)), ("[1, 2, 3]", (1, 2, 3)), ("#0a0B0c", (10, 11, 12)), ("*", "*")],
)
def test_keys(key: str, parsed: Any) -> None:
    assert parsed_key(key) == parsed


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"label_map": {"65536": 0}}, "'65536' is no value"),
        ({"label_map": {"-1": 0}}, "'-1' is no value"),
        ({"label_map": {"1,2": 0}}, "'1,2' is no value"),
        ({"label_map": {"1,2,300": 0}}, "'1,2,300' is no value"),
        ({"label_map": {"#12345": 0}}, "'#12345' is no value"),
        ({"label_map": {"0": "rode"}}, "'rode' is neither among the names"),
        ({"label_map": {"0": 3}}, "3 is no class number"),
        ({"label_map": {"0": -1}}, "-1 is no class number"),
        ({"label_map": {"0": 0, "00": 1}}, "one value twice"),
        ({"label_map": {"0": 0, "1,2,3": 1}}, "both values and colours"),
        ({"label_map": {"0": 0}, "reduce_zero_label": True}, "exclude each other"),
        ({"label_map": "palette"}, "no palette"),
        ({"label_map": "colours"}, "label_map"),
        ({"label_map": {"0": 1.5}}, "label_map"),
        ({"names": ["a", "b", "a"]}, "'a' occurs twice"),
        ({"ignore_index": -1}, "ignore_index"),
    ],
)
def test_class_lists_that_contradict_themselves(tmp_path: Path, fields: Any, reason: str) -> None:
    (tmp_path / "classes.json").write_text(json.dumps({"names": NAMES, **fields}))
    with pytest.raises(DatasetError, match=reason):
        read_classes(tmp_path / "classes.json")


TWO = ClassSet(names=("background", "crack"))


class TestAdvice:
    @pytest.mark.parametrize(
        ("found", "values", "said"),
        [
            (TWO, {0, 255}, 'write 1 instead of 255 into the masks, or add "label_map": {"0": 0, "255": 1}'),
            (TWO, {255}, "write 1 instead of 255"),
            (TWO, {0, 128}, 'write 0..1 into the masks, or add "label_map": {"0": 0, "128": 1}'),
            (TWO, {0, 1, 255}, '"ignore_index": 255'),
            (TWO, {1, 2}, "subtract 1"),
            (TWO, {0, 1, 2}, '"reduce_zero_label": true'),
            (classes(), {0, 127, 254}, '{"0": 0, "127": 1, "254": 2}'),
            (classes(), {50, 100, 150}, '{"50": 0, "100": 1, "150": 2}'),
            (classes(), {0, 1, 255}, 'where 255 means "no class", add "ignore_index": 255'),
            (classes(), {0, 1, 2, 3}, 'where 0 means "no class", add "reduce_zero_label": true'),
            (classes(), {0, 5, 9, 11, 200}, "label_map"),
            (classes(ignore_index=0), {0, 1, 3}, "0 is ignored, and 1..3 are the classes"),
            (classes(label_map={"0": 0, "9": 1}), {0, 9, 12}, "add 12 to label_map"),
            (ClassSet(names=("crack",)), {0, 1}, "name the background, too"),
        ],
    )
    def test_by_the_values(self, found: ClassSet, values: set[int], said: str) -> None:
        assert said in advice(values, found)

    def test_a_mask_of_0_and_255_is_not_told_to_ignore_its_class(self) -> None:
        assert "ignore" not in advice({0, 255}, TWO)

    def test_the_advice_helps(self) -> None:
        """What is proposed reads the values without a stray one."""
        for found, values in ((TWO, {0, 255}), (classes(), {0, 127, 254}), (classes(), {50, 100, 150})):
            text = advice(values, found)
            proposed = json.loads("{" + text[text.index('"label_map"') : text.index("}") + 1] + "}")
            better = ClassSet.model_validate({"names": found.names, **proposed})
            labels = better.encoding.table(8)[sorted(values)]
            assert labels.tolist() == list(range(len(found.names)))

    def test_colours(self, tmp_path: Path) -> None:
        palette = classes(palette=list(COLORS.values()))
        assert '"label_map": "palette"' in color_advice(COLORS.values(), palette)
        assert '"label_map": {"1,2,3": "..."' in color_advice([(1, 2, 3)], palette)
        with pytest.raises(DatasetError, match=r"is RGB, in 2 colours; fix: its three channels are equal"):
            read(tmp_path, [(0, 0, 0), (1, 1, 1)], classes())

    def test_a_jpeg_is_no_mask(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 3, (16, 16), dtype=np.uint8) * 100
        Image.fromarray(noise).save(tmp_path / "mask.jpg")
        with pytest.raises(DatasetError, match="JPEG changes values along edges: write masks as PNG"):
            read_mask(tmp_path / "mask.jpg", classes())
