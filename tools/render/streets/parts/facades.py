"""One face of a house: walls around recessed windows, door, sills, balconies. The face is at y = 0 and looks towards -y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shapes.mesh import Floats, Shape, linear
from ..shapes.solids import box, boxes, grid_rows, tube
from .palettes import BLACK, BRICKS, PLASTERS, WHITE, Rgb, pick, vary

THICK = 0.2  # of a wall


@dataclass(frozen=True)
class Style:
    """How a house looks; lengths in metres."""

    wall: str
    color: Rgb
    trim: Rgb
    frame: Rgb
    storey: float
    ground: float
    window: tuple[float, float]
    pitch: float
    shop: bool
    balcony: bool
    sill: bool
    roof: str


def draw_style(rng: np.random.Generator, town: str) -> Style:
    """The style of a house in a ``suburb``, ``town`` or ``city``."""
    brick = rng.random() < {"suburb": 0.6, "town": 0.5, "city": 0.3}[town]
    color = vary(rng, pick(rng, BRICKS if brick else PLASTERS))
    glassy = town == "city" and rng.random() < 0.3
    window = (
        (rng.uniform(1.6, 2.4), rng.uniform(1.7, 2.1)) if glassy else (rng.uniform(0.85, 1.5), rng.uniform(1.2, 1.8))
    )
    shop = bool(rng.random() < {"suburb": 0.04, "town": 0.5, "city": 0.6}[town])
    roofs = {"suburb": (0.6, 0.35, 0.05), "town": (0.5, 0.2, 0.3), "city": (0.1, 0.1, 0.8)}[town]
    return Style(
        wall="brick" if brick else "paint",
        color=color,
        trim=pick(rng, ((0.84, 0.82, 0.78), (0.60, 0.57, 0.53), color)),
        frame=pick(rng, (WHITE, WHITE, (0.34, 0.25, 0.18), (0.20, 0.22, 0.22), (0.55, 0.56, 0.55))),
        storey=float(rng.uniform(2.7, 3.3)),
        ground=float(rng.uniform(3.3, 4.2) if shop else rng.uniform(2.8, 3.3)),
        window=(float(window[0]), float(window[1])),
        pitch=float(window[0] + (0.35 if glassy else rng.uniform(0.7, 1.6))),
        shop=shop,
        balcony=bool(town != "suburb" and rng.random() < 0.25),
        sill=bool(not glassy and rng.random() < 0.6),
        roof=str(rng.choice(["gable", "hip", "flat"], p=roofs)),
    )


def columns(width: float, style: Style) -> Floats:
    """Middles of the windows of one storey."""
    count = max(1, int((width - 0.7) / style.pitch))
    return (np.arange(count) - (count - 1) / 2) * style.pitch


def wall(
    shape: Shape, width: float, z: tuple[float, float], x: Floats, opening: tuple[float, float, float], style: Style
) -> None:
    """One storey of wall from z[0] to z[1] around openings of a width, from one height to another."""
    hole, low, high = opening
    edges = np.concatenate([[-width / 2], np.stack([x - hole / 2, x + hole / 2], 1).ravel(), [width / 2]])
    left, right = edges[0::2], edges[1::2]
    boxes(
        shape, grid_rows((left + right) / 2, THICK / 2, sum(z) / 2), grid_rows(right - left, THICK, z[1] - z[0]),
        style.wall, style.color,
    )  # fmt: skip
    for bottom, top in ((z[0], low), (high, z[1])):
        if top - bottom > 0.02:
            boxes(
                shape, grid_rows(x, THICK / 2, (bottom + top) / 2), (hole, THICK, top - bottom), style.wall, style.color
            )


def panes(shape: Shape, x: Floats, z: float, size: tuple[float, float], style: Style, rng: np.random.Generator) -> None:
    """Windows at the places ``x`` and the height ``z``: pane, curtains, frame, bars, sill."""
    w, h = size
    count, bar = len(x), 0.06
    tone = rng.choice([0.015, 0.04, 0.09], count, p=[0.5, 0.3, 0.2])[:, None] * np.array([1, 1.05, 1.12])
    boxes(shape, grid_rows(x, 0.16, z), (w, 0.02, h), "glass", np.hstack([tone, np.full((count, 1), 0.8)]))
    dressed = rng.random(count) < 0.4
    if dressed.any():
        drop = h * rng.uniform(0.2, 0.9)
        cloth = linear((0.70, 0.68, 0.62)) * rng.uniform(0.5, 1, (int(dressed.sum()), 1))
        boxes(shape, grid_rows(x[dressed], 0.143, z + (h - drop) / 2), (w, 0.02, drop), "paint", cloth)
    for dx, dz, part in (
        (0, (h - bar) / 2, (w, 0.08, bar)), (0, (bar - h) / 2, (w, 0.08, bar)), ((w - bar) / 2, 0, (bar, 0.08, h)),
        ((bar - w) / 2, 0, (bar, 0.08, h)), (0, 0, (bar * 0.8, 0.06, h)), (0, h * 0.16, (w, 0.06, bar * 0.8)),
    ):  # fmt: skip
        boxes(shape, grid_rows(x + dx, 0.12, z + dz), part, "paint", style.frame)
    if style.sill:
        boxes(shape, grid_rows(x, -0.03, z - h / 2 - 0.05), (w + 0.2, 0.2, 0.09), "paint", style.trim)
        boxes(shape, grid_rows(x, -0.015, z + h / 2 + 0.09), (w + 0.14, 0.06, 0.16), "paint", style.trim)


def storeys(shape: Shape, width: float, first: int, floors: int, style: Style, rng: np.random.Generator) -> float:
    """Storeys with windows from number ``first`` on; gives the height of the eaves."""
    w, h = min(style.window[0], width * 0.6), style.window[1]
    x, base = columns(width, style), 0.0 if first == 0 else style.ground
    for floor in range(first, floors):
        tall = style.ground if floor == 0 else style.storey
        middle = base + 0.5 * tall + 0.1
        wall(shape, width, (base, base + tall), x, (w, middle - h / 2, middle + h / 2), style)
        panes(shape, x, middle, (w, h), style, rng)
        if style.balcony and floor and len(x) > 1:
            _balconies(shape, x[int(rng.integers(0, 2)) :: 2], middle - h / 2, w, style)
        base += tall
        if floor == floors - 1 or (floor == 0 and floors > 2):
            box(shape, (0, -0.05, base), (width + 0.04, 0.3, 0.2), "paint", style.trim)
    if rng.random() < 0.6:
        side = float(rng.choice([-1, 1])) * (width / 2 - 0.22)
        tube(shape, [(side, -0.07, 0), (side, -0.07, base)], 0.05, "paint", (0.3, 0.3, 0.31), 6)
    return base


def door(shape: Shape, x: float, style: Style, rng: np.random.Generator) -> None:
    """A front door with its frame, a step and perhaps a roof; it reaches 0.35 m in front of the wall."""
    leaf = pick(
        rng, ((0.14, 0.19, 0.33), (0.38, 0.10, 0.09), (0.10, 0.24, 0.18), (0.30, 0.20, 0.13), (0.82, 0.82, 0.78), BLACK)
    )
    box(shape, (x, 0.02, 1.17), (max(1.25, style.window[0] + 0.1), 0.12, 2.4), "paint", style.trim)
    box(shape, (x, -0.03, 1.12), (1.0, 0.06, 2.15), "paint", (*leaf, 0.4))
    box(shape, (x, -0.05, 1.65), (0.55, 0.05, 0.6), "glass", (0.18, 0.20, 0.22, 0.8))
    box(shape, (x, -0.16, 0.06), (1.4, 0.34, 0.16), "paint", (0.55, 0.54, 0.52))
    if rng.random() < 0.3:
        box(shape, (x, -0.22, 2.52), (1.7, 0.5, 0.12), "paint", style.trim)


def _balconies(shape: Shape, x: Floats, low: float, w: float, style: Style) -> None:
    boxes(shape, grid_rows(x, -0.45, low - 0.35), (w + 0.8, 0.9, 0.14), "paint", style.trim)
    boxes(shape, grid_rows(x, -0.87, low + 0.2), (w + 0.8, 0.05, 0.9), "paint", style.frame)
    for dx in (-w / 2 - 0.38, w / 2 + 0.38):
        boxes(shape, grid_rows(x + dx, -0.45, low + 0.2), (0.04, 0.85, 0.9), "paint", style.frame)
