from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.data.fit import RESIZE_MODES, Fit, ResizeMode, check_resize, resize_words
from mobileseg.data.images import to_batch
from mobileseg.errors import RequestError
from mobileseg.postprocess.class_map import class_map, classes_of_output
from mobileseg.postprocess.panoptic import resize, resize_offset

SIDES = st.tuples(st.integers(8, 500), st.integers(8, 500))
SMALL = st.tuples(st.integers(8, 60), st.integers(8, 60))
MEAN = (123.675, 116.28, 103.53)


def picture(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


@given(size=SIDES, wanted=SIDES)
def test_squash_shows_all_of_the_picture_in_all_of_the_input(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    place = Fit(wanted).place(size)
    assert place.seen == (0, 0, *size) and place.filled == (0, 0, *wanted)


@given(size=SIDES, wanted=SIDES)
def test_letterbox_keeps_the_proportions_to_a_pixel(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    place = Fit(wanted, "letterbox").place(size)
    assert place.seen == (0, 0, *size)
    top, left, height, width = place.filled
    assert height == wanted[0] or width == wanted[1]  # as large as it can be
    scale = min(wanted[0] / size[0], wanted[1] / size[1])
    assert abs(height - max(1, size[0] * scale)) <= 0.5 and abs(width - max(1, size[1] * scale)) <= 0.5
    assert 0 <= (wanted[0] - height) - 2 * top <= 1 and 0 <= (wanted[1] - width) - 2 * left <= 1  # in the middle


@given(size=SIDES, wanted=SIDES)
def test_crop_is_the_largest_middle_part_in_the_inputs_proportions(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    place = Fit(wanted, "crop").place(size)
    assert place.filled == (0, 0, *wanted)
    top, left, height, width = place.seen
    assert height == size[0] or width == size[1]
    scale = min(size[0] / wanted[0], size[1] / wanted[1])
    assert abs(height - max(1, wanted[0] * scale)) <= 0.5 and abs(width - max(1, wanted[1] * scale)) <= 0.5
    assert 0 <= (size[0] - height) - 2 * top <= 1 and 0 <= (size[1] - width) - 2 * left <= 1


@given(size=SMALL, wanted=SMALL, mode=st.sampled_from(RESIZE_MODES))
def test_the_input_holds_the_part_that_is_seen(
    size: tuple[int, int], wanted: tuple[int, int], mode: ResizeMode
) -> None:
    fit, pixels = Fit(wanted, mode, MEAN), picture(size)
    batch, place = fit.batch(pixels), fit.place(size)
    assert batch.shape == (1, 3, *wanted) and batch.dtype == np.float32 and batch.flags.c_contiguous
    inside = place.filled.of(batch[0].transpose(1, 2, 0))
    part = to_batch(place.seen.of(pixels), *place.filled.size)[0].transpose(1, 2, 0)
    assert np.array_equal(inside, part)
    bars = np.ones(wanted, bool)
    place.filled.of(bars)[:] = False
    assert (batch[0].transpose(1, 2, 0)[bars] == np.array(MEAN, np.float32)).all()
    assert np.array_equal(fit.seen(pixels), place.seen.of(pixels))


def test_squash_is_what_files_have_always_taken() -> None:
    pixels = picture((37, 53))
    assert np.array_equal(Fit((64, 96)).batch(pixels), to_batch(pixels, 64, 96))


@given(size=SMALL, wanted=SMALL, cells=st.tuples(st.integers(2, 9), st.integers(2, 9)), aligned=st.booleans())
def test_classes_are_read_where_the_picture_is(
    size: tuple[int, int], wanted: tuple[int, int], cells: tuple[int, int], aligned: bool
) -> None:
    """At the size that the picture has in the input, its classes are those of the whole input, without the bars."""
    place = Fit(wanted, "letterbox").place(size)
    logits = np.random.default_rng(0).standard_normal((4, *cells)).astype(np.float32)
    found = class_map(logits, *place.filled.size, aligned, place)
    whole = place.filled.of(class_map(logits, *wanted, aligned))
    assert found.shape == whole.shape and (found == whole).mean() >= 0.98  # float32 decides ties
    mask = np.random.default_rng(1).integers(0, 4, (1, *wanted)).astype(np.int32)
    assert np.array_equal(classes_of_output(mask, *place.filled.size, place=place), place.filled.of(mask[0]))


@given(size=SMALL, wanted=SMALL, cells=st.tuples(st.integers(2, 9), st.integers(2, 9)))
def test_maps_of_instances_too(size: tuple[int, int], wanted: tuple[int, int], cells: tuple[int, int]) -> None:
    place = Fit(wanted, "letterbox").place(size)
    planes = np.random.default_rng(0).standard_normal((2, *cells)).astype(np.float32)
    for function in (resize, resize_offset):
        found = function(planes, *place.filled.size, place)
        whole = function(planes, *wanted)[(slice(None), *_slices(place.filled))]
        np.testing.assert_allclose(found, whole, rtol=1e-4, atol=2e-4)


def _slices(region: tuple[int, int, int, int]) -> tuple[slice, slice]:
    top, left, height, width = region
    return slice(top, top + height), slice(left, left + width)


def test_a_map_of_the_middle_becomes_one_of_the_picture() -> None:
    place = Fit((10, 10), "crop").place((20, 40))
    assert place.seen == (0, 10, 20, 20)
    whole = place.whole(np.ones((20, 20), np.int32), 7)
    assert whole.shape == (20, 40) and (whole[:, 10:30] == 1).all()
    assert (whole[:, :10] == 7).all() and (whole[:, 30:] == 7).all()
    squashed = Fit((10, 10)).place((20, 40))
    found = np.zeros((20, 40), np.int32)
    assert squashed.whole(found, 7) is found


def test_modes_by_name() -> None:
    assert [check_resize(mode) for mode in RESIZE_MODES] == list(RESIZE_MODES)
    assert len({resize_words(mode) for mode in RESIZE_MODES}) == len(RESIZE_MODES)
    with pytest.raises(RequestError, match="squash, letterbox, crop"):
        check_resize("stretch")
