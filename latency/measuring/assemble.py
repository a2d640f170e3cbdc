"""Builds the parts of a result from what the runners reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mobileseg.export.artifact import Artifact
from mobileseg.latency.conditions.course import changes
from mobileseg.latency.conditions.gates import Finding
from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.emulation.counts import Counts
from mobileseg.latency.measuring.session import Record, Setting
from mobileseg.latency.protocol import Protocol
from mobileseg.latency.results import summary
from mobileseg.latency.results.result import OutputAgreement, Profile, Series, Session, Stage

Turn = Sequence[float]  # samples in ms


def session(setting: Setting, repeat: int, record: Record, before: Sensors, after: Sensors | None) -> Session:
    """The session of one runner process. Threads and cores are those that the runner reports, if it reports them."""
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
        course=record.course,
    )


def facts(artifact: Artifact) -> dict[str, Any]:
    """The fields of a series that describe its file, from the manifest."""
    manifest = artifact.manifest
    return {
        "file": artifact.path.name,
        "sha256": manifest.artifact.sha256,
        "model": manifest.model.name,
        "target": manifest.target,
        "precision": manifest.precision.name,
        "size": artifact.size,
        "emit": manifest.output.kind,
        "size_bytes": manifest.artifact.size_bytes,
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
    vs_host: OutputAgreement | None,
) -> Series:
    """The series of file ``index`` in session ``number``.

    ``solo``: the file's own short process, if several files were measured together; load time, first inference and memory come from
    there. ``stages``: preprocessing and postprocessing.
    """
    track = record.tracks[index]
    alone = record if solo is None else solo
    once = alone.tracks[index if solo is None else 0].once
    memory = alone.memory
    has_peak = memory is not None and memory.peak_kb is not None and memory.base_kb is not None
    samples = tuple(sample for turn in track.turns for sample in turn)
    figures = summary.summarize(track.turns)._asdict() if samples else {}
    if samples:
        figures["effective_runs"] = summary.effective_runs(track.turns)
    return Series(
        **facts(artifact),
        session=number,
        load_ms=once.get("load"),
        first_ms=once.get("first"),
        peak_kb=memory.peak_kb - memory.base_kb if has_peak else None,  # type: ignore[union-attr,operator]  # checked above
        process_peak_kb=None if memory is None else memory.peak_kb,
        warmup_ms=track.warmup.samples_ms if track.warmup else (),
        warmup_stable=track.warmup.stable if track.warmup else None,
        samples_ms=samples,
        at_s=tuple(track.at_s),
        counts=None if track.counts is None else Counts.model_validate(track.counts),
        preprocess=stages[0],
        postprocess=stages[1],
        profile=profile,
        vs_host=vs_host,
        **figures,
    )


def run_findings(setting: Setting, record: Record, files: Sequence[str], by: Protocol) -> Iterator[Finding]:
    """What the runner's own report shows: cores that were not got, a warm-up that did not settle, a second process."""
    got = None if record.start is None else record.start.cores
    if setting.cores and got is not None and set(got) != set(setting.cores):
        yield Finding("affinity", f"cores {_numbers(setting.cores)}", f"cores {_numbers(got)}")
    for file, track in zip(files, record.tracks, strict=True):
        if track.warmup is not None and not track.warmup.stable:
            found = f"still changing after {len(track.warmup.samples_ms)} runs"
            yield Finding("warm-up", f"times of {file} stable within {by.stable_within:.0%}", found)
    if record.resumed:
        yield Finding("resumed", "one process", f"{record.resumed + 1}: the device was lost")


def course_findings(record: Record) -> list[Finding]:
    """What changed between turns, as the runner saw it."""
    changed = [] if record.course is None else changes(record.course)
    return [Finding("throttled", "clock limits and thermal status that stay", "; ".join(changed))] if changed else []


def _numbers(cores: Sequence[int]) -> str:
    return ",".join(map(str, sorted(cores)))


def repeat_findings(file: str, repeats: Sequence[Sequence[Turn]], by: Protocol) -> Iterator[Finding]:
    """A finding if the repetitions of ``file`` differ by more than the protocol's ``within``. ``repeats``: turns of each repetition."""
    found = _relative_spread(repeats, by.figure)
    if len(repeats) > 1 and not found <= by.within:
        yield Finding("repeats", f"{by.figure} of {file} within {by.within:.0%}", f"{found:.1%} difference")


def _relative_spread(repeats: Sequence[Sequence[Turn]], figure: str) -> float:
    """Largest over smallest figure of the repetitions, minus 1; infinite if a repetition has no samples."""
    if not all(repeats):
        return float("inf")
    figures = [summary.figure_of(turns, figure) for turns in repeats]
    return max(figures) / min(figures) - 1
