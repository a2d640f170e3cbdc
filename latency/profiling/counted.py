"""Counts of an emulated inference by operator, from the runtime's record of it.

The emulated clock counts its readings (``latency/emulation/clock``), so the times in an ETDump are numbers of readings, and the plugin
says what was executed up to each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mobileseg.errors import ArtifactError
from mobileseg.export.backends.executorch.etdump import NATIVE, WHOLE, events_of, is_operator, kind_of, spans_of
from mobileseg.latency.emulation.counts import Counts
from mobileseg.latency.profiling.recording import Call, Recording, chrome_trace
from mobileseg.latency.results.result import CountedCall, CountedOperator, CountedProfile

# XNNPACK's clock is read once more after the delegate's, at whose reading its record begins.
DELEGATE = 1
NOTE = "kernels by kind, in the runtime's own words; the file does not say which module one belongs to"


class Step(NamedTuple):
    """One call: the operator's name in the record, and what it executed."""

    name: str
    counts: Counts


def counted_profile(etdump: Path, readings: Mapping[int, Mapping[str, int]], total: int) -> CountedProfile:
    """By operator, of the last inference in ``etdump``. ``readings``: counts up to each reading of the clock in that inference, by their
    number. ``total``: instructions of an inference that is not recorded. Raises ``ArtifactError`` where the two do not fit."""
    found = steps(etdump, readings)
    kinds: dict[str, list[Counts]] = {}
    for step in found:
        kinds.setdefault(kind_of(step.name), []).append(step.counts)
    operators = [CountedOperator(name=kind, calls=len(each), counts=_sum(each)) for kind, each in kinds.items()]
    return CountedProfile(
        total=total,
        operators=tuple(sorted(operators, key=lambda operator: -operator.counts.instructions)),
        calls=tuple(CountedCall(name=step.name, instructions=step.counts.instructions) for step in found),
        note=NOTE,
    )


def steps(etdump: Path, readings: Mapping[int, Mapping[str, int]]) -> list[Step]:
    """Every operator of the last inference, in the order of execution."""
    events = events_of(etdump)
    whole = next((event for event in events if event.name == WHOLE), None)
    spans = [(round(begin), round(begin + length)) for begin, length in spans_of(whole)]
    numbers = sorted(readings)
    # An inference begins and ends with a reading; the runtime's times begin with that of its start.
    if not spans or not numbers or {numbers[-1] - numbers[0], len(numbers) - 1} != {spans[-1][1] - spans[-1][0]}:
        raise ArtifactError(
            expected="a record of the runtime with a time for each reading of the emulated clock",
            found=f"inferences at {spans} and readings {numbers[:1]} to {numbers[-1:]}",
            fix="report this with the file and the release of executorch; count without --profile",
        )
    zero = numbers[0] - spans[-1][0]
    found = []
    for event in filter(is_operator, events):
        begin, length = spans_of(event)[-1]
        first = round(begin) + zero + (0 if event.name.startswith(NATIVE) else DELEGATE)
        name = event.name.removeprefix(NATIVE)
        found.append((first, Step(name, _between(readings[first], readings[first + round(length)]))))
    return [step for _, step in sorted(found, key=lambda pair: pair[0])]


def counted_trace(profile: CountedProfile, title: str) -> dict[str, object]:
    """The calls in the Trace Event Format: one instruction takes one microsecond."""
    calls, begin = [], 0.0
    for call in profile.calls:
        calls.append(Call(0, kind_of(call.name), call.name, None, begin, float(call.instructions)))
        begin += call.instructions
    return chrome_trace(Recording(calls, [(0.0, begin)], modules=False, note=NOTE), title)


def _between(before: Mapping[str, int], after: Mapping[str, int]) -> Counts:
    return Counts(**{name: after[name] - count for name, count in before.items()})


def _sum(counts: Sequence[Counts]) -> Counts:
    return Counts(**{name: sum(getattr(each, name) for each in counts) for name in Counts.model_fields})
