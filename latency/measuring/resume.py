"""Resumes an interrupted measurement: takes what its result has, so that only the rest is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mobileseg.errors import MobilesegError, RequestError
from mobileseg.export.artifact import Artifact
from mobileseg.latency.conditions.course import SCALE, Course, Watched
from mobileseg.latency.conditions.sensors import Properties
from mobileseg.latency.measuring.request import Request
from mobileseg.latency.measuring.session import Record, Track
from mobileseg.latency.measuring.stream import Memory, Start, State, Warmup
from mobileseg.latency.results.result import Result, Series, Session, read_result


def unfinished(path: Path) -> Result | None:
    """The result in ``path`` if it is one of an interrupted measurement, else None."""
    try:
        found = read_result(path)
    except MobilesegError:  # any other file: --json refuses to overwrite it
        return None
    return None if found.complete else found


def check(earlier: Result, request: Request) -> None:
    """Raise ``RequestError`` if ``earlier`` is not an interrupted measurement of this request."""
    pairs = {
        "device": (earlier.device, request.label),
        "properties": (_steady(earlier.properties), _steady(request.properties)),
        "protocol": (earlier.protocol, request.protocol),
        "files": files(earlier, request.artifacts),
        "compute units": (earlier.compute_units, request.settings[0].compute_units),
    }
    wanted = [(s.threads, s.cores_asked) for _ in range(request.protocol.repeats) for s in request.settings]
    there = [(s.threads, s.cores_asked) for s in earlier.sessions]
    check_same({**pairs, "threads or cores": (there, wanted[: len(there)])})


def _steady(properties: Properties) -> Properties:
    """Without what may change from hour to hour."""
    cores = tuple(core.model_copy(update={"online": True}) for core in properties.cores)
    return properties.model_copy(update={"memory_kb": None, "cores": cores})


def check_same(pairs: Mapping[str, tuple[object, object]]) -> None:
    """Raise ``RequestError`` with the names whose values in the interrupted and in the requested measurement differ."""
    other = [name for name, (old, new) in pairs.items() if old != new]
    if other:
        raise RequestError(
            expected="the same measurement as the interrupted one",
            found=f"a different one: {', '.join(other)}",
            fix="repeat its command, or start over with --force",
        )


def files(earlier: Result, asked: Sequence[Artifact]) -> tuple[list[str], list[str]]:
    """The sha256 of the files that were measured, and of those requested."""
    there = [series.sha256 for series in earlier.series if series.session == 0]
    return there, [artifact.manifest.artifact.sha256 for artifact in asked]


def restore(earlier: Result, number: int, into: Record) -> dict[int, Record]:
    """Fill ``into`` from session ``number`` of ``earlier``.

    Returns the records of each file's own short process by file index, empty if a single file was measured.
    """
    session = earlier.sessions[number]
    series = [found for found in earlier.series if found.session == number]
    into.start = _start(session)
    _restore_course(into, session.course)
    for track, found in zip(into.tracks, series, strict=True):
        _fill(track, found)
    if len(series) == 1:
        into.memory = _memory(series[0])
        return {}
    solo = {}
    for i, found in enumerate(series):
        solo[i] = Record(1)
        solo[i].memory, solo[i].tracks[0].once = _memory(found), _once(found)
    return solo


def _restore_course(into: Record, course: Course | None) -> None:
    """The files are chosen again when it goes on: what they were called is kept, and pairs with it by name."""
    if course is None:
        return
    into.watched = tuple(Watched("", trace.kind, trace.name) for trace in course.traces)
    for i, at_s in enumerate(course.at_s):
        numbers = [trace.values[i] for trace in course.traces]
        into.states.append(
            State(
                event="state", at_s=at_s, core=course.core[i], switches=course.switches[i], thermal_status=course.thermal_status[i],
                values=tuple(None if n is None else round(n / SCALE[t.kind]) for n, t in zip(numbers, course.traces, strict=True)),
            )
        )  # fmt: skip


def _fill(track: Track, found: Series) -> None:
    track.once = _once(found)
    if found.warmup_ms and found.warmup_stable is not None:
        track.warmup = Warmup(event="warmup", model=0, samples_ms=found.warmup_ms, stable=found.warmup_stable)
    track.turns = [tuple(float(sample) for sample in turn) for turn in found.turns]
    track.at_s = list(found.at_s)


def _once(found: Series) -> dict[str, float]:
    pairs = {"load": found.load_ms, "first": found.first_ms}
    return {name: ms for name, ms in pairs.items() if ms is not None}


def _memory(found: Series) -> Memory | None:
    if found.process_peak_kb is None:
        return None
    base = None if found.peak_kb is None else found.process_peak_kb - found.peak_kb
    return Memory(event="memory", base_kb=base, peak_kb=found.process_peak_kb)


def _start(session: Session) -> Start:
    return Start(
        event="start", runner=session.runner, version=session.versions, threads=session.threads, cores=session.cores
    )
