"""Which models a benchmark measures, and at which size."""

from __future__ import annotations

from collections.abc import Sequence

from mobileseg.models.registry import MODELS
from mobileseg.registry import choose

Case = tuple[str, tuple[int, int]]


def chosen(rows: Sequence[Case], models: Sequence[str], size: tuple[int, int] | None) -> list[Case]:
    """Those of ``rows`` that ``models`` name, all where none is named, at ``size`` where one is given; what is no row of them at the
    size that the registry names. Raises ``UnknownNameError``."""
    sizes = dict(rows)
    specs = [choose(MODELS, name, "model") for name in models or sizes]
    return [(spec.name, size or sizes.get(spec.name, spec.size)) for spec in specs]
