"""Joints of walking, standing and cycling bodies, in metres; ten phases make a cycle of one second at ten frames a second."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..shapes.mesh import Floats

PHASES = 10
THIGH, SHIN, UPPER_ARM, FOREARM = 0.43, 0.42, 0.29, 0.27
WHEEL, REAR_HUB, FRONT_HUB = 0.335, (-0.52, 0.0, 0.335), (0.53, 0.0, 0.335)
CRANK, SADDLE, BAR = (-0.05, 0.0, 0.29), (-0.21, 0.0, 0.96), (0.40, 0.0, 1.03)


@dataclass(frozen=True)
class Pose:
    """Points of a body of 1.75 m that looks along x. Limbs run from the trunk outwards, the left one first."""

    hip: Floats
    neck: Floats
    head: Floats
    legs: tuple[Floats, Floats]
    arms: tuple[Floats, Floats]


def walking(phase: int, stride: float = 1.0) -> Pose:
    """A step of a walk; ``stride`` 1 is an ordinary one, 0 stands."""
    angle = 2 * math.pi * phase / PHASES
    legs, arms = [], []
    for side in (1, -1):
        swing = stride * 0.42 * math.sin(angle) * side + 0.02 * side
        bend = stride * max(0.0, 0.75 * math.cos(angle) * side) + 0.05
        top = np.array([0.0, side * 0.095, 0.90])
        knee = top + THIGH * np.array([math.sin(swing + 0.5 * bend), 0, -math.cos(swing + 0.5 * bend)])
        foot = knee + SHIN * np.array([math.sin(swing - 0.5 * bend), 0, -math.cos(swing - 0.5 * bend)])
        legs.append(np.stack([top, knee, foot]))
        back = -swing * 0.95
        shoulder = np.array([0.02, side * 0.20, 1.42])
        elbow = shoulder + UPPER_ARM * np.array([math.sin(back), side * 0.14, -math.cos(back)])
        hand = elbow + FOREARM * np.array([math.sin(back + 0.3), side * 0.02, -math.cos(back + 0.3)])
        arms.append(np.stack([shoulder, elbow, hand]))
    drop = 0.025 * stride * (1 - math.cos(2 * angle)) - 0.012 * stride
    down = np.array([0, 0, drop])
    return Pose(
        np.array([0.0, 0, 0.90]) - down,
        np.array([0.03, 0, 1.49]) - down,
        np.array([0.06, 0, 1.64]) - down,
        (legs[0] - down, legs[1] - down),
        (arms[0] - down, arms[1] - down),
    )


def cycling(phase: int, bow: float) -> Pose:
    """A turn of the pedals; ``bow`` leans the back forwards, in metres at the neck."""
    hip = np.array(SADDLE) + (0.0, 0, 0.07)
    neck = np.array([0.02 + bow, 0, 1.55 - 0.35 * bow])
    legs, arms = [], []
    for side in (1, -1):
        angle = -2 * math.pi * phase / PHASES + (math.pi if side > 0 else 0.0)
        foot = np.array(CRANK) + (0.17 * math.cos(angle), side * 0.11, 0.17 * math.sin(angle) + 0.05)
        top = hip + (0, side * 0.09, 0)
        legs.append(np.stack([top, _joint(top, foot, THIGH, SHIN, 1.0), foot]))
        shoulder, hand = neck + (-0.03, side * 0.19, -0.07), np.array(BAR) + (0.02, side * 0.24, 0.03)
        arms.append(np.stack([shoulder, _joint(shoulder, hand, 0.33, 0.33, -1.0) + (0, side * 0.05, 0), hand]))
    return Pose(hip, neck, neck + (0.07, 0, 0.16), (legs[0], legs[1]), (arms[0], arms[1]))


def _joint(start: Floats, end: Floats, first: float, second: float, side: float) -> Floats:
    """The knee or elbow between two points, bent to the front (``side`` 1) or down."""
    span = end - start
    length = min(float(np.linalg.norm(span)), (first + second) * 0.999)
    along = (first**2 - second**2 + length**2) / (2 * length)
    out = math.sqrt(max(first**2 - along**2, 0.0))
    direction = span / (np.linalg.norm(span) + 1e-9)
    across = np.array([-direction[2], 0, direction[0]])
    joint: Floats = start + direction * along + side * across * out
    return joint
