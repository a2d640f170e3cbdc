"""What ``make test`` shows for some cases, ``make test-thorough`` shows for all of them; CI runs both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def thorough_but(cases: Iterable[Any], kept: Sequence[Any]) -> list[Any]:
    """Parameters of a test: the cases, of which those that are not ``kept`` are thorough."""
    assert kept, "make test leaves none out"
    return [case if case in kept else _marked(case) for case in cases]


def _marked(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.thorough)
