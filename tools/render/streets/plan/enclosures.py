"""Fences, hedges and plants of front gardens, and railings along the kerb."""

from __future__ import annotations

import numpy as np

from ..parts.fences import LENGTH
from ..parts.library import SIZES, Library
from ..shapes.mesh import Shape
from .street import KERB, Street, Thing


def enclose(street: Street, library: Library, side: int, rng: np.random.Generator) -> None:
    """What stands between the pavement and the houses of one side."""
    if street.setback < 1:
        _gaps(street, library, side, rng)
        return
    s = -20.0
    while s < 150:
        length = rng.uniform(6, 16)
        ends = np.linspace(s, s + length, 5)
        if not any(street.in_crossing(float(place), side, 4) for place in ends):
            kind = str(rng.choice(["fence", "hedge", "none"], p=[0.62, 0.24, 0.14]))
            run = (s + 0.6, s + length - 1.3)
            if kind == "fence":
                fence_line(street, library, library.draw(rng, "fence"), side, run, street.edge + 0.15)
            elif kind == "hedge":
                _hedge_line(street, library, side, run, rng)
            _plants(street, library, side, (s, s + length), rng)
        s += length


def _gaps(street: Street, library: Library, side: int, rng: np.random.Generator) -> None:
    """Without gardens: fences in front of the empty plots."""
    for road, plot_side, s, _ in street.empty_plots:
        if road is street.road and plot_side == side and not street.in_crossing(s, side, 8):
            fence_line(street, library, library.draw(rng, "fence"), side, (s - 4, s + 4), street.edge + 0.1)


def fence_line(
    street: Street, library: Library, member: str, side: int, run: tuple[float, float], distance: float
) -> None:
    """Panels one after another as one object; each is also noted as the closed area that it is in the labels."""
    panel, shape = library.shape(f"{member}/all"), Shape()
    low, high = library.fence_area(member)
    half = LENGTH / 2
    for s in np.arange(run[0], run[1], LENGTH):
        near_kerb = distance < street.edge
        if street.in_crossing(float(s), side, 4.0) or (
            near_kerb and any(abs(s - zebra) < 3 for zebra in street.zebras)
        ):
            continue
        at, heading = street.road.place(float(s), side * distance, KERB)
        shape.join(panel, at, heading)
        way = np.array([np.cos(heading), np.sin(heading), 0.0]) * half
        middle = np.array(at)
        street.panels.append(
            np.stack(
                [
                    middle - way + (0, 0, low),
                    middle + way + (0, 0, low),
                    middle + way + (0, 0, high),
                    middle - way + (0, 0, high),
                ]
            )
        )
        street.taken.extend((float(s) + shift, side * distance, 0.3) for shift in (-0.7, 0.0, 0.7))
    street.own(f"fence{len(street.things)}", "fence", shape)


def _hedge_line(
    street: Street, library: Library, side: int, run: tuple[float, float], rng: np.random.Generator
) -> None:
    member = f"hedge/{int(rng.integers(SIZES['hedge']))}"
    for s in np.arange(run[0] + 1, run[1], 2.0):
        at, heading = street.road.place(float(s), side * (street.edge + 0.45), KERB - 0.03)
        street.things.append(Thing(f"{member}/all", "tree", at, heading))


def _plants(street: Street, library: Library, side: int, run: tuple[float, float], rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(0, 4))):
        small = rng.random() < 0.4 and street.setback > 3
        d = street.edge + rng.uniform(0.9, max(1.0, street.setback - 0.6))
        at, _ = street.road.place(rng.uniform(*run), side * d, KERB - 0.05)
        key = f"{library.draw(rng, 'tree' if small else 'bush')}/all"
        scale = rng.uniform(0.35, 0.6) if small else rng.uniform(0.7, 1.2)
        tint = tuple(float(v) for v in rng.uniform(0.85, 1.15, 3))
        street.things.append(Thing(key, "tree", at, float(rng.uniform(0, 6)), scale=float(scale), color=tint))  # type: ignore[arg-type]
