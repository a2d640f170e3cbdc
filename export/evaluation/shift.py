"""Shift consistency of a file beside its reference model: a sequence of one picture, which needs neither film nor labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from mobileseg.data.fit import Fit
from mobileseg.data.images import evenly
from mobileseg.data.opening import ImageSource
from mobileseg.document import Part
from mobileseg.export.evaluation.accuracy import Gain, Ratio
from mobileseg.export.evaluation.consistency import NOT_MEASURED, ClassMaps
from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.shift import LARGEST_SHIFT, SHIFTS, Counts, moves, share, share_gain, shift_counts, window
from mobileseg.progress import track

PICTURES = len(SHIFTS)  # one for each shift: 16 runs of each model, whatever the data


class Shifted(Part):
    """Shift consistency of one model, in 0..1. ``kept``: share of the pixels with the same class in the picture and in the picture moved;
    ``interval``: its 95 % interval, bootstrap over images."""

    kept: Ratio
    interval: tuple[Ratio, Ratio]


class ShiftConsistency(Part):
    """Shift consistency (Zhang, ICML 2019) on ``images`` images, evenly spaced in the data; each is moved, up and to the left, by its
    own number out of ``pixels``, first and last, of the input's. ``gain``: the artifact's ``kept`` minus the reference model's; no
    interval where there are fewer than 8 images."""

    images: int
    pixels: tuple[int, int]
    float_: Shifted = Field(alias="float")
    artifact: Shifted
    gain: Gain


def compare_shift(images: Sequence[ImageSource], maps: ClassMaps, fit: Fit) -> ShiftConsistency:
    """The shift consistency of two models. ``maps``: gives the class maps of both; ``fit``: how pictures become their input.

    Each picture is resized to a little more than the input, and two windows of the input's size are cut out of it: both hold nothing but
    the picture, which is cropped, therefore, where it would be letterboxed. Raises ``ImageError``.
    """
    size = fit.size
    larger = Fit((size[0] + LARGEST_SHIFT, size[1] + LARGEST_SHIFT), "squash" if fit.mode == "squash" else "crop")
    chosen = [images[place] for place in evenly(len(images), PICTURES)]
    sides: tuple[list[Counts], list[Counts]] = ([], [])
    for path, shifts in track(list(zip(chosen, moves(len(chosen)), strict=True)), "compare moved images", "images"):
        picture = larger.read(path)
        still = maps(window(picture, size, 0), size, None)
        moved = [maps(window(picture, size, shift), size, None) for shift in shifts]
        for side, counts in enumerate(sides):
            found = [shift_counts(still[side], other[side], shift) for other, shift in zip(moved, shifts, strict=True)]
            counts.append(np.sum(found, axis=0))
    before, after = (np.stack(counts) for counts in sides)
    enough = len(chosen) >= PICTURES
    shares = [
        Shifted(kept=share(stack.sum(0)), interval=interval(share, stack) if enough else NOT_MEASURED)
        for stack in (before, after)
    ]
    gain = Gain(
        metric="shift consistency",
        value=share_gain(before.sum(0), after.sum(0)),
        interval=interval(share_gain, before, after) if enough else NOT_MEASURED,
    )
    return ShiftConsistency(
        images=len(chosen), pixels=(SHIFTS[0], SHIFTS[-1]), float=shares[0], artifact=shares[1], gain=gain
    )
