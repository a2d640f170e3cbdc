"""Labels, closed fences, motion and film, on scenes whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from streets.labels import CLASSES, IGNORE, UNLABELLED, class_file, pack, unpack
from streets.picture.exact import Exact, exact
from streets.picture.film import develop, draw_film
from streets.picture.flow import UNIT, motion, seen_again, stored
from streets.picture.panels import cover
from streets.picture.projection import FAR, Lens
from streets.picture.worth import worth_keeping
from streets.plan.movers import Mover
from streets.plan.road import Bend, Road
from streets.plan.terrain import Terrain
from streets.plan.weather import KINDS, draw_weather

from mobileseg.data.classes import ClassSet

SIZE = (24, 32)
SKY, BUILDING, CAR, FENCE = (CLASSES.index(name) for name in ("sky", "building", "car", "fence"))


def lens(at: tuple[float, float, float] = (0, 0, 0), yaw: float = 0.0) -> Lens:
    """Looks along y from a place, turned to the left by ``yaw``."""
    matrix = np.eye(4)
    cos, sin = math.cos(yaw), math.sin(yaw)
    matrix[:3, :3] = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    matrix[:3, 3] = at
    return Lens(matrix, math.radians(60), *SIZE)


def wall(distance: float, label: int = BUILDING) -> Exact:
    depth = np.full(SIZE, distance)
    return Exact(np.full(SIZE, label, np.uint8), np.zeros(SIZE, np.uint16), depth, np.zeros((*SIZE, 3)))


def test_a_class_and_an_instance_come_back() -> None:
    for number, name in enumerate(CLASSES):
        mask, instance = unpack(np.array([pack(name, 17)]))
        assert (int(mask[0]), int(instance[0])) == (number, 17)
    assert int(unpack(np.array([pack(UNLABELLED)]))[0][0]) == IGNORE
    assert pack(UNLABELLED, 2047) < 32768  # Blender's largest pass index
    with pytest.raises(ValueError, match="2048"):
        pack("car", 2048)


def test_the_toolchain_reads_the_class_file() -> None:
    classes = ClassSet.model_validate(class_file())
    assert classes.names == CLASSES
    assert classes.things == ("car", "pedestrian", "bicyclist")
    assert classes.ignore_index == IGNORE


def test_a_pixel_seen_in_space_comes_back_to_itself() -> None:
    camera = lens((1, 2, 3), 0.4)
    depth = np.random.default_rng(0).uniform(2, 90, SIZE)
    place, back = camera.project(camera.to_world(depth))
    columns, rows = np.meshgrid(np.arange(SIZE[1]) + 0.5, np.arange(SIZE[0]) + 0.5)
    np.testing.assert_allclose(place, np.stack([columns, rows], -1), atol=1e-9)
    np.testing.assert_allclose(back, depth)
    assert camera.project(camera.to_world(np.full(SIZE, -2.0)))[1].max() < 0


def test_a_panel_covers_what_is_behind_it_only() -> None:
    camera = lens()
    panel = np.array([[-1, 5, -0.5], [1, 5, -0.5], [1, 5, 0.5], [-1, 5, 0.5]])
    covered, depth = cover(np.full(SIZE, 9.0), [panel], camera)
    focal = 16 / math.tan(math.radians(30))
    assert covered.sum() == pytest.approx(2 * focal / 5 * focal / 5, rel=0.25)
    np.testing.assert_allclose(depth[covered], 5)
    assert covered[12, 16]
    assert not covered[0, 0]
    assert not cover(np.full(SIZE, 4.0), [panel], camera)[0].any()
    behind = panel * (1, -1, 1)
    assert not cover(np.full(SIZE, 9.0), [behind], camera)[0].any()
    through = np.array([[0.5, -3, -1], [0.5, 30, -1], [0.5, 30, 1], [0.5, -3, 1]])  # passes the camera
    seen = cover(np.full(SIZE, 50.0), [through], camera)[0]
    assert seen[:, -1].all()
    assert not seen[:, 0].any()


def test_a_covered_pixel_is_a_fence_without_an_instance() -> None:
    panel = np.array([[-9, 5, -9], [9, 5, -9], [9, 5, 9], [-9, 5, 9.0]])
    index = np.full(SIZE, pack("car", 3))
    found = exact(index, np.full(SIZE, 9.0), np.ones((*SIZE, 3)), [panel], lens())
    assert (found.mask == FENCE).all()
    assert not found.instances.any()
    assert not found.following.any()


def test_what_is_nowhere_is_sky() -> None:
    found = exact(np.zeros(SIZE, int), np.zeros(SIZE), np.zeros((*SIZE, 3)), [], lens())
    assert (found.mask == SKY).all()
    assert (found.depth > FAR).all()


def test_a_wall_moves_as_the_camera_does() -> None:
    now, before, after = wall(10.0), lens(), lens((1, 0, 0))
    flow, depth = motion(now, before, after, (), 0)
    np.testing.assert_allclose(flow[..., 0], -before.focal / 10, atol=UNIT / 2)
    np.testing.assert_allclose(flow[..., 1], 0, atol=1e-9)
    np.testing.assert_allclose(depth, 10)
    seen = seen_again(flow, depth, now, wall(10.0))
    assert not seen[:, 0].any()  # it left the picture
    assert seen[:, 8:].all()
    assert not seen_again(flow, depth, now, wall(5.0)).any()  # something came before it
    assert not seen_again(flow, depth, now, wall(10.0, CAR)).any()


def test_the_sky_turns_and_does_not_pass() -> None:
    sky = wall(10 * FAR, SKY)
    np.testing.assert_allclose(motion(sky, lens(), lens((5, 9, 1)), (), 0)[0], 0, atol=1e-9)
    flow, depth = motion(sky, lens(), lens(yaw=0.1), (), 0)
    assert flow[12, 16, 0] == pytest.approx(lens().focal * math.tan(0.1), rel=0.05)
    assert seen_again(flow, depth, sky, sky)[12, 16]


def test_a_car_moves_by_its_own_speed_and_a_walker_by_its_limbs() -> None:
    road = Road(Terrain(np.random.default_rng(0)), (0, 10), 0.0, (-30, 190), Bend())
    now = wall(10.0, CAR)
    now.instances[:, :16], now.instances[:, 16:] = 1, 2
    car = Mover("car/0", "car", 1, road, 0.0, 0.0, 5.0, (1, 1, 1))
    walker = Mover("walker/0", "pedestrian", 2, road, 0.0, 0.0, 0.0, (1, 1, 1), phase=3)
    now.following[:, 16:] = (0.3, 0.0, 0.0)  # every point of it goes to one point
    flow, _ = motion(now, lens(), lens(), (car, walker), 0)
    np.testing.assert_allclose(flow[:, :16, 0], 0.5 * lens().focal / 10, rtol=0.02)
    columns = np.arange(16, 32) + 0.5
    np.testing.assert_allclose(columns + flow[12, 16:, 0], 16 + 0.3 * lens().focal / 10, atol=0.1)


def test_motion_is_rounded_before_it_is_asked_what_is_seen_again() -> None:
    flow, depth = motion(wall(10.0), lens(), lens((0.0137, 0, 0.031)), (), 0)
    np.testing.assert_array_equal(flow, np.round(flow / UNIT) * UNIT)
    seen = seen_again(flow, depth, wall(10.0), wall(10.0))
    rows, columns = np.nonzero(seen)
    back = stored(flow, seen)["motion"][rows, columns] * UNIT
    x, y = np.floor(columns + 0.5 + back[:, 0]), np.floor(rows + 0.5 + back[:, 1])
    assert x.min() >= 0 <= y.min()
    assert x.max() < SIZE[1]
    assert y.max() < SIZE[0]


def test_stored_motion_has_a_unit_and_a_step() -> None:
    flow = np.random.default_rng(2).normal(size=(*SIZE, 2)) * 5
    seen = np.random.default_rng(3).random(SIZE) < 0.7
    kept = stored(flow, seen, 2)
    assert kept["motion"].dtype == np.int16
    assert kept["motion"].shape == (12, 16, 2)
    back = kept["motion"] * UNIT
    assert np.abs(back - flow[::2, ::2])[seen[::2, ::2]].max() <= UNIT / 2
    assert not back[~seen[::2, ::2]].any()


@pytest.mark.parametrize("seed", range(6))
def test_film_gives_a_picture_that_is_neither_black_nor_white(seed: int) -> None:
    random = np.random.default_rng(seed)
    weather = draw_weather(random)
    assert weather.kind in KINDS
    light = random.uniform(0.02, 0.4, (*SIZE, 3)) ** 2
    depth = np.where(np.arange(SIZE[0])[:, None] < 8, 10 * FAR, 20.0) * np.ones(SIZE)
    film = draw_film(random, weather)
    picture = develop(light, depth, film, weather, np.random.default_rng(7))
    assert picture.dtype == np.uint8
    assert 25 < picture.mean() < 230
    np.testing.assert_array_equal(picture, develop(light, depth, film, weather, np.random.default_rng(7)))


def test_a_view_of_one_thing_is_drawn_anew() -> None:
    mask = np.repeat(np.arange(11, dtype=np.uint8), 3)[:, None] * np.ones((1, 33), np.uint8)
    mask[-10:] = CLASSES.index("road")
    instances = np.zeros(mask.shape, np.uint16)
    assert worth_keeping(mask, instances)
    instances[: len(mask) // 2] = 4
    assert not worth_keeping(mask, instances)
    assert not worth_keeping(np.full((9, 9), BUILDING, np.uint8), np.zeros((9, 9), np.uint16))
