"""What ``make test`` shows for some cases, ``make test-thorough`` shows for all of them; CI runs both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def thorough_but(cases: Iterable[Any], kept: Iterable[Any]) -> list[Any]:
    """Parameters of a test: the cases, of which those that are not ``kept`` are thorough."""
    always = list(kept)
    assert always, "make test leaves none out"
    return [_same(case) if case in always else _marked(case) for case in cases]


def _same(case: Any) -> Any:
    return pytest.param(*_values(case))


def _marked(case: Any) -> Any:
    return pytest.param(*_values(case), marks=pytest.mark.thorough)


def _values(case: Any) -> tuple[Any, ...]:
    return case if isinstance(case, tuple) else (case,)
