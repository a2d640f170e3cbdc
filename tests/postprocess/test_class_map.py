from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mobileseg.postprocess.class_map import Axis, class_map, classes_of_output

Float = NDArray[np.float32]
SEEDS = st.integers(0, 2**32 - 1)


def resized(logits: Float, height: int, width: int, align_corners: bool = False) -> Float:
    planes = torch.nn.functional.interpolate(
        torch.from_numpy(logits)[None], (height, width), mode="bilinear", align_corners=align_corners
    )
    return planes[0].numpy()


def smooth(classes: int, side: int, seed: int = 0) -> Float:
    """Logits as a network gives them: few classes lead, over regions of many cells."""
    coarse = np.random.default_rng(seed).standard_normal((classes, 6, 6)).astype(np.float32)
    return resized(4 * coarse, side, side)


@settings(max_examples=150, deadline=None)
@given(
    classes=st.integers(1, 12),
    source=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    target=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    align_corners=st.booleans(),
    seed=SEEDS,
)
def test_equals_torch_for_any_sizes(
    classes: int, source: tuple[int, int], target: tuple[int, int], align_corners: bool, seed: int
) -> None:
    logits = np.random.default_rng(seed).standard_normal((classes, *source)).astype(np.float32)
    planes = resized(logits, *target, align_corners)
    found = class_map(logits, *target, align_corners)
    assert found.shape == target
    assert found.dtype == np.int32
    # Most factors make weights that round, and torch fuses multiply-adds: closer than this is a draw.
    best, chosen = planes.max(0), np.take_along_axis(planes, found[None], 0)[0]
    np.testing.assert_allclose(chosen, best, rtol=0, atol=2e-5)
    clear = classes == 1 or np.diff(np.sort(planes, axis=0)[-2:], axis=0)[0] > 2e-5
    assert ((found == planes.argmax(0)) | ~np.broadcast_to(clear, target)).all()


@settings(max_examples=100, deadline=None)
@given(
    classes=st.integers(1, 12),
    source=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    factor=st.tuples(st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 2, 4, 8])),
    levels=st.integers(1, 4),
    seed=SEEDS,
)
def test_equals_torch_in_every_tie(
    classes: int, source: tuple[int, int], factor: tuple[int, int], levels: int, seed: int
) -> None:
    logits = np.random.default_rng(seed).integers(-levels, levels + 1, (classes, *source)).astype(np.float32)
    target = (source[0] * factor[0], source[1] * factor[1])
    np.testing.assert_array_equal(class_map(logits, *target), resized(logits, *target).argmax(0))


@settings(max_examples=40, deadline=None)
@given(
    classes=st.integers(1, 12),
    target=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    factor=st.tuples(st.sampled_from([1, 2, 4]), st.sampled_from([1, 2, 4])),
    seed=SEEDS,
)
def test_equals_torch_where_it_shrinks(
    classes: int, target: tuple[int, int], factor: tuple[int, int], seed: int
) -> None:
    source = (target[0] * factor[0], target[1] * factor[1])
    logits = np.random.default_rng(seed).integers(-3, 4, (classes, *source)).astype(np.float32)
    np.testing.assert_array_equal(class_map(logits, *target), resized(logits, *target).argmax(0))


def test_equals_torch_at_the_size_of_a_network() -> None:
    logits = np.random.default_rng(1).standard_normal((150, 48, 64)).astype(np.float32)
    # The scale is 1/8 and the weights are exact: what is left are draws in the last place.
    assert (class_map(logits, 384, 512) == resized(logits, 384, 512).argmax(0)).mean() > 0.99999


@settings(max_examples=100, deadline=None)
@given(
    classes=st.integers(1, 40),
    source=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    target=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    align_corners=st.booleans(),
    spread=st.sampled_from([0.0, 0.01, 1.0, 1e4]),
    seed=SEEDS,
)
def test_equals_the_same_sums_over_every_class(
    classes: int,
    source: tuple[int, int],
    target: tuple[int, int],
    align_corners: bool,
    spread: float,
    seed: int,
) -> None:
    """``spread``: of the corners of a class, less than what lies between classes or much more."""
    random = np.random.default_rng(seed)
    logits = random.standard_normal((classes, 1, 1)) + spread * random.standard_normal((classes, *source))
    logits = logits.astype(np.float32)
    rows, columns = (Axis.resized(*axis, align_corners) for axis in zip(source, target, strict=True))
    down, across = rows.weight[:, None], columns.weight
    above, below = (
        (1 - across) * logits[:, at][:, :, columns.first] + across * logits[:, at][:, :, columns.second]
        for at in (rows.first, rows.second)
    )
    planes = (1 - down) * above + down * below
    found = class_map(logits, *target, align_corners)
    chosen = np.take_along_axis(planes, found[None], 0)[0]
    # A class that is left out can only draw with the winner by the rounding of its own sums.
    assert (planes.max(0) - chosen <= 2 * np.spacing(np.abs(planes).max(0))).all()
    if spread == 1.0:
        assert (found == planes.argmax(0)).all()


def test_logits_that_are_not_numbers_are_no_crash() -> None:
    logits = np.full((3, 2, 2), np.nan, dtype=np.float32)
    np.testing.assert_array_equal(class_map(logits, 5, 6), np.zeros((5, 6)))


def test_what_cannot_be_kept_is_compiled_all_the_same() -> None:
    from mobileseg.postprocess.cells import compiled

    space: dict[str, object] = {}
    exec("def double(values):\n    for i in range(values.size):\n        values[i] *= 2", space)  # of no file
    values = np.arange(3, dtype=np.float32)
    compiled(space["double"])(values)  # type: ignore[type-var]
    assert values.tolist() == [0, 2, 4]


def test_one_pixel() -> None:
    logits = np.array([1, 3, 3, 2], dtype=np.float32).reshape(4, 1, 1)
    np.testing.assert_array_equal(class_map(logits, 3, 5), np.ones((3, 5)))


def test_one_class() -> None:
    np.testing.assert_array_equal(class_map(np.full((1, 3, 2), -7, dtype=np.float32), 9, 4), np.zeros((9, 4)))


def test_a_class_that_leads_at_no_corner_can_win_between_them() -> None:
    logits = np.array([[[9, 0]], [[0, 9]], [[6, 6]]], dtype=np.float32)
    assert class_map(logits, 1, 8).tolist() == [[0, 0, 0, 2, 2, 1, 1, 1]]


def test_takes_logits_that_are_not_contiguous() -> None:
    logits = smooth(5, 16)
    strided = np.ascontiguousarray(logits.transpose(2, 1, 0)).transpose(2, 1, 0)
    assert not strided.flags.c_contiguous
    np.testing.assert_array_equal(class_map(strided, 128, 128), class_map(logits, 128, 128))


def test_refuses_a_batch() -> None:
    with pytest.raises(ValueError, match=r"three dimensions; found shape \(1, 2, 3, 4\)"):
        class_map(np.zeros((1, 2, 3, 4), dtype=np.float32), 8, 8)


@pytest.mark.parametrize("scene", ["smooth", "contested"])
def test_takes_less_time_than_interpolation_and_argmax(scene: str) -> None:
    logits = smooth(150, 32) if scene == "smooth" else np.random.default_rng(0).standard_normal((150, 32, 32))
    logits = logits.astype(np.float32)
    ours, plain = (
        min(_cpu_seconds(action) for _ in range(3))
        for action in (lambda: class_map(logits, 256, 256), lambda: resized(logits, 256, 256).argmax(0))
    )
    assert ours < plain / 2


def _cpu_seconds(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def test_needs_little_memory() -> None:
    logits = smooth(150, 64)
    class_map(logits, 512, 512)
    tracemalloc.start()
    try:
        class_map(logits, 512, 512)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10e6  # the resized logits alone would be 157 MB


def test_output_of_a_classifier() -> None:
    found = classes_of_output(np.array([[0.1, 2.0, 2.0]], dtype=np.float32), 5, 7)
    assert found.tolist() == [1]
    assert found.dtype == np.int32


def test_output_of_logits() -> None:
    logits = smooth(6, 8)
    np.testing.assert_array_equal(classes_of_output(logits[None], 30, 50), class_map(logits, 30, 50))
    half = classes_of_output(logits[None].astype(np.float16), 30, 50)
    np.testing.assert_array_equal(half, class_map(logits.astype(np.float16).astype(np.float32), 30, 50))


def test_output_of_a_mask() -> None:
    mask = np.arange(12, dtype=np.int64).reshape(1, 3, 4)
    same = classes_of_output(mask, 3, 4)
    assert same.dtype == np.int32
    np.testing.assert_array_equal(same, mask[0])


@given(source=st.integers(1, 20), target=st.integers(1, 40), other=st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_a_mask_of_another_size_is_sampled_at_the_nearest_centre(source: int, target: int, other: int) -> None:
    numbers = np.tile(np.arange(source), (other, 1))  # every pixel holds where it is
    wide, tall = classes_of_output(numbers[None], other, target), classes_of_output(numbers.T[None], target, other)
    assert wide.shape == (other, target)
    np.testing.assert_array_equal(tall, wide.T)
    for place, number in enumerate(wide[0].tolist()):
        centre = Fraction(2 * place + 1, 2 * target) * source
        assert abs(number + Fraction(1, 2) - centre) <= Fraction(1, 2)
