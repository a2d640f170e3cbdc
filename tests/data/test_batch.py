from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.data.images import to_batch


@pytest.mark.parametrize("size", [(32, 64), (20, 30), (8, 100)])
def test_gives_what_every_artifact_takes(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    before = pixels.copy()
    batch = to_batch(pixels, *size)
    assert batch.shape == (1, 3, *size)
    assert batch.dtype == np.float32
    assert batch.flags.c_contiguous
    assert batch.min() >= 0
    assert 100 < batch.max() <= 255
    batch[:] = 7  # memory of its own
    np.testing.assert_array_equal(pixels, before)


def test_pixels_of_the_right_size_are_unchanged() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(to_batch(pixels, 32, 64)[0], pixels.transpose(2, 0, 1))


@settings(max_examples=50, deadline=None)
@given(
    source=st.tuples(st.integers(8, 24), st.integers(8, 24)),
    more=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    seed=st.integers(0, 2**32 - 1),
)
def test_enlarges_as_torch_does(source: tuple[int, int], more: tuple[int, int], seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (*source, 3), dtype=np.uint8)
    size = (source[0] + more[0], source[1] + more[1])
    planes = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    expected = torch.nn.functional.interpolate(planes, size, mode="bilinear", align_corners=False)
    np.testing.assert_allclose(to_batch(pixels, *size), expected.numpy(), rtol=0, atol=1e-3)


def test_shrinks_with_antialiasing_as_torch_does() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    planes = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    expected = torch.nn.functional.interpolate(planes, (32, 32), mode="bilinear", align_corners=False, antialias=True)
    np.testing.assert_allclose(to_batch(pixels, 32, 32), expected.numpy(), rtol=0, atol=1e-3)
