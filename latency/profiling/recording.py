"""A runtime's recording, summed by operator and by module, and as a trace for Perfetto."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

from mobileseg.export.artifact import Artifact
from mobileseg.files import write_whole
from mobileseg.latency.results.result import Operator, Profile
from mobileseg.registry import load

READERS: Mapping[str, str] = {
    ".etdp": "mobileseg.latency.profiling.executorch:calls",
    ".json": "mobileseg.latency.profiling.onnx:calls",
}
DEPTH = 3  # parts of a module name in the sums: network.backbone.smb1.layer1.conv.0 counts for backbone.smb1.layer1
UNKNOWN = "(no parameters of its own)"
TRACE_SUFFIX = ".trace.json"


class Call(NamedTuple):
    """One call of one operator in run number ``run``. ``kind``: type of operator; ``name``: its name in the graph; ``begin_us`` on the
    runtime's own clock; ``us``: duration."""

    run: int
    kind: str
    name: str
    module: str | None
    begin_us: float
    us: float


class Recording(NamedTuple):
    """Operator calls of all runs. ``runs``: begin and duration of each inference in us; ``modules``: whether calls name their module;
    ``note``: what the figures do not cover."""

    calls: list[Call]
    runs: list[tuple[float, float]]
    modules: bool
    note: str


def read(local: Path, artifact: Artifact, timed: int) -> Profile:
    """The profile of ``artifact`` from the runtime's record ``local``, over its last ``timed`` runs (those before are warm-up).

    Writes the Perfetto trace beside ``local``. Raises ``RequestError``, ``EnvironmentLackError``.
    """
    recording: Recording = load(READERS[local.suffix])(local, artifact.path, timed)
    trace = local.with_name(f"{artifact.path.name}{TRACE_SUFFIX}")
    write_whole(trace, (json.dumps(chrome_trace(recording, artifact.path.name)) + "\n").encode())
    return summarize(recording)


def summarize(recording: Recording) -> Profile:
    """Medians over the runs, so that an interruption of one run does not count; largest first."""
    count = len(recording.runs)
    return Profile(
        runs=count,
        total_ms=median(us for _, us in recording.runs) / 1e3,
        operators=_sum(recording.calls, lambda call: call.kind, count),
        modules=_sum(recording.calls, lambda call: short(call.module), count) if recording.modules else None,
        note=recording.note,
    )


def short(module: str | None) -> str:
    """The first ``DEPTH`` parts of a module's name, without the prefix of the deploy model."""
    return UNKNOWN if module is None else ".".join(module.removeprefix("network.").split(".")[:DEPTH])


def _sum(calls: Iterable[Call], name: Callable[[Call], str], runs: int) -> tuple[Operator, ...]:
    times: dict[str, list[float]] = defaultdict(lambda: [0.0] * runs)
    counts: Counter[str] = Counter()
    for call in calls:
        times[name(call)][call.run] += call.us
        counts[name(call)] += 1
    found = [Operator(name=key, calls=counts[key] / runs, ms=median(us) / 1e3) for key, us in times.items()]
    return tuple(sorted(found, key=lambda operator: -operator.ms))


def chrome_trace(recording: Recording, title: str) -> dict[str, object]:
    """The recording in the Trace Event Format, for ui.perfetto.dev and chrome://tracing; times in us."""
    zero = min(begin for begin, _ in recording.runs)
    events: list[dict[str, object]] = [
        {"ph": "M", "pid": 1, "tid": 1, "name": "process_name", "args": {"name": title}},
        *(
            {"ph": "X", "pid": 1, "tid": 1, "cat": "inference", "name": f"run {i}", "ts": begin - zero, "dur": us}
            for i, (begin, us) in enumerate(recording.runs)
        ),
        *(
            {
                "ph": "X", "pid": 1, "tid": 1, "cat": "operator", "name": call.kind, "ts": call.begin_us - zero, "dur": call.us,
                "args": {"name": call.name, "module": call.module or UNKNOWN},
            }
            for call in recording.calls
        ),
    ]  # fmt: skip
    return {"traceEvents": events, "displayTimeUnit": "ms"}
