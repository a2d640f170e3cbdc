"""A whole scene from its number: the fixed part, and what each view adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..parts.library import Library
from .cameras import Camera, View, draw_camera, view
from .dressing import dress
from .ground import lay_ground
from .movers import FRAMES_A_SECOND, Mover
from .plots import raise_houses
from .street import Street, draw_street
from .traffic import Traffic
from .weather import Weather, draw_weather


@dataclass(frozen=True)
class Shot:
    """One view of a scene, or one drive through it."""

    camera: Camera
    weather: Weather
    movers: tuple[Mover, ...]
    bumps: np.ndarray  # (frames, 2)

    def view(self, street: Street, frame: int) -> View:
        """Where the camera is at a frame."""
        return view(street, self.camera, frame, self.bumps[frame])


def build_street(seed: int, scene: int, library: Library) -> Street:
    """The fixed part of a scene; a function of seed and scene alone."""
    rng = np.random.default_rng([seed, scene])
    street = draw_street(rng)
    lay_ground(street, rng)
    raise_houses(street, rng)
    dress(street, library, rng)
    return street


def draw_shot(street: Street, library: Library, rng: np.random.Generator, frames: int = 1) -> Shot:
    """Camera, weather and traffic; more than one frame is a drive."""
    camera = draw_camera(street, rng, (frames - 1) / FRAMES_A_SECOND)
    weather = draw_weather(rng)
    traffic = Traffic(street, library, camera, rng)
    # A moving average: the body of a car has inertia.
    noise = rng.normal(size=(frames + 4, 2))
    bumps = np.stack([np.convolve(column, np.full(3, 0.6), "valid")[:frames] for column in noise.T], 1)
    return Shot(camera, weather, tuple(traffic.movers), bumps)
