"""Outputs that no figure can be computed from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import GateError
from mobileseg.postprocess.class_map import Outputs
from mobileseg.postprocess.sound import check_sound

GOOD: Outputs = (np.zeros((1, 3, 4, 5), np.float32), np.ones((1, 1, 4, 5), np.float16), np.ones((1, 4, 5), np.int32))
NAMES = ("semantic", "center")


def test_finite_numbers_and_known_classes_are_sound() -> None:
    check_sound(GOOD, NAMES, 3, "the file", "a.png")
    check_sound((np.full((1, 2), 1e30, np.float32),), (), 2, "the file", "a.png")


@given(output=st.integers(0, 1), place=st.integers(0, 19), bad=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_single_number_in_any_output_is_found(output: int, place: int, bad: float) -> None:
    spoiled = [np.array(each) for each in GOOD]
    spoiled[output].reshape(-1)[place] = bad
    kind = "NaN" if np.isnan(bad) else "infinity"
    with pytest.raises(GateError, match=f"{kind} in 1 of the .* of {NAMES[output]} for a.png"):
        check_sound(tuple(spoiled), NAMES, 3, "the file", "a.png")


@pytest.mark.parametrize("number", [-1, 3, np.iinfo(np.int32).min])
def test_a_class_that_does_not_exist_is_found(number: int) -> None:
    """What becomes of NaN where the class map is in the graph."""
    mask = np.ones((1, 4, 5), np.int32)
    mask[0, 1, 2] = number
    with pytest.raises(GateError, match=r"classes 0..2 in every output of the file.*in output 2"):
        check_sound((*GOOD[:2], mask), NAMES, 3, "the file", "a.png")
