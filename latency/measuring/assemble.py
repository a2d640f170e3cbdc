"""From what runners said to the parts of a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mobileseg.export.artifact import Artifact
from mobileseg.latency.conditions.gates import Finding
from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.emulation.counts import Counts
from mobileseg.latency.measuring.session import Record, Setting
from mobileseg.latency.protocol import Protocol
from mobileseg.latency.results import summary
from mobileseg.latency.results.result import Likeness, Profile, Series, Session, Stage

Turn = Sequence[float]  # samples in ms


def session(setting: Setting, repeat: int, record: Record, before: Sensors, after: Sensors | None) -> Session:
    """One runner process. Its own word on threads and cores counts, where it gave it."""
    start = record.start
    return Session(
        threads=setting.threads if start is None or start.threads is None else start.threads,
        cores_asked=setting.cores_asked,
        cores=None if start is None else start.cores,
        repeat=repeat,
        runner="unknown" if start is None else start.runner,
        versions="unknown" if start is None else start.version,
        before=before,
        after=after,
    )


def facts(artifact: Artifact) -> dict[str, Any]:
    """What a series says of its file, whatever was measured."""
    manifest = artifact.manifest
    return {
        "file": artifact.path.name,
        "sha256": manifest.artifact.sha256,
        "model": manifest.model.name,
        "target": manifest.target,
        "precision": manifest.precision.name,
        "size": artifact.size,
        "emit": manifest.output.kind,
        "note": manifest.weights.note,
    }


def series(
    artifact: Artifact,
    index: int,
    number: int,
    record: Record,
    solo: Record | None,
    stages: tuple[Stage | None, Stage | None],
    profile: Profile | None,
    with_host: Likeness | None,
) -> Series:
    """File ``index`` in session ``number``; ``solo``: its own short process, where several were measured together."""
    track = record.tracks[index]
    alone = record if solo is None else solo
    once = alone.tracks[index if solo is None else 0].once
    memory = alone.memory
    counted = memory is not None and memory.peak_kb is not None and memory.base_kb is not None
    samples = tuple(sample for turn in track.turns for sample in turn)
    figures = summary.summarize(track.turns)._asdict() if samples else {}
    return Series(
        **facts(artifact),
        session=number,
        load_ms=once.get("load"),
        first_ms=once.get("first"),
        peak_kb=memory.peak_kb - memory.base_kb if counted else None,  # type: ignore[union-attr,operator]  # looked at above
        whole_peak_kb=None if memory is None else memory.peak_kb,
        warmup_ms=track.warmup.samples_ms if track.warmup else (),
        warmup_stable=track.warmup.stable if track.warmup else None,
        samples_ms=samples,
        at_s=tuple(track.at_s),
        counts=None if track.counts is None else Counts.model_validate(track.counts),
        preprocess=stages[0],
        postprocess=stages[1],
        profile=profile,
        with_host=with_host,
        **figures,
    )


def far_apart(file: str, repeats: Sequence[Sequence[Turn]], by: Protocol) -> Iterator[Finding]:
    """That the figures of a file's repetitions differ by more than the protocol takes for the same."""
    found = _apart(repeats, by.figure)
    if len(repeats) > 1 and not found <= by.within:
        yield Finding("repeats", f"{by.figure} of {file} within {by.within:.0%}", f"{found:.1%} apart")


def _apart(repeats: Sequence[Sequence[Turn]], figure: str) -> float:
    """How far the largest figure of several repetitions is above the smallest, as a share of it; infinite where one has no samples."""
    if not all(repeats):
        return float("inf")
    figures = [summary.figure_of(turns, figure) for turns in repeats]
    return max(figures) / min(figures) - 1
