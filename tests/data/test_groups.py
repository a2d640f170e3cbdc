"""Which images belong together."""

from __future__ import annotations

import pytest

from mobileseg.data.classes import ClassSet
from mobileseg.data.groups import Groups, group_names
from mobileseg.errors import DatasetError

STEMS = ("a_1", "a_2", "b_1")


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        (None, STEMS),
        ("^([^_]+)_", ("a", "a", "b")),
        ("_(.)$", ("1", "2", "1")),
        ("^.", ("a", "a", "b")),
        ("^(.)_(.)$", ("a/1", "a/2", "b/1")),
        ("^(a)?", ("a", "a", "")),
        ({"a_1": "x", "a_2": "x", "b_1": "y"}, ("x", "x", "y")),
        ({"a_1.png": "x", "a_2.jpg": "x", "b_1": "y", "of another split": "z"}, ("x", "x", "y")),
        ({"x": ("a_1", "b_1.png", "elsewhere"), "y": ("a_2",)}, ("x", "y", "x")),
        ({"x": ("a_1",), "a_2": "x", "b_1": "y"}, ("x", "x", "y")),
    ],
)
def test_groups_by_pattern_and_by_list(groups: Groups | None, found: tuple[str, ...]) -> None:
    assert group_names(groups, STEMS) == found


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ("^(a)_", r"none for 1 of 3: b_1.*match every name"),
        ("([", "regular expression"),
        ({"a_1": "x"}, r"none for 2 of 3: a_2, b_1"),
        ({"x": ("a_1", "a_2", "b_1"), "y": ("a_1",)}, "several for a_1"),
        ({"x": ("a_1", "a_2", "b_1"), "a_1": "y"}, "several for a_1"),
    ],
)
def test_images_without_a_group_or_with_two_are_refused(groups: Groups, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        group_names(groups, STEMS)


def test_names_with_dots() -> None:
    assert group_names({"v1.2_a": "x", "v1": "y"}, ("v1.2_a", "v1")) == ("x", "y")


def test_classes_json_has_either_form() -> None:
    for text, wanted in (('"^(.)"', "^(.)"), ('{"x": ["a", "b"], "c": "y"}', {"x": ("a", "b"), "c": "y"})):
        assert ClassSet.model_validate_json(f'{{"names": ["road"], "groups": {text}}}').groups == wanted
