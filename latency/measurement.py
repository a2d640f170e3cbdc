"""The measurement: files in turns, so that drift of a shared machine hits all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol as Interface

from mobileseg.errors import RequestError
from mobileseg.export.artifact import Artifact, open_artifact
from mobileseg.export.versions import installed
from mobileseg.latency.devices import DEVICES
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.result import Result, Series
from mobileseg.registry import choose, load


class Device(Interface):
    """What a row of ``DEVICES`` opens."""

    def hardware(self) -> str: ...

    def prepare(self, artifact: Artifact, threads: int) -> Callable[[], float]: ...


def measure(
    artifacts: Sequence[str | Path],
    device: str = "host",
    protocol: str = "quick",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Result:
    """Measure files against each other. Raises ``UnknownNameError``, ``ArtifactError``, ``EnvironmentLackError``."""
    spec, how = choose(DEVICES, device, "device"), choose(PROTOCOLS, protocol, "protocol")
    if not artifacts:
        raise RequestError(expected="at least one artifact", found="none", todo="name exported files")
    opened = [open_artifact(path) for path in artifacts]
    place: Device = load(spec.open)()
    timed = [place.prepare(artifact, how.threads) for artifact in opened]
    for once in timed:
        for _ in range(how.warmup):
            once()
    samples: list[list[float]] = [[] for _ in timed]
    for turn in range(how.rounds):
        for once, times in zip(timed, samples, strict=True):
            times.extend(once() for _ in range(how.runs))
        progress(turn + 1, how.rounds)
    series = tuple(_series(artifact, times) for artifact, times in zip(opened, samples, strict=True))
    return Result(
        created=datetime.now(UTC).replace(microsecond=0),
        device=spec.name,
        hardware=place.hardware(),
        protocol=how,
        versions=installed(),
        series=series,
    )


def _series(artifact: Artifact, times: list[float]) -> Series:
    manifest = artifact.manifest
    return Series(
        file=artifact.path.name,
        sha256=manifest.artifact.sha256,
        model=manifest.model.name,
        target=manifest.target,
        precision=manifest.precision.name,
        size=artifact.size,
        emit=manifest.output.kind,
        note=manifest.weights.note,
        samples_ms=tuple(times),
    )
