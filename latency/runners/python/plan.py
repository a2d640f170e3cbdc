"""How to measure, as the host tells every runner: the numbers of a protocol, as JSON. The C++ runner and the app read the same."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """See ``mobileseg.latency.protocol.Protocol``, whose names these are."""

    warmup_min: int = 4
    warmup_max: int = 100
    warmup_seconds: float = 0.0
    stable_within: float = 0.05
    turns: int = 1
    runs: int = 1
    settle: int = 0
    balanced: bool = False
    min_seconds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Plan:
        """The plan in ``text``; what it does not name is as above. Raises ``ValueError`` in words."""
        try:
            given = json.loads(text, parse_constant=_refuse)
        except ValueError as error:
            raise ValueError(f"expected a protocol in JSON: {error}") from error
        if not isinstance(given, dict):
            raise ValueError("expected a protocol as an object in JSON")
        kinds = {field.name: type(field.default) for field in dataclasses.fields(cls)}
        for name, value in given.items():
            if name not in kinds:
                raise ValueError(f"expected the names of a protocol ({', '.join(kinds)}), found {name!r}")
            whole = kinds[name] is not float
            if type(value) is not kinds[name] and (whole or type(value) is not int):
                raise ValueError(f"expected {kinds[name].__name__} for {name}, found {value!r}")
        found = cls(**given)
        if not 2 <= found.warmup_min <= found.warmup_max:
            raise ValueError("expected 2 <= warmup_min <= warmup_max")
        if found.turns < 1 or found.runs < 1:
            raise ValueError("expected 1 or more for turns and runs")
        if min(found.settle, found.warmup_seconds, found.stable_within, found.min_seconds) < 0:
            raise ValueError("expected 0 or more for settle and for seconds and shares")
        return found


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no number")


def order(count: int, turn: int, balanced: bool) -> tuple[int, ...]:
    """In which order ``count`` models take part in ``turn``.

    A row of Williams' Latin square (1949): over ``count`` turns, twice as many where ``count`` is odd, each is equally often at each
    place and directly behind each other one.
    """
    if not balanced or count < 2:
        return tuple(range(count))
    step = turn % (2 * count if count % 2 else count)
    first = [(place + 1) // 2 if place % 2 else (count - place // 2) % count for place in range(count)]
    row = tuple((number + step) % count for number in first)
    return row[::-1] if step >= count else row


def warm_up(run: Callable[[], float], plan: Plan) -> tuple[list[float], bool]:
    """Runs as ``plan`` says. Returns the times in ms, as ``run`` gives them, and whether they were stable in the end."""
    samples: list[float] = []
    spent_ms = 0.0
    while True:
        samples.append(run())
        spent_ms += samples[-1]
        if len(samples) < plan.warmup_min or spent_ms < 1e3 * plan.warmup_seconds:
            continue
        stable = settled(samples, plan.warmup_min // 2, plan.stable_within)
        if stable or len(samples) >= plan.warmup_max:
            return samples, stable


def settled(samples: list[float], window: int, within: float) -> bool:
    """Whether the medians of the last two windows of ``window`` samples differ by less than ``within`` of the earlier one."""
    before, last = (_median(part) for part in (samples[-2 * window : -window], samples[-window:]))
    return abs(last - before) < within * before


def _median(samples: list[float]) -> float:
    ordered = sorted(samples)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
