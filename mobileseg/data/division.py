"""Dividing one set of images between two uses that must not share any: calibration, and the verification of what was calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from mobileseg.data.images import evenly

FEWEST = 8  # calibration images
MOST = 128  # more change the ranges little and take minutes


@dataclass(frozen=True)
class Division:
    """``share`` of the images calibrate, at least ``FEWEST`` and at most ``MOST``; the others do not. ``spread``: whether those are
    evenly chosen or the first ones, in the order of names."""

    share: Fraction
    spread: bool


BUNDLED = Division(Fraction(1, 3), spread=False)
OWN = Division(Fraction(2, 3), spread=True)  # every part of a folder shall be in the ranges


class Divided(NamedTuple):
    """Indices of the images, ascending."""

    calibration: tuple[int, ...]
    others: tuple[int, ...]


def divide(count: int, rule: Division) -> Divided:
    """``count`` images by ``rule``."""
    wanted = min(max(round(count * rule.share), FEWEST), MOST, count)
    chosen = evenly(count, wanted) if rule.spread else list(range(wanted))
    return Divided(tuple(chosen), tuple(sorted(set(range(count)) - set(chosen))))
