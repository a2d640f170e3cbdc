"""What a camera makes of light: haze, exposure, white balance, lens, noise, tone, compression."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..plan.weather import Weather
from .projection import FAR, Floats

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class Film:
    """One camera's look, the same for all frames of a drive."""

    stops: float
    cast: tuple[float, float, float]
    balance: float
    saturation: float
    contrast: float
    blur: float
    shake: tuple[int, int]
    noise: float
    vignette: float
    drops: int
    quality: int


def draw_film(rng: np.random.Generator, weather: Weather, steady: bool = False) -> Film:
    """A look; ``steady``: without the blur of a shaken camera and without drops."""
    red, green, blue = np.exp(rng.normal(size=3) * 0.035)
    shaken = 0 if steady else int(rng.choice([0, 2, 3, 5], p=[0.68, 0.17, 0.10, 0.05]))
    dark = {"low sun": -0.3, "rain": -0.25, "overcast": -0.1}.get(weather.kind, 0.0)
    wet = weather.kind == "rain" and not steady  # drops would stand elsewhere in each frame
    return Film(
        float(rng.normal() * 0.38 + dark), (float(red), float(green), float(blue)), float(rng.uniform(0.3, 0.85)),
        float(rng.uniform(0.75, 1.2)), float(rng.uniform(0.95, 1.3)), float(rng.choice([0.0, rng.uniform(0.3, 0.75)])),
        (shaken, 0) if rng.random() < 0.7 else (0, shaken), float(rng.uniform(0.002, 0.012)), float(rng.uniform(0, 0.35)),
        int(rng.integers(3, 14)) if wet and rng.random() < 0.5 else 0, int(rng.integers(82, 95)),
    )  # fmt: skip


def develop(light: Floats, depth: Floats, film: Film, weather: Weather, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Linear light ``(h, w, 3)`` and depths to a displayed picture."""
    height, width, _ = light.shape
    x = _haze(light, depth, weather)
    x = x * _exposure(x) * 2**film.stops * np.array(film.cast)
    mean = np.minimum(x, np.quantile(x, 0.97)).mean((0, 1)) + 1e-6
    x = x * (mean.mean() / mean) ** film.balance
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    x = x * (1 - film.vignette * (rows**2 + columns**2) / 2)[..., None]
    if film.blur:
        kernel = np.exp(-(np.arange(-2, 3) ** 2) / (2 * film.blur**2))
        x = _along(_along(x, kernel / kernel.sum(), 0), kernel / kernel.sum(), 1)
    for axis, length in enumerate(film.shake):
        if length > 1:
            x = _along(x, np.full(length, 1 / length), axis)
    x = _drops(x, film.drops, rng)
    grey = (x @ _LUMINANCE)[..., None]
    x = np.maximum(grey + (x - grey) * film.saturation, 0)
    x = _tone(x)
    x = np.clip(0.48 + (x - 0.48) * film.contrast, 0, 1)
    grain = rng.normal(size=(height, width, 1)) * film.noise + rng.normal(size=x.shape) * 0.6 * film.noise
    return np.asarray(np.clip(x + grain * (1.2 - x), 0, 1) * 255 + 0.5, np.uint8)


def _haze(light: Floats, depth: Floats, weather: Weather) -> Floats:
    """Mixes the horizon's light in with distance; low parts of the sky too."""
    sky = depth > FAR
    haze = np.array(weather.horizon) * (1 - 0.5 * weather.cover) + np.array(weather.cloud) * 0.5 * weather.cover
    clear = np.exp(-weather.fog * np.minimum(depth, 500.0))[..., None]
    low = np.linspace(0.1, 1.0, len(light))[:, None, None]
    clear = np.where(sky[..., None], 1 - (1 - clear) * low, clear)
    mixed: Floats = light * clear + haze * (1 - clear)
    return mixed


def _exposure(x: Floats) -> float:
    """Brings the lower three quarters to a middle grey; light sources and sky do not count in full."""
    ground = (x[len(x) // 4 :] @ _LUMINANCE).ravel()
    ground = np.clip(ground, 1e-4, np.quantile(ground, 0.97))
    return float(0.15 / math.exp(float(np.log(ground + 1e-3).mean())))


def _tone(x: Floats) -> Floats:
    """A shoulder for what is bright, then display gamma."""
    shoulder = x * (1 + x / 7.0) / (1 + 0.92 * x)
    curve: Floats = np.clip(1.02 * shoulder, 0, 1) ** (1 / 2.2)
    return curve


def _along(x: Floats, kernel: Floats, axis: int) -> Floats:
    before = (len(kernel) - 1) // 2
    padding = [(0, 0)] * x.ndim
    padding[axis] = (before, len(kernel) - 1 - before)
    padded, total = np.pad(x, padding, mode="edge"), np.zeros_like(x)
    for n, weight in enumerate(kernel):
        total += weight * np.take(padded, np.arange(n, n + x.shape[axis]), axis)
    return total


def _drops(x: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Drops on the glass: discs that show the picture around them, blurred."""
    if not count:
        return x
    height, width, _ = x.shape
    soft = _along(_along(x, np.full(15, 1 / 15), 0), np.full(15, 1 / 15), 1)
    rows, columns = np.mgrid[0:height, 0:width]
    for _ in range(count):
        row, column, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(3, 9)
        share = np.clip(1.5 - np.hypot(rows - row, columns - column) / radius, 0, 1)[..., None] * 0.85
        x = x * (1 - share) + soft * share * 1.05
    return x
