"""Plans: a scene is a function of its number; nothing stands in what it must keep clear of."""

from __future__ import annotations

import numpy as np
import pytest
from streets.labels import CLASSES, UNLABELLED
from streets.parts.library import Library
from streets.plan.cameras import KINDS, draw_camera
from streets.plan.movers import Mover, transform
from streets.plan.road import Bend, Road
from streets.plan.scene import Shot, build_street, draw_shot
from streets.plan.street import END, START, Street
from streets.plan.terrain import STEEPEST, Terrain
from streets.shapes.mesh import Shape

SEED, SCENES = 11, 4


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(SEED)


@pytest.fixture(scope="module")
def streets(library: Library) -> list[Street]:
    return [build_street(SEED, scene, library) for scene in range(SCENES)]


@pytest.fixture(scope="module")
def shots(streets: list[Street], library: Library) -> list[tuple[Street, Shot]]:
    return [
        (street, draw_shot(street, library, np.random.default_rng([SEED, scene, view])))
        for scene, street in enumerate(streets)
        for view in range(5)
    ]


def test_a_scene_is_the_same_whatever_was_built_before(streets: list[Street]) -> None:
    again = build_street(SEED, 2, Library(SEED))
    assert again.things == streets[2].things
    assert again.shapes.keys() == streets[2].shapes.keys()
    for key, shape in again.shapes.items():
        np.testing.assert_array_equal(shape.vertices, streets[2].shapes[key].vertices)
    assert build_street(SEED + 1, 2, Library(SEED)).things != again.things


def test_every_scene_has_what_a_street_has(streets: list[Street]) -> None:
    for street in streets:
        labels = {thing.label for thing in street.things}
        assert labels <= {*CLASSES, UNLABELLED}
        assert {"building", "pole", "road", "pavement", "tree", "sign_symbol"} <= labels
        assert len(street.poles) > 5
    assert any("fence" in {thing.label for thing in street.things} for street in streets)


def test_instances_are_numbered_once_and_only_things_move(shots: list[tuple[Street, Shot]]) -> None:
    for _, shot in shots:
        assert [mover.instance for mover in shot.movers] == list(range(1, len(shot.movers) + 1))
        assert {mover.label for mover in shot.movers} <= {"car", "pedestrian", "bicyclist"}
    assert {mover.label for _, shot in shots for mover in shot.movers} == {"car", "pedestrian", "bicyclist"}


def test_walkers_on_the_pavement_are_neither_in_houses_nor_in_poles(shots: list[tuple[Street, Shot]]) -> None:
    for street, shot in shots:
        for mover in on_main(street, shot, "pedestrian"):
            assert abs(mover.d) < street.edge - 0.3
            if not mover.across:
                assert all((mover.s - s) ** 2 + (mover.d - d) ** 2 > r**2 for s, d, r in street.taken)


def test_vehicles_do_not_stand_in_one_another(shots: list[tuple[Street, Shot]], library: Library) -> None:
    for street, shot in shots:
        cars = on_main(street, shot, "car")
        lengths = [np.ptp(library.shape(f"{car.member}/all").vertices[:, 0]) for car in cars]
        for n, (car, length) in enumerate(zip(cars, lengths, strict=True)):
            for other, its in zip(cars[:n], lengths[:n], strict=True):
                assert abs(car.s - other.s) > (length + its) / 2 or abs(car.d - other.d) > 1.5


def test_cameras_are_in_the_open(streets: list[Street], shots: list[tuple[Street, Shot]]) -> None:
    kinds = {draw_camera(street, np.random.default_rng(n)).kind for n in range(40) for street in streets}
    assert kinds == set(KINDS)
    for street, shot in shots:
        camera = shot.camera
        assert abs(camera.d) < street.edge
        assert 1.0 < camera.up < 2.0
        for car in on_main(street, shot, "car"):
            assert abs(car.s - camera.s) > 2 or abs(car.d - camera.d) > 1


def test_a_drive_moves_the_camera_forwards(streets: list[Street], library: Library) -> None:
    shot = draw_shot(streets[0], library, np.random.default_rng(1), frames=4)
    places = [shot.view(streets[0], frame).matrix for frame in range(4)]
    steps = np.linalg.norm(np.diff([place[:3, 3] for place in places], axis=0), axis=1)
    np.testing.assert_allclose(steps, shot.camera.speed / 10, rtol=0.02)
    for place in places:
        np.testing.assert_allclose(place[:3, :3] @ place[:3, :3].T, np.eye(3), atol=1e-12)


def test_roads_keep_their_length_and_the_ground_its_slope() -> None:
    terrain = Terrain(np.random.default_rng(3))
    road = Road(terrain, (5, 6), 0.3, (START, END), Bend(1 / 60, 10, 60))
    s = np.linspace(START, END - 1, 400)
    x, y, _ = road.at(s)
    np.testing.assert_allclose(np.hypot(np.diff(x), np.diff(y)), np.diff(s), rtol=0.01)
    assert np.abs(np.diff(terrain.height(x, y)) / np.diff(s)).max() <= STEEPEST
    assert float(terrain.height(0, 0)) == pytest.approx(0)


def test_a_marking_lies_on_its_road_everywhere() -> None:
    road = Road(Terrain(np.random.default_rng(8)), (0, 0), 1.0, (START, END), Bend(1 / 45, 0, 80))
    asphalt, paint = Shape(), Shape()
    road.ribbon(asphalt, (0, 40), (-6, 6), 0.0, "asphalt", (0, 0, 0))
    road.ribbon(paint, (3.3, 7.1), (-0.05, 0.05), 0.010, "paint", (1, 1, 1))
    corners, middle = asphalt.vertices, paint.vertices.mean(0)
    near = corners[np.argsort(np.linalg.norm((corners - middle)[:, :2], axis=1))[:3]]
    normal = np.cross(near[1] - near[0], near[2] - near[0])
    height = near[0][2] - ((middle - near[0])[:2] @ normal[:2]) / normal[2]
    assert 0.006 < middle[2] - height < 0.014


def test_an_object_nose_down_looks_down() -> None:
    road = Road(Terrain(np.random.default_rng(0)), (0, 0), 0.0, (START, END), Bend())
    mover = Mover("car/0", "car", 1, road, 20.0, 1.5, 8.0, (1, 1, 1))
    for frame in (0, 5):
        thing = mover.at(frame)
        nose = transform(thing) @ np.array([2.0, 0, 0, 1])
        assert nose[2] == pytest.approx(float(road.terrain.height(nose[0], nose[1])), abs=0.02)
    assert mover.at(5).at[0] - mover.at(0).at[0] == pytest.approx(4.0)


def on_main(street: Street, shot: Shot, label: str) -> list[Mover]:
    return [mover for mover in shot.movers if mover.road is street.road and mover.label == label]
