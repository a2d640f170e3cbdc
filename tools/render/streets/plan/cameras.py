"""Where the camera is and looks: a dashboard, a glance aside, a pavement, close to a pole, behind a cyclist."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .movers import FRAMES_A_SECOND
from .street import KERB, Street

KINDS = ("drive", "glance", "walk", "pole", "cyclist")
SHARES = (0.50, 0.10, 0.10, 0.15, 0.15)


@dataclass(frozen=True)
class Camera:
    """A place on the street and a direction against it, in metres and radians; ``fov``: across the picture."""

    kind: str
    s: float
    d: float
    up: float
    yaw: float
    pitch: float
    roll: float
    fov: float
    speed: float = 0.0
    shake: float = 0.0
    room: float = 1.0  # kept free of vehicles around it, along the road


@dataclass(frozen=True)
class View:
    """A camera in the world: its place and its matrix (4, 4); it looks along its own -z, y is up."""

    matrix: np.ndarray
    fov: float


def draw_camera(street: Street, rng: np.random.Generator, seconds: float = 0.0) -> Camera:
    """A camera; with ``seconds`` the dashboard of a car that drives for so long."""
    moving = seconds > 0
    kind = "drive" if moving else str(rng.choice(KINDS, p=SHARES))
    s, fov = float(rng.uniform(-4, 60)), math.radians(float(rng.uniform(50, 76)))
    pitch, roll = float(rng.normal() * math.radians(1.8) - math.radians(0.5)), float(rng.normal() * 0.012)
    lane = street.lane(street.side)
    if kind == "pole" and street.poles:
        return _near_pole(street, rng, fov, roll)
    if kind == "walk":
        d = street.side * (street.half + street.verge + rng.uniform(0.4, 0.8) * street.pave)
        return Camera(
            "walk",
            _free_place(street, s, d, rng),
            d,
            float(rng.uniform(1.4, 1.75)) + KERB,
            float(rng.normal() * math.radians(14)),
            pitch,
            roll,
            fov,
        )
    spread = {"drive": 2.5, "cyclist": 6.0, "glance": 22.0}.get(kind, 2.5)
    speed, shake = (float(rng.uniform(4, 9)), 0.0016) if moving else (0.0, 0.0)
    d = lane + float(rng.normal() * 0.3)
    yaw = float(rng.normal() * math.radians(spread))
    kind, up, room = "drive" if kind == "pole" else kind, float(rng.uniform(1.15, 1.75)), 1.0
    if moving:
        room += speed * seconds + 2.0  # nothing stands in its way
    return Camera(kind, s, d, up, yaw, pitch, roll, fov, speed, shake, room)


def _near_pole(street: Street, rng: np.random.Generator, fov: float, roll: float) -> Camera:
    """A few metres in front of a pole, which is somewhere in the picture's middle half."""
    pole_s, pole_d = street.poles[int(rng.integers(len(street.poles)))]
    side = 1.0 if pole_d > 0 else -1.0
    away = float(rng.uniform(2.0, 6.5))
    d = pole_d - side * float(rng.uniform(0.8, 2.4) if rng.random() < 0.7 else rng.uniform(-1.0, -0.5))
    aim = math.atan2(pole_d - d, away) + float(rng.uniform(-0.28, 0.28)) * fov
    up = float(rng.uniform(1.2, 1.7)) + (KERB if abs(d) > street.half else 0.0)
    pitch = float(rng.uniform(-0.02, 0.12))
    return Camera("pole", _free_place(street, pole_s - away, d, rng), d, up, aim, pitch, roll, fov)


def _free_place(street: Street, s: float, d: float, rng: np.random.Generator) -> float:
    """A place near s where the camera is not inside of something."""
    for _ in range(20):
        if street.free(s, d, 0.5) and street.free(s + 0.8, d, 0.4):
            return s
        s -= float(rng.uniform(0.3, 0.8))
    return s


def view(street: Street, camera: Camera, frame: int, bumps: np.ndarray) -> View:
    """The camera at a frame; ``bumps`` (2,): pitch and roll that the road gives it, in units of the camera's shake."""
    s = camera.s + camera.speed * frame / FRAMES_A_SECOND
    at, heading = street.road.place(s, camera.d, camera.up)
    grade = street.terrain.grade(at[0], at[1], heading)
    yaw, pitch = heading + camera.yaw, camera.pitch + grade + camera.shake * bumps[0]
    roll = camera.roll + camera.shake * bumps[1]
    forward = np.array([math.cos(pitch) * math.cos(yaw), math.cos(pitch) * math.sin(yaw), math.sin(pitch)])
    right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
    up = np.cross(right, forward)
    right, up = math.cos(roll) * right + math.sin(roll) * up, math.cos(roll) * up - math.sin(roll) * right
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2], matrix[:3, 3] = right, up, -forward, at
    return View(matrix, camera.fov)
