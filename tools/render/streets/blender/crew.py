"""Renders scenes: stills of one scene from many places, or the frames of a drive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from ..parts.library import Library
from ..picture.exact import Exact, exact
from ..picture.film import Film, develop, draw_film
from ..picture.flow import motion, seen_again
from ..picture.projection import Lens
from ..picture.worth import worth_keeping
from ..plan.scene import Shot, build_street, draw_shot
from ..plan.street import Street
from .stage import Stage
from .studio import Studio

_TRIES = 6
_DRIVE = 1_000_000  # a drive's place among the views


@dataclass(frozen=True)
class Picture:
    """What one view gives; ``flow`` and ``seen`` lead to the next frame of a drive."""

    image: NDArray[np.uint8]
    exact: Exact
    quality: int
    flow: NDArray[np.float64] | None = None
    seen: NDArray[np.bool_] | None = None


class Crew:
    """Puts one scene at a time into the studio. A picture depends on seed, scene and view, not on what was rendered before."""

    def __init__(self, studio: Studio, seed: int, size: tuple[int, int]) -> None:
        self._studio, self._seed, self._size = studio, seed, size
        self._library = Library(seed)
        self._stage = Stage(studio.collection, self._library.shape, self._library.following)
        self._scene: int | None = None
        self._street: Street
        self._fixed: list[bpy.types.Object] = []

    def still(self, scene: int, view: int) -> Picture:
        """One view of a scene; views that show little are drawn anew."""
        self._open(scene)
        for attempt in range(_TRIES):
            rng = np.random.default_rng([self._seed, scene, view, attempt])
            shot = draw_shot(self._street, self._library, rng)
            items = [self._stage.add(mover.at(0)) for mover in shot.movers]
            try:
                _, labels = self._labels(shot, 0)
                if attempt < _TRIES - 1 and not worth_keeping(labels.mask, labels.instances):
                    continue
                film = draw_film(rng, shot.weather)
                return Picture(self._light(shot, film, labels, view, rng), labels, film.quality)
            finally:
                self._stage.remove(items)
        raise AssertionError("the last try is always kept")

    def drive(self, scene: int, frames: int) -> Iterator[Picture]:
        """Consecutive frames, ten a second; the last one has no flow."""
        self._open(scene)
        rng = np.random.default_rng([self._seed, scene, _DRIVE])
        shot = draw_shot(self._street, self._library, rng, frames)
        film = draw_film(rng, shot.weather, steady=True)
        items = [self._stage.add(mover.at(0)) for mover in shot.movers]
        before: tuple[Lens, Exact, NDArray[np.uint8]] | None = None
        for frame in range(frames):
            for item, mover in zip(items, shot.movers, strict=True):
                self._stage.move(item, mover.at(frame))
            lens, labels = self._labels(shot, frame)
            image = self._light(shot, film, labels, frame, rng)
            if before is not None:
                flow, depth = motion(before[1], before[0], lens, shot.movers, frame - 1)
                yield Picture(before[2], before[1], film.quality, flow, seen_again(flow, depth, before[1], labels))
            before = (lens, labels, image)
        self._stage.remove(items)
        assert before is not None
        yield Picture(before[2], before[1], film.quality)

    def _labels(self, shot: Shot, frame: int) -> tuple[Lens, Exact]:
        seen = shot.view(self._street, frame)
        self._studio.look(seen)
        lens = Lens(seen.matrix, seen.fov, *self._size)
        index, depth, following = self._studio.labels()
        return lens, exact(index, depth, following, self._street.panels, lens)

    def _light(self, shot: Shot, film: Film, labels: Exact, seed: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        self._studio.weather(shot.weather)
        return develop(self._studio.light(seed), labels.depth, film, shot.weather, rng)

    def _open(self, scene: int) -> None:
        if scene == self._scene:
            return
        if self._scene is not None:
            self._stage.remove(self._fixed)
            self._stage.forget(self._street.shapes)
        self._street, self._scene = build_street(self._seed, scene, self._library), scene
        self._fixed = [self._stage.add(thing, self._street.shapes) for thing in self._street.things]
