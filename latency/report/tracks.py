"""Measurements of one file in one setting, from the first to the latest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mobileseg.latency.report.tags import Tags
from mobileseg.latency.results import summary
from mobileseg.latency.results.result import Result, Series, Session


class Place(NamedTuple):
    """Where something is measured; figures of different places are never compared. ``machine``: the device's properties in one line."""

    device: str
    machine: str
    threads: int
    cores: str


@dataclass(frozen=True)
class Measured:
    """A file in one measurement. ``series``: one for each repetition."""

    result: Result
    series: tuple[Series, ...]

    @property
    def session(self) -> Session:
        """That of the first repetition."""
        return self.result.sessions[self.series[0].session]

    @property
    def place(self) -> Place:
        """Device, threads and cores."""
        result, session = self.result, self.session
        return Place(result.device, result.properties.summary, session.threads, session.cores_asked)

    @property
    def tags(self) -> Tags:
        """For the filters."""
        first = self.series[0]
        return Tags(self.result.device, first.model, first.precision, first.target)

    @property
    def turns(self) -> list[NDArray[np.float64]]:
        """The samples of all repetitions, in ms."""
        return [turn for series in self.series for turn in series.turns]

    @cached_property
    def value(self) -> float | None:
        """The protocol's figure in ms, or instructions; None if not measured."""
        counts = self.series[0].counts
        if counts is not None:
            return float(counts.instructions)
        return summary.figure_of(self.turns, self.result.protocol.figure) if self.turns else None

    @property
    def good(self) -> bool:
        """Whether it counts: it is complete, and its protocol does not refuse it."""
        return self.value is not None and self.result.complete and not self.result.refused


@dataclass(frozen=True)
class Track:
    """``points``: all measurements of one file in one setting, in the order of time."""

    points: tuple[Measured, ...]

    @property
    def latest(self) -> Measured:
        """The newest that counts; if there is none, the newest."""
        return next((point for point in reversed(self.points) if point.good), self.points[-1])

    @property
    def good(self) -> tuple[Measured, ...]:
        """Those that count."""
        return tuple(point for point in self.points if point.good)


def tracks(results: Iterable[Result]) -> list[Track]:
    """What is the same in device, system, model, target, precision, size, output, file name, threads, cores and protocol is one track."""
    found: dict[tuple[object, ...], list[Measured]] = {}
    for result in sorted(results, key=lambda result: result.created):
        for one in _measured(result):
            series = one.series[0]
            key = (one.place, series.key, series.file, result.protocol.name, result.quantity, result.compute_units)
            found.setdefault(key, []).append(one)
    return [Track(tuple(points)) for points in found.values()]


def _measured(result: Result) -> list[Measured]:
    """Each file of a result in each setting, with its repetitions."""
    found: dict[tuple[object, ...], list[Series]] = {}
    for series in result.series:
        session = result.sessions[series.session]
        found.setdefault((series.sha256, series.file, session.threads, session.cores_asked), []).append(series)
    return [Measured(result, tuple(rows)) for rows in found.values()]


def latest(every: Sequence[Track]) -> list[Result]:
    """The results that the latest measurements are in, each once."""
    return list({id(track.latest.result): track.latest.result for track in every}.values())


def place_names(places: Iterable[Place]) -> dict[Place, str]:
    """Names for people: the machine is named only where a device's name stands for several."""
    distinct = list(dict.fromkeys(places))
    machines = Counter(device for device, _ in dict.fromkeys((place.device, place.machine) for place in distinct))
    return {
        place: f"{place.device}{f' ({place.machine})' if machines[place.device] > 1 else ''}, {setting(place)}"
        for place in distinct
    }


def setting(place: Place) -> str:
    """Threads and cores in words."""
    bound = "" if place.cores == "all" else f" on {place.cores} cores"
    return f"{place.threads} thread{'s' if place.threads > 1 else ''}{bound}"


def file_names(every: Sequence[Track]) -> list[str]:
    """A name for the file of each track: with size and output where files of one name differ in them, then with the target."""
    firsts = [track.latest.series[0] for track in every]
    names = [series.file for series in firsts]
    for more in (lambda s: f"{s.size[0]}x{s.size[1]}", lambda s: s.emit, lambda s: s.target, lambda s: s.precision):
        kinds: dict[str, set[str]] = {}
        for name, series in zip(names, firsts, strict=True):
            kinds.setdefault(name, set()).add(more(series))
        names = [
            f"{name} {more(series)}" if len(kinds[name]) > 1 else name
            for name, series in zip(names, firsts, strict=True)
        ]
    return names
