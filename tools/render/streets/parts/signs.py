"""Traffic signs, boards and street names; they look towards -x."""

from __future__ import annotations

import math

import numpy as np

from ..shapes.mesh import Color, Shape
from ..shapes.solids import box, circle, plate, tube
from .lettering import made_up_name, width_of, write
from .palettes import METALS, pick
from .poles import Parts

RED, BLUE, GREEN, YELLOW = (
    (0.72, 0.06, 0.08, 0.2),
    (0.06, 0.20, 0.56, 0.2),
    (0.06, 0.34, 0.20, 0.2),
    (0.84, 0.68, 0.12, 0.2),
)
WHITE, BLACK = (0.91, 0.91, 0.90, 0.2), (0.07, 0.07, 0.07, 0.2)
KINDS = (
    "limit",
    "forbidden",
    "warning",
    "order",
    "stop",
    "give way",
    "no entry",
    "board",
    "name",
    "parking",
    "arrows",
    "bus stop",
)
SHARES = (0.17, 0.08, 0.14, 0.12, 0.05, 0.08, 0.06, 0.10, 0.06, 0.06, 0.04, 0.04)


def sign(rng: np.random.Generator) -> Parts:
    """A sign, sometimes two, on a post, or a board on two."""
    pole, face = Shape(), Shape()
    kind = str(rng.choice(KINDS, p=SHARES))
    top, size = rng.uniform(2.1, 2.9), rng.uniform(0.30, 0.44)
    thick, wide = rng.uniform(0.035, 0.055), 0.0
    if kind in ("board", "name", "parking", "arrows", "bus stop"):
        wide, size = _board(face, kind, top, rng)
    else:
        _symbol(face, kind, top, size, rng)
        if rng.random() < 0.3:
            _symbol(face, str(rng.choice(["limit", "order", "warning"])), top - 2.1 * size, size * 0.9, rng)
    face.darken(float(rng.uniform(0.7, 1.0)))
    for y in (-0.3 * wide, 0.3 * wide) if wide > 0.8 else (0.0,):
        tube(pole, [(0.02, y, 0), (0.02, y, top + size)], thick, "paint", (*pick(rng, METALS), 0.3), 9)
    return {"pole": pole, "sign_symbol": face}


def _layers(face: Shape, outline: np.ndarray, z: float, layers: tuple[tuple[float, Color], ...]) -> None:
    """Plates one upon the other, each a share of the outline; the lowest has a grey back."""
    plate(face, outline, -0.05, z, "paint", (0.45, 0.46, 0.47))
    for n, (share, color) in enumerate(layers):
        plate(face, outline * share, -0.062 - 0.008 * n, z, "paint", color, 0.008)


def _symbol(face: Shape, kind: str, z: float, r: float, rng: np.random.Generator) -> None:
    round_one, ink = circle(26, r), -0.085
    if kind == "limit":
        _layers(face, round_one, z, ((1, RED), (0.78, WHITE)))
        write(
            face, str(rng.choice(["20", "30", "40", "50", "60", "70"])), ink, 0, z, r * 0.8, "paint", BLACK, "-y", 0.012
        )
    elif kind == "forbidden":
        _layers(face, round_one, z, ((1, RED), (0.80, pick(rng, (WHITE, BLUE)))))
        bar = np.array([[-0.9, -0.1], [0.9, -0.1], [0.9, 0.1], [-0.9, 0.1]]) * r
        turn = np.array([[0.7, 0.7], [-0.7, 0.7]])
        plate(face, bar @ turn, ink, z, "paint", RED, 0.012)
    elif kind == "no entry":
        _layers(face, round_one, z, ((1, RED),))
        box(face, (ink, 0, z), (0.012, 1.4 * r, 0.32 * r), "paint", WHITE)
    elif kind == "stop":
        _layers(face, circle(8, r, math.pi / 8), z, ((1, WHITE), (0.93, RED)))
        write(face, "STOP", ink, 0, z, r * 0.5, "paint", WHITE, "-y", 0.012)
    elif kind == "order":
        _layers(face, round_one, z, ((1, WHITE), (0.94, BLUE)))
        arrow = np.array([[-0.1, -0.6], [0.1, -0.6], [0.1, 0.1], [0.38, 0.1], [0, 0.62], [-0.38, 0.1], [-0.1, 0.1]]) * r
        angle = float(rng.choice([0, -math.pi / 2, math.pi / 2, 2.4]))
        spin = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        plate(face, arrow @ spin, ink, z, "paint", WHITE, 0.012)
    elif kind == "warning":
        _layers(face, circle(3, 1.2 * r, math.pi / 2), z, ((1, RED), (0.72, WHITE)))
        box(face, (ink, 0, z + 0.05 * r), (0.012, 0.14 * r, 0.55 * r), "paint", BLACK)
        box(face, (ink, 0, z - 0.40 * r), (0.012, 0.14 * r, 0.14 * r), "paint", BLACK)
    else:  # give way
        _layers(face, circle(3, 1.2 * r, -math.pi / 2), z, ((1, RED), (0.66, WHITE)))


def _board(face: Shape, kind: str, z: float, rng: np.random.Generator) -> tuple[float, float]:
    """A board with text; gives its width and half of its height."""
    width, height = {
        "board": (rng.uniform(1.2, 2.4), rng.uniform(0.8, 1.4)), "name": (1.2, 0.28), "parking": (0.6, 0.6), "arrows": (0.9, 0.5),
        "bus stop": (0.55, 0.75),
    }[kind]  # fmt: skip
    color = {
        "board": pick(rng, (BLUE, GREEN, WHITE, YELLOW)),
        "name": WHITE,
        "parking": BLUE,
        "arrows": BLACK,
        "bus stop": RED,
    }[kind]
    half = np.array([width, height]) / 2
    outline = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    _layers(face, outline, z, ((1, WHITE if color is not WHITE else BLACK), (0.94, color)))
    ink = BLACK if color in (WHITE, YELLOW) else WHITE
    lines = {
        "board": [made_up_name(rng).split()[0] for _ in range(int(rng.integers(2, 4)))], "name": [made_up_name(rng).split()[0]],
        "parking": ["P"], "arrows": ["VVV"], "bus stop": ["BUS"],
    }[kind]  # fmt: skip
    tall = min(0.55 * height / len(lines), *(0.8 * width / width_of(line, 1.0) for line in lines))
    for n, line in enumerate(lines):
        at = z + ((len(lines) - 1) / 2 - n) * height * 0.8 / len(lines)
        write(face, line, -0.085, 0, at, tall, "paint", ink, "-y", 0.012)
    return width, height / 2
