"""Walkers: a look drawn once, and the body in each phase of its step with the same corners in the same order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..shapes.mesh import Color, Shape
from ..shapes.solids import ball, loft, tube
from .palettes import HAIRS, SKINS, TROUSERS, Rgb, pick
from .poses import Pose, walking

CLOTH: Color = (1, 1, 1)  # times the object's colour


@dataclass(frozen=True)
class Look:
    """What one person wears and how tall it is."""

    height: float
    girth: float
    skin: Rgb
    hair: Rgb
    legs: Rgb
    shoes: Rgb
    skirt: bool
    coat: bool
    long_hair: bool
    short_sleeves: bool
    bag: str
    hat: str


def draw_look(rng: np.random.Generator, child_share: float = 0.1) -> Look:
    """One person."""
    child = rng.random() < child_share
    return Look(
        height=float(rng.uniform(1.05, 1.45) if child else rng.uniform(1.55, 1.92)),
        girth=float(rng.uniform(0.9, 1.25)),
        skin=pick(rng, SKINS),
        hair=pick(rng, HAIRS),
        legs=pick(rng, TROUSERS),
        shoes=pick(rng, ((0.07, 0.07, 0.07), (0.75, 0.75, 0.73), (0.28, 0.19, 0.12))),
        skirt=bool(rng.random() < 0.15),
        coat=bool(rng.random() < 0.35),
        long_hair=bool(rng.random() < 0.4),
        short_sleeves=bool(rng.random() < 0.25),
        bag=pick(rng, ("", "", "", "back", "hand", "shoulder")),
        hat=pick(rng, ("", "", "", "", "cap", "hood")),
    )


def walker(look: Look, phase: int | None) -> Shape:
    """A person in a phase of the step, or standing (None). The feet stand on z = 0."""
    pose, shape = walking(phase or 0, 0.0 if phase is None else 1.0), Shape()
    dress(shape, pose, look, skirt=look.skirt)
    if look.skirt:
        tube(shape, [(0, 0, 0.48), (0, 0, 0.75), (0, 0, 0.98)], [0.26, 0.21, 0.15], "paint", look.legs, 12)
    if look.bag == "hand":
        ball(shape, pose.arms[1][2] + (0, 0, -0.22), (0.16, 0.06, 0.15), "paint", look.shoes, 1)
    scaled = Shape()
    scaled.join(shape, scale=look.height / 1.75)
    return scaled


def dress(shape: Shape, pose: Pose, look: Look, skirt: bool = False, helmet: Rgb | None = None) -> None:
    """Limbs, trunk, head and bag around the joints of a pose."""
    for leg in pose.legs:
        _limb(shape, leg, (0.085 * look.girth, 0.060, 0.042), "paint", look.skin if skirt else look.legs)
        ball(shape, leg[2] + (0.05, 0, -0.025), (0.135, 0.05, 0.05), "paint", look.shoes, 1)
    for arm in pose.arms:
        _limb(shape, arm[:2], (0.060, 0.048), "tint", CLOTH)
        if look.short_sleeves:
            _limb(shape, arm[1:], (0.044, 0.034), "paint", look.skin)
        else:
            _limb(shape, arm[1:], (0.050, 0.040), "tint", (0.93, 0.93, 0.93))
        ball(shape, arm[2], (0.045, 0.035, 0.05), "paint", look.skin, 1)
    _trunk(shape, pose, look)
    _head(shape, pose, look, helmet)
    if look.bag == "back":
        ball(shape, 0.45 * pose.hip + 0.55 * pose.neck + (-0.19, 0, 0), (0.11, 0.15, 0.22), "paint", look.shoes, 1)
    elif look.bag == "shoulder":
        ball(shape, pose.hip + (0, -0.24, 0.06), (0.15, 0.06, 0.12), "paint", look.hair, 1)


def _limb(shape: Shape, points: np.ndarray, radii: tuple[float, ...], material: str, color: Color) -> None:
    line = np.concatenate([points[:1], (points[1:] + points[:-1]) / 2, points[1:]])
    order = np.argsort(np.concatenate([[0], np.arange(len(points) - 1) + 0.5, np.arange(1, len(points))]))
    size = np.interp(
        np.sort(np.concatenate([np.arange(len(points)), np.arange(len(points) - 1) + 0.5])),
        np.arange(len(points)),
        radii,
    )
    tube(shape, line[order], size, material, color, 8)
    ball(shape, points[0], radii[0], material, color, 1)


def _trunk(shape: Shape, pose: Pose, look: Look) -> None:
    hem = -0.62 if look.coat else -0.16
    part = np.array([hem, 0.0, 0.25, 0.55, 0.80, 0.92, 1.0])
    wide = np.array([0.20 if look.coat else 0.175, 0.17, 0.155, 0.17, 0.195, 0.15, 0.06]) * look.girth
    deep = np.array([0.16 if look.coat else 0.135, 0.12, 0.11, 0.12, 0.125, 0.10, 0.055]) * look.girth
    angle = np.arange(12) * 2 * math.pi / 12
    spine = pose.hip + (pose.neck - pose.hip) * np.maximum(part, 0)[:, None]
    spine[0, 2] += hem * 0.59
    lean = np.arctan2(pose.neck[0] - pose.hip[0], pose.neck[2] - pose.hip[2])
    ring = np.stack([np.cos(angle) * math.cos(lean), np.sin(angle), -np.cos(angle) * math.sin(lean)], 1)
    size = np.stack([deep, wide, deep], 1)
    loft(shape, spine[:, None] + ring[None] * size[:, None], "tint", CLOTH)


def _head(shape: Shape, pose: Pose, look: Look, helmet: Rgb | None) -> None:
    at = pose.head
    tube(shape, [pose.neck - (0, 0, 0.05), at], 0.055, "paint", look.skin)
    ball(shape, at, (0.105, 0.083, 0.13), "paint", look.skin)
    top = helmet or (look.legs if look.hat else look.hair)
    size = 0.128 if helmet or look.hat == "hood" else 0.116
    ball(shape, at + (-0.02, 0, 0.035), (size, size * 0.87, size), "paint", top)
    ball(
        shape,
        at + (0.0 if helmet else -0.05, 0, 0.10 if helmet else -0.02),
        (0.12, 0.09, 0.05 if helmet else 0.12),
        "paint",
        top,
        1,
    )
    tail = 0.15 if look.long_hair else 0.05
    ball(shape, at + (-0.06, 0, -0.4 * tail), (0.06, 0.085, tail), "paint", look.hair, 1)
    ball(shape, at + (0.10, 0, -0.005), (0.02, 0.016, 0.025), "paint", look.skin, 1)
