"""Sun, sky, clouds, haze and rain as plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Rgb = tuple[float, float, float]
KINDS = ("clear", "broken", "overcast", "low sun", "rain", "haze")
SHARES = (0.33, 0.22, 0.21, 0.12, 0.07, 0.05)


@dataclass(frozen=True)
class Weather:
    """Linear colours; angles in radians; ``cover`` 0 (no cloud) to 1; ``fog`` a metre; ``wet`` 0 to 1."""

    kind: str
    elevation: float
    azimuth: float
    sun: Rgb
    sun_size: float
    horizon: Rgb
    zenith: Rgb
    cloud: Rgb
    cover: float
    drift: tuple[float, float]
    fog: float
    wet: float


def draw_weather(rng: np.random.Generator) -> Weather:
    """One kind of weather and time of day."""
    kind = str(rng.choice(KINDS, p=SHARES))
    elevation = math.radians(float(rng.uniform(5, 16) if kind == "low sun" else rng.uniform(18, 62)))
    bright = 0.35 + 0.65 * math.sin(elevation)
    warm = max(0.0, 1 - elevation / 0.5)
    strength = {
        "clear": 4.2, "low sun": 4.5, "broken": rng.uniform(1.0, 4.0), "overcast": rng.uniform(0.0, 0.15), "rain": 0.0,
        "haze": rng.uniform(0.2, 1.2),
    }[kind] * (0.5 + 0.5 * bright)  # fmt: skip
    cover = {
        "clear": rng.uniform(0.0, 0.3), "low sun": rng.uniform(0.0, 0.5), "broken": rng.uniform(0.4, 0.7),
        "overcast": rng.uniform(0.9, 1.0), "rain": 1.0, "haze": rng.uniform(0.6, 1.0),
    }[kind]  # fmt: skip
    grey = {"overcast": 0.62, "rain": 0.42, "haze": 0.75}.get(kind, 0.95) * bright
    blue = np.array([0.10, 0.22, 0.52]) * (1 + 0.3 * rng.normal() * np.array([0.5, 0.3, 0.1]))
    pale = np.array([0.55 + 0.30 * warm, 0.62 - 0.06 * warm, 0.72 - 0.30 * warm])
    wet = 1.0 if kind == "rain" else float(rng.choice([0.0, rng.uniform(0.2, 0.8)], p=[0.8, 0.2]))
    fog = float(rng.choice([0.0003, 0.0015, 0.004], p=[0.70, 0.23, 0.07])) * rng.uniform(0.6, 1.4)
    fog += {"haze": rng.uniform(0.006, 0.014), "rain": rng.uniform(0.002, 0.006)}.get(kind, 0.0)
    return Weather(
        kind, elevation, float(rng.uniform(0, 2 * math.pi)),
        _rgb(strength * np.array([1.0, 0.93 - 0.28 * warm, 0.82 - 0.48 * warm])),
        math.radians(0.6 if kind in ("clear", "low sun") else 4.0),
        _rgb(pale * bright), _rgb(np.maximum(blue, 0.02) * bright),
        _rgb(grey * np.array([1 + 0.14 * warm, 1.0, 1.03 - 0.14 * warm])),
        float(cover), (float(rng.uniform(-50, 50)), float(rng.uniform(-50, 50))), float(fog), wet,
    )  # fmt: skip


def _rgb(values: np.ndarray) -> Rgb:
    red, green, blue = (float(v) for v in values)
    return red, green, blue
