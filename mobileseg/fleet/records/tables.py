"""The tables of a store, as rows: what was run, every step with its figures, every series of times, every sample."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.outcome import Outcome

if TYPE_CHECKING:
    from mobileseg.latency.results.result import Result

Row = dict[str, Any]
TEXT, NUMBER, WHOLE, TIME, FLAG = "string", "double", "int64", "time", "bool"
FROM = {"run": TEXT, "sweep": TEXT, "round": TEXT, "commit": TEXT, "tags": TEXT, "created": TIME}
FILE = {"model": TEXT, "target": TEXT, "precision": TEXT, "size": TEXT, "sha256": TEXT}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "runs": {**FROM, "steps": WHOLE, "failed": WHOLE},
    "cells": {
        "key": TEXT, "stage": TEXT, "status": TEXT, **FROM, **FILE, "device": TEXT, "host": TEXT, "seconds": NUMBER, "failure": TEXT,
        "size_bytes": WHOLE, "agreement": NUMBER, "miou": NUMBER, "miou_float": NUMBER, "verdict": TEXT, "median_ms": NUMBER,
        "p90_ms": NUMBER, "instructions": WHOLE,
    },
    "series": {
        "key": TEXT, "series": WHOLE, **FROM, **FILE, "emit": TEXT, "file": TEXT, "device": TEXT, "machine": TEXT, "os": TEXT,
        "protocol": TEXT, "protocol_definition": TEXT,
        "figure": TEXT, "within": NUMBER, "threads": WHOLE, "cores": TEXT, "repeat": WHOLE, "runtime": TEXT, "complete": FLAG,
        "refused": TEXT,
        "load_ms": NUMBER, "first_ms": NUMBER, "median_ms": NUMBER, "p90_ms": NUMBER, "p99_ms": NUMBER, "mean_ms": NUMBER, "min_ms": NUMBER,
        "mad_ms": NUMBER, "drift": NUMBER, "peak_kb": WHOLE, "instructions": WHOLE,
    },
    "samples": {"key": TEXT, "series": WHOLE, "turn": WHOLE, "at_s": NUMBER, "sample": WHOLE, "ms": NUMBER},
}  # fmt: skip
MEASUREMENT, COMPARISON = "measurement.json", "comparison.json"
FIGURES = ("size_bytes", "agreement", "miou", "miou_float", "verdict", "median_ms", "p90_ms", "instructions")


def tables(store: Store) -> dict[str, list[Row]]:
    """All rows by table. Raises ``ArtifactError`` for an outcome that was damaged, ``EnvironmentLackError`` for one of another version."""
    found: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    runs: dict[str, Row] = {}
    for outcome in store.outcomes():
        found["cells"].append(_cell(outcome, store))
        _add_run(runs, outcome)
        if MEASUREMENT in outcome.files:
            _add_measurement(found, store.blob(outcome.files[MEASUREMENT].sha256), outcome.key, _from(outcome))
    found["runs"] = list(runs.values())
    return found


def _from(outcome: Outcome) -> Row:
    context = outcome.context
    return {
        "run": context.run, "sweep": context.sweep, "round": context.round, "commit": context.commit, "tags": " ".join(context.tags),
        "created": outcome.created,
    }  # fmt: skip


def _add_run(runs: dict[str, Row], outcome: Outcome) -> None:
    row = runs.setdefault(outcome.context.run, {**_from(outcome), "steps": 0, "failed": 0})
    row["created"] = min(row["created"], outcome.created)
    row["steps"] += 1
    row["failed"] += outcome.status == "failed"


def _cell(outcome: Outcome, store: Store) -> Row:
    figures: Mapping[str, Any] = outcome.figures
    row = {
        "key": outcome.key, "stage": outcome.stage, "status": outcome.status, **_from(outcome), "device": outcome.device,
        "host": outcome.host, "seconds": outcome.seconds, "failure": str(outcome.failure) if outcome.failure else None,
        **{name: figures.get(name) for name in FIGURES}, **_file_of(outcome, store),
    }  # fmt: skip
    return {name: row.get(name) for name in COLUMNS["cells"]}


def _file_of(outcome: Outcome, store: Store) -> Row:
    """The exported file that an outcome is about: from its inputs, or from the result that names it."""
    inputs: Mapping[str, Any] = outcome.inputs
    if outcome.stage == "export":
        return {name: inputs.get(name) for name in ("model", "target", "precision")} | {
            "size": outcome.figures.get("size"), "sha256": outcome.figures.get("sha256"),
        }  # fmt: skip
    artifact = inputs.get("artifact")
    row: Row = {"sha256": artifact.get("sha256") if isinstance(artifact, dict) else None}
    if COMPARISON in outcome.files:
        facts = json.loads(store.blob(outcome.files[COMPARISON].sha256).read_text(encoding="utf-8"))
        row |= {name: facts.get(name) for name in ("model", "target", "precision")}
    elif MEASUREMENT in outcome.files:
        series = _read(store.blob(outcome.files[MEASUREMENT].sha256)).series[0]
        row |= {
            "model": series.model,
            "target": series.target,
            "precision": series.precision,
            "size": _size(series.size),
        }
    return row


def _read(path: Path) -> Result:
    from mobileseg.latency.results.result import read_result

    return read_result(path)


def _add_measurement(found: dict[str, list[Row]], path: Path, key: str, where: Row) -> None:
    result = _read(path)
    for number, row in enumerate(_series(result, key, where)):
        found["series"].append({**row, "series": number})
    for number, series in enumerate(result.series):
        for turn, samples in enumerate(series.turns):
            found["samples"] += [
                {"key": key, "series": number, "turn": turn, "at_s": series.at_s[turn], "sample": i, "ms": float(ms)}
                for i, ms in enumerate(samples)
            ]


def _series(result: Result, key: str, where: Row) -> Iterator[Row]:
    properties = result.properties
    for series in result.series:
        session = result.sessions[series.session]
        yield {
            "key": key, **where, "model": series.model, "target": series.target, "precision": series.precision, "size": _size(series.size),
            "sha256": series.sha256, "emit": series.emit, "file": series.file, "device": result.device, "machine": properties.summary,
            "os": properties.os, "protocol": result.protocol.name,
            "protocol_definition": result.protocol.definition, "figure": result.protocol.figure, "within": result.protocol.within,
            "threads": session.threads, "cores": session.cores_asked, "repeat": session.repeat, "runtime": session.versions,
            "complete": result.complete, "refused": " ".join(dict.fromkeys(d.gate for d in result.refused)),
            **{
                name: getattr(series, name)
                for name in ("load_ms", "first_ms", "median_ms", "p90_ms", "p99_ms", "mean_ms", "min_ms", "mad_ms", "drift", "peak_kb")
            },
            "instructions": series.counts.instructions if series.counts else None,
        }  # fmt: skip


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
