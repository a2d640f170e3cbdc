"""Lamps, signs, lights, bollards, masts, trees and small things along the pavements."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from ..labels import UNLABELLED
from ..parts.library import Library
from ..parts.poles import cable
from ..shapes.mesh import Shape
from .enclosures import enclose, fence_line
from .street import KERB, SIDES, Street, Thing


def dress(street: Street, library: Library, rng: np.random.Generator) -> None:
    """Put all fixed things into a street that has its ground and houses."""
    lamp, lamp_gap = library.draw(rng, "lamp"), rng.uniform(14, 28)
    kinds, tree_gap = [library.draw(rng, "tree") for _ in range(4)], rng.uniform(6, 14)
    planted = rng.random() < 0.75
    signals(street, library, rng)
    for side in SIDES:
        if side > 0 or rng.random() < 0.75:
            line(
                street, library, lamp, side, np.arange(-15 + rng.uniform(0, 10), 150, lamp_gap), street.half + 0.5, rng
            )
        _signs(street, library, side, rng)
        if planted and (side > 0 or rng.random() < 0.7):
            _street_trees(street, kinds, side, tree_gap, rng)
        if rng.random() < 0.35:
            first = rng.uniform(-5, 50)
            line(
                street,
                library,
                library.draw(rng, "bollard"),
                side,
                np.arange(first, first + rng.uniform(6, 25), rng.uniform(1.3, 2.2)),
                street.half + 0.38,
                rng,
            )
        elif rng.random() < 0.55:
            first = rng.uniform(-5, 40)
            kind = int(rng.choice([1, 3], p=[0.75, 0.25])) + 7 * int(rng.integers(6))
            fence_line(street, library, f"fence/{kind}", side, (first, first + rng.uniform(10, 45)), street.half + 0.32)
        _small(street, library, side, rng)
        if rng.random() < 0.22:
            _cables(street, library, side, rng)
        enclose(street, library, side, rng)
    _background_trees(street, library, rng)


def parts_of(library: Library, member: str) -> dict[str, str]:
    """Class and key of each part of a member."""
    return {label: f"{member}/{label}" for label in library.parts(member)}


def line(
    street: Street, library: Library, member: str, side: int, places: np.ndarray, d: float, rng: np.random.Generator
) -> None:
    """The same pole again and again, its arm towards the road."""
    for s in places:
        if not street.in_crossing(s, side, 3.2) and street.free(s, side * d, 0.35) and _off_zebras(street, s):
            street.put(parts_of(library, member), float(s), side * d, math.pi if side > 0 else 0.0, 0.2)
            street.poles.append((float(s), side * d))


def signals(street: Street, library: Library, rng: np.random.Generator) -> None:
    """Traffic lights at the crossing, or at a zebra."""
    light = library.draw(rng, "light")
    if street.crossing is not None and rng.random() < 0.6:
        reach = street.crossing.reach + 0.6
        for side in SIDES:
            for way, turn in ((-1, 0.0), (1, math.pi)):
                s, d = street.crossing.s + way * reach, side * (street.half + 0.55)
                street.put(parts_of(library, light), s, d, turn if rng.random() < 0.8 else turn + 1.57, 0.25)
                street.poles.append((s, d))
    elif street.zebras and rng.random() < 0.4:
        for side in SIDES:
            s, d = street.zebras[-1] - 2.0, side * (street.half + 0.5)
            if not street.in_crossing(s, side, 2):
                street.put(parts_of(library, light), s, d, 0.0, 0.25)
                street.poles.append((s, d))


def _signs(street: Street, library: Library, side: int, rng: np.random.Generator) -> None:
    for spot in np.arange(3, 110, rng.uniform(7, 20)):
        s, d = float(spot + rng.uniform(-3, 3)), side * (street.half + rng.uniform(0.4, 0.6))
        if street.in_crossing(s, side, 3) or not street.free(s, d, 0.6):
            continue
        facing = rng.normal() * 0.12 + (0.0 if side == street.side or rng.random() < 0.35 else math.pi)
        street.put(parts_of(library, library.draw(rng, "sign")), s, d, facing, 0.25)
        street.poles.append((s, d))


def _street_trees(street: Street, kinds: list[str], side: int, gap: float, rng: np.random.Generator) -> None:
    d = street.half + max(0.75, street.verge / 2)
    for spot in np.arange(-12 + rng.uniform(0, 8), 150, gap):
        s = float(spot + rng.normal() * 0.4)
        if (
            street.in_crossing(s, side, 5)
            or not street.free(s, side * d, 0.8)
            or rng.random() < 0.12
            or not _off_zebras(street, s)
        ):
            continue
        plant(street, kinds[int(rng.integers(2))], s, side * d, rng.uniform(0.7, 1.15), rng)


def plant(street: Street, member: str, s: float, d: float, scale: float, rng: np.random.Generator) -> None:
    """A tree or bush in a colour of its own."""
    street.put(
        {"tree": f"{member}/all"},
        s,
        d,
        float(rng.uniform(0, 6)),
        0.35,
        KERB - 0.05,
        scale=float(scale),
        color=leaf_tint(rng),
    )


def leaf_tint(rng: np.random.Generator) -> tuple[float, float, float]:
    """What a tree's colours are multiplied by."""
    red, green, blue = rng.uniform(0.8, 1.2) * rng.uniform(0.9, 1.1, 3)
    return float(red), float(green), float(blue)


def _small(street: Street, library: Library, side: int, rng: np.random.Generator) -> None:
    for s in np.arange(rng.uniform(0, 25), 100, rng.uniform(18, 40)):
        d = street.half + 0.65
        if not street.in_crossing(s, side, 3) and street.free(s, side * d, 0.8):
            street.put(
                parts_of(library, library.draw(rng, "thing")), float(s), side * d, 0.0 if side > 0 else math.pi, 0.8
            )
    if street.pave > 2.4 and rng.random() < 0.35:
        s, d = float(rng.uniform(6, 50)), side * (street.half + 1.0)
        if not street.in_crossing(s, side, 7) and street.free(s, d, 2.4):
            street.put(parts_of(library, library.draw(rng, "shelter")), s, d, 0.0 if side > 0 else math.pi, 2.0)
    if rng.random() < 0.08:
        s, d = float(rng.uniform(5, 60)), side * (street.edge - 0.3)
        if not street.in_crossing(s, side, 4):
            street.put(parts_of(library, library.draw(rng, "flag")), s, d, 0.0, 0.2)


def _cables(street: Street, library: Library, side: int, rng: np.random.Generator) -> None:
    """Masts and what hangs between them; too thin to be anything but unlabelled."""
    member, d, gap = library.draw(rng, "mast"), side * (street.edge - 0.25), 28.0
    tall = library.parts(member)["pole"].bounds()[1][2] - 0.6
    places = [float(s) for s in np.arange(rng.uniform(-20, 5), 150, gap) if not street.in_crossing(float(s), side, 3)]
    lines = Shape()
    for s in places:
        street.put(parts_of(library, member), s, d, 0.0, 0.3)
        street.poles.append((s, d))
    for first, second in pairwise(places):
        (a, _), (b, _) = street.road.place(first, d, tall), street.road.place(second, d, tall)
        middle, way = (np.array(a) + b) / 2, math.atan2(b[1] - a[1], b[0] - a[0])
        for y in (-0.8, 0.0, 0.8):
            lines.join(cable(math.dist(a[:2], b[:2]), 0.5), middle + (-y * math.sin(way), y * math.cos(way), 0), way)
    street.own(f"cables{side}", UNLABELLED, lines)


def _background_trees(street: Street, library: Library, rng: np.random.Generator) -> None:
    """On empty plots, behind the houses and towards the horizon."""
    for road, side, s, d in street.empty_plots:
        for _ in range(int(rng.integers(2, 7))):
            _tree_at(
                street,
                library,
                road.place(s + rng.uniform(-4, 4), side * (d + rng.uniform(0.8, 9)))[0],
                rng.uniform(0.6, 1.2),
                rng,
            )
    for _ in range(int(rng.integers(20, 60))):
        s, side = rng.uniform(-20, 185), int(rng.choice(SIDES))
        if not street.in_crossing(s, side, 6):
            at = street.road.place(s, side * (street.edge + street.setback + rng.uniform(15, 40)))[0]
            _tree_at(street, library, at, rng.uniform(0.9, 1.4), rng)


def _tree_at(
    street: Street, library: Library, at: tuple[float, float, float], scale: float, rng: np.random.Generator
) -> None:
    key = f"{library.draw(rng, 'tree')}/all"
    street.things.append(Thing(key, "tree", at, float(rng.uniform(0, 6)), scale=float(scale), color=leaf_tint(rng)))


def _off_zebras(street: Street, s: float) -> bool:
    return all(abs(s - zebra) > 2 for zebra in street.zebras)
