"""Whether outputs can be used at all: finite numbers, and class numbers of classes that exist."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mobileseg.errors import GateError
from mobileseg.postprocess.class_map import Outputs

FIX = "look for a division by zero, an overflow or damaged weights; figures of such an output would mean nothing"


class UnsoundOutputError(GateError):
    """An output holds NaN, infinity, or the number of a class that does not exist."""


def check_sound(outputs: Outputs, names: Sequence[str], num_classes: int, who: str, where: str) -> None:
    """Raise ``UnsoundOutputError`` unless every float in ``outputs`` is finite, and every integer a class.

    Checked first and on its own, because comparisons swallow NaN: ``max(0.0, nan)`` is 0, and no bound is ever exceeded by it.
    ``names``: of the outputs, as far as known. ``who``: what gave them, ``where``: for which image, both in words.
    """
    for number, output in enumerate(outputs):
        name = names[number] if number < len(names) else f"output {number}"
        if np.issubdtype(output.dtype, np.floating):
            bad = output.size - int(np.isfinite(output).sum())
            if bad:
                kind = "NaN" if np.isnan(output).any() else "infinity"
                raise UnsoundOutputError(
                    expected=f"finite numbers in every output of {who}",
                    found=f"{kind} in {bad} of the {output.size} numbers of {name} for {where}",
                    fix=FIX,
                )
        elif output.size and (output.min() < 0 or output.max() >= num_classes):
            raise UnsoundOutputError(
                expected=f"classes 0..{num_classes - 1} in every output of {who}",
                found=f"{output.min()}..{output.max()} in {name} for {where}",
                fix=FIX,
            )
