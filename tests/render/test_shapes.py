"""Shapes: every member of the library is a sound mesh that stands where it should."""

from __future__ import annotations

import numpy as np
import pytest
from streets.labels import CLASSES, UNLABELLED
from streets.parts.fences import KINDS as FENCES
from streets.parts.lettering import _GLYPHS, made_up_name, write
from streets.parts.library import SIZES, Library
from streets.parts.poses import PHASES
from streets.parts.trees import KINDS as TREES
from streets.parts.trees import tree
from streets.shapes.mesh import MATERIALS, Shape
from streets.shapes.solids import ball, box, sphere, tube


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(5)


def check(shape: Shape) -> None:
    arrays = shape.arrays()
    assert arrays.totals.sum() == len(arrays.corners) == len(arrays.uv)
    assert len(arrays.totals) == len(arrays.materials) == len(arrays.colors) == len(arrays.smooth)
    assert arrays.corners.min() >= 0
    assert arrays.corners.max() < len(arrays.vertices)
    assert set(np.unique(arrays.materials)) <= set(range(len(MATERIALS)))
    for values in (arrays.vertices, arrays.colors, arrays.uv):
        assert np.isfinite(values).all()
    assert arrays.colors.min() >= 0


@pytest.mark.parametrize("kind", sorted(SIZES))
def test_every_kind_is_a_sound_mesh(library: Library, kind: str) -> None:
    for number in range(min(4, SIZES[kind])):
        for part, shape in library.parts(f"{kind}/{number}").items():
            assert part in {*CLASSES, UNLABELLED, "all", "stand"} or part.isdigit()
            check(shape)


@pytest.mark.parametrize("kind", ["car", "bus", "lorry", "walker", "rider", "lamp", "light", "bollard"])
def test_what_stands_on_the_ground_touches_it(library: Library, kind: str) -> None:
    for number in range(4):
        low = min(shape.bounds()[0][2] for shape in library.parts(f"{kind}/{number}").values())
        assert -0.09 < low < 0.06, (kind, number, low)


@pytest.mark.parametrize("kind", TREES)
def test_trees_are_taller_than_wide_stems(kind: str) -> None:
    shape = tree(np.random.default_rng(1), kind)
    check(shape)
    assert 2.5 < shape.bounds()[1][2] < 17


def test_a_member_is_the_same_in_whatever_order_it_is_asked_for(library: Library) -> None:
    other = Library(5)
    other.shape("tree/9/all")
    for key in ("tree/3/all", "walker/2/4", "car/7/all"):
        np.testing.assert_array_equal(other.shape(key).vertices, library.shape(key).vertices)
    assert not np.array_equal(Library(6).shape("car/7/all").vertices[:8], library.shape("car/7/all").vertices[:8])


@pytest.mark.parametrize("member", ["walker/0", "walker/7", "rider/3"])
def test_the_phases_of_a_body_have_the_same_corners_and_move_little(library: Library, member: str) -> None:
    for phase in range(PHASES):
        now, after = library.shape(f"{member}/{phase}"), library.following(f"{member}/{phase}")
        assert after is not None
        assert after.shape == now.vertices.shape
        step = np.linalg.norm(after - now.vertices, axis=1)
        assert 0.01 < step.max() < 0.45  # a foot or a pedal moves, nothing jumps
    assert library.following("walker/0/stand") is None
    assert library.following("car/1/all") is None


def test_every_kind_of_fence_has_a_closed_area(library: Library) -> None:
    for number, kind in enumerate(FENCES):
        low, high = library.fence_area(f"fence/{number}")
        assert 0 <= low < high <= library.shape(f"fence/{number}/all").bounds()[1][2] + 0.1, kind


def test_balls_and_tubes_are_closed() -> None:
    points, faces = sphere(2)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1)
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    check(tube(Shape(), [(0, 0, 0), (0, 0, 1), (1, 0, 2)], [0.1, 0.2, 0.1], "paint", (1, 1, 1)))
    check(ball(Shape(), (0, 0, 0), 1, "paint", (1, 1, 1)))


def test_walls_are_mapped_in_metres() -> None:
    uv = box(Shape(), (0, 0, 0), (4, 2, 3), "brick", (1, 1, 1)).arrays().uv
    assert np.ptp(uv[:, 0]) == pytest.approx(4)
    assert np.ptp(uv[:, 1]) == pytest.approx(3)


def test_a_turned_shape_keeps_its_size() -> None:
    one = box(Shape(), (1, 0, 0), (2, 1, 1), "paint", (1, 1, 1))
    low, high = Shape().join(one, (0, 0, 5), np.pi / 2, 2.0).bounds()
    np.testing.assert_allclose(high - low, (2, 4, 2), atol=1e-9)
    np.testing.assert_allclose((high + low) / 2, (0, 2, 5), atol=1e-9)


def test_letters_are_five_rows_of_three() -> None:
    for rows in _GLYPHS.values():
        assert [len(row) for row in rows.split("|")] == [3] * 5
    known = set(_GLYPHS)
    for seed in range(50):
        assert set(made_up_name(np.random.default_rng(seed))) - {" "} <= known
    low, high = write(Shape(), "HH", 0, 0, 0, 1.0, "paint", (0, 0, 0)).bounds()
    assert high[0] - low[0] == pytest.approx(1.4)
    assert high[2] - low[2] == pytest.approx(1.0, rel=0.05)
