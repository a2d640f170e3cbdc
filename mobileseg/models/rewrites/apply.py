"""Applies the rewrites one after another; each is kept only where the network's numbers stay what they were."""

from __future__ import annotations

from torch import Tensor

from mobileseg.models.rewrites.program import Program
from mobileseg.models.rewrites.table import REWRITES
from mobileseg.registry import load

TOLERANCE = 2e-5  # of the output's range, for one rewrite: float rounding


def rewrite(program: Program, image: Tensor, wanted: Tensor) -> Program:
    """``program`` with every rewrite of the table that applies. ``wanted``: the network's output for ``image``. A rewrite after which the
    output differs by more than rounding is taken back, and noted."""
    program.run(image)
    spread = float(wanted.max() - wanted.min()) or 1.0
    for row in REWRITES:
        tried = program.copy()
        if not load(row.apply)(tried):
            continue
        tried.clean()
        try:
            error = float((tried.run(image) - wanted).abs().max()) / spread
        except RuntimeError as problem:
            said, *_ = str(problem).splitlines() or [type(problem).__name__]  # torch adds its stack
            program.notes.append(f"rewrite {row.name} not applied: {said}")
            continue
        if not error <= TOLERANCE:
            program.notes.append(
                f"rewrite {row.name} not applied: the output would change by {error:.1g} of its range ({row.algebra})"
            )
            continue
        program = tried
    return program
