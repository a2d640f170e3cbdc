"""What the runner sees between turns: which files it is told to read, and the series that come of it. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from mobileseg.document import Part
from mobileseg.latency.conditions import parsers
from mobileseg.latency.conditions.linux import Texts

ZONES = 3
"""So many thermal zones: reading one may take milliseconds on a slow bus."""

CPU = "/sys/devices/system/cpu"
Kind = Literal["khz", "cap_khz", "celsius"]
SCALE = {"khz": 1.0, "cap_khz": 1.0, "celsius": 1e-3}  # of the number in the file


class Watched(NamedTuple):
    """A file with a number, read between turns. ``name``: of the core (``cpu4``) or of the thermal zone."""

    file: str
    kind: Kind
    name: str


class Trace(Part):
    """One quantity at the moments of a ``Course``: a core's clock or clock limit in kHz, a zone's temperature in °C. None: not read."""

    kind: Kind
    name: str
    values: tuple[float | None, ...]


class Course(Part):
    """The device while it was measured, between turns, about twice a second.

    ``at_s``: since the runner started. ``core``: where the thread that runs the files was. ``switches``: how often the runner's
    threads had to make room for others since it started. ``thermal_status``: Android's, where the runner is an app that sees it.
    """

    at_s: tuple[float, ...]
    core: tuple[int | None, ...]
    switches: tuple[int | None, ...]
    thermal_status: tuple[int | None, ...]
    traces: tuple[Trace, ...]


def choose(texts: Texts, cores: Sequence[int] = ()) -> tuple[Watched, ...]:
    """The files to watch, from a reading of ``linux.SENSORS``: clock and limit of one core of each speed among ``cores`` (none: all),
    and the zones that are nearest to their limits."""
    return (*_clocks(texts, cores), *_zones(texts))


def _clocks(texts: Texts, cores: Sequence[int]) -> Iterator[Watched]:
    seen = set()
    for clock in parsers.clocks(texts):
        if clock.max_khz in seen or (cores and clock.core not in cores):
            continue
        seen.add(clock.max_khz)
        for kind, name in (("khz", "scaling_cur_freq"), ("cap_khz", "scaling_max_freq")):
            file = f"{CPU}/cpu{clock.core}/cpufreq/{name}"
            if file in texts:
                yield Watched(file, kind, f"cpu{clock.core}")  # type: ignore[arg-type]  # a literal of the tuple above


def _zones(texts: Texts) -> Iterator[Watched]:
    folders = sorted(
        {match[0] for path in texts if (match := re.match(r"/sys/class/thermal/thermal_zone\d+(?=/)", path))}
    )
    found = []
    for folder in folders:
        here = {path: text for path, text in texts.items() if path.startswith(f"{folder}/")}
        found += [(zone, folder) for zone in parsers.zones(here)]
    found.sort(key=lambda pair: (pair[0].limit_celsius or parsers.UNKNOWN_LIMIT) - pair[0].celsius)
    for zone, folder in found[:ZONES]:
        yield Watched(f"{folder}/temp", "celsius", zone.name)


def changes(course: Course) -> list[str]:
    """What became slower or faster while measuring, in words: clock limits and the thermal status that did not stay."""
    found = []
    for trace in course.traces:
        known = [value for value in trace.values if value is not None]
        if trace.kind == "cap_khz" and known and min(known) != max(known):
            found.append(f"limit of {trace.name} between {min(known) / 1e6:.2f} and {max(known) / 1e6:.2f} GHz")
    status = [value for value in course.thermal_status if value is not None]
    if status and min(status) != max(status):
        found.append(f"thermal status between {min(status)} and {max(status)}")
    return found
