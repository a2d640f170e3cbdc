"""Estimated flow, by OpenCV itself: it finds what moved, and knows what it cannot follow."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from films import film, write_film
from hypothesis import given, settings
from hypothesis import strategies as st

cv2 = pytest.importorskip("cv2")

from mobileseg.data import estimated_flow  # noqa: E402  after the check
from mobileseg.data.estimated_flow import check_possible, estimate, method, returns  # noqa: E402
from mobileseg.data.sequence import open_sequence  # noqa: E402
from mobileseg.errors import DatasetError  # noqa: E402
from mobileseg.metrics.temporal import consistency_counts, kept  # noqa: E402


def smooth(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture with structure of every size."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width))
    for cell in (4, 8, 16, 32):
        coarse = random.normal(size=(-(-height // cell) + 1, -(-width // cell) + 1)).astype(np.float32)
        total += cell**0.5 * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    scaled = 127 + 100 * total / np.abs(total).max()
    return np.repeat(scaled[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(("down", "across"), [(0, 0), (0, 3), (-2, 5), (4, -1)])
def test_a_picture_that_moved_as_a_whole(down: int, across: int) -> None:
    picture = smooth(120, 160)
    now = picture[8:-8, 8:-8]
    later = picture[8 - down : 112 - down, 8 - across : 152 - across]
    flow = estimate(now, later)
    assert flow.motion.shape == (104, 144, 2)
    assert flow.step == 1
    inner = flow.motion[16:-16, 16:-16]
    assert np.abs(inner - [across, down]).max() < 0.5
    assert flow.seen[16:-16, 16:-16].all()


def test_things_that_move_on_their_own() -> None:
    frames = film(4, (128, 192))
    for now, later in itertools.pairwise(frames):
        flow = estimate(now.image, later.image)
        assert flow.seen[now.seen].mean() > 0.95
        counts = consistency_counts(now.mask, later.mask, flow.motion, flow.seen, 1, 5)
        assert kept(counts) > 0.97


def test_what_is_covered_does_not_count_as_seen() -> None:
    now, later, thing = smooth(120, 160), smooth(120, 160), smooth(50, 50, 3)
    now[40:90, 40:90], later[40:90, 52:102] = thing, thing
    seen = estimate(now, later).seen
    assert seen[45:85, 92:100].mean() < 0.4  # what the thing moves over
    assert seen[45:85, 45:85].mean() > 0.95  # the thing
    assert seen[:30].mean() > 0.95


def test_pictures_that_have_nothing_in_common_are_not_followed() -> None:
    flow = estimate(smooth(96, 128, 1), smooth(96, 128, 2))
    assert flow.seen.mean() < 0.5


@settings(deadline=None, max_examples=20)
@given(height=st.integers(2, 12), width=st.integers(2, 12), down=st.integers(-3, 3), across=st.integers(-3, 3))
def test_the_way_back_must_lead_back(height: int, width: int, down: int, across: int) -> None:
    forth = np.broadcast_to(np.array([across, down], dtype=np.float32), (height, width, 2)).copy()
    assert returns(forth, -forth).all()
    if down**2 + across**2 > 0:
        assert not returns(forth, forth).any()  # |2w|^2 < 0.02 |w|^2 + 0.5 has no solution from one pixel on
    off = np.array([0.0, 0.8], dtype=np.float32)
    assert not returns(0 * forth, 0 * forth + off).any()
    assert returns(0 * forth, 0 * forth + 0.8 * off).all()


def test_threads_do_not_change_it() -> None:
    first, second, *_ = film(2, (128, 192))
    before = cv2.getNumThreads()
    try:
        flows = []
        for threads in (1, 4):
            cv2.setNumThreads(threads)
            flows.append(estimate(first.image, second.image))
            assert cv2.getNumThreads() == threads
    finally:
        cv2.setNumThreads(before)
    assert (flows[0].motion == flows[1].motion).all()
    assert (flows[0].seen == flows[1].seen).all()


@pytest.mark.parametrize("size", [(32, 32), (32, 40), (33, 200), (200, 32)])
def test_small_frames(size: tuple[int, int]) -> None:
    frames = film(2, size)
    flow = estimate(frames[0].image, frames[1].image)
    assert flow.motion.shape == (*size, 2)
    assert np.isfinite(flow.motion).all()


@pytest.mark.parametrize("size", [(8, 8), (15, 64), (64, 31)])
def test_frames_that_are_too_small_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    """DIS crashes on them."""
    frames = film(2, size)
    with pytest.raises(ValueError, match="no flow"):
        estimate(frames[0].image, frames[1].image)
    with pytest.raises(ValueError, match="no flow"):
        estimate(smooth(40, 40), smooth(40, 48))
    sequence = open_sequence(write_film(tmp_path / "drive", frames, flow=False))
    with pytest.raises(DatasetError, match=f"32x32 pixels.* found {size[0]}x{size[1]}"):
        check_possible(sequence)


def test_the_method_names_the_version() -> None:
    assert cv2.__version__ in method()
    assert "DIS" in method()
    assert estimated_flow.RELATIVE == 0.01
