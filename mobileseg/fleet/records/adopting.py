"""Results of the single verbs, taken into a store: JSON that somebody made by hand or in CI."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from mobileseg.errors import MobilesegError, RequestError
from mobileseg.files import sha256
from mobileseg.fleet.records.tables import COMPARISON, MEASUREMENT
from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.keys import key_of
from mobileseg.fleet.store.outcome import Context, Outcome

ADOPTED = Context(run="adopted", sweep="single commands")


def adopt(store: Store, path: Path) -> Outcome:
    """Keep a result of ``latency --json`` or ``compare --json``, by its content: twice is once.

    Raises ``RequestError`` for anything else.
    """
    from mobileseg.latency.results.result import read_result

    try:
        result = read_result(path)
    except MobilesegError as error:
        return _adopt_comparison(store, path, error)
    series = result.series[0]
    figures: dict[str, JsonValue] = {"median_ms": series.median_ms, "p90_ms": series.p90_ms}
    return _put(store, path, "latency", MEASUREMENT, result.created, series.sha256, figures, result.device)


def _adopt_comparison(store: Store, path: Path, error: MobilesegError) -> Outcome:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        created, content = datetime.fromisoformat(facts["created"]), str(facts["artifact_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        raise RequestError(
            expected="results of `mobileseg latency --json` or `compare --json`",
            found=f"{path.name}: {error.found}",
            fix="leave that file out",
        ) from error
    accuracy, before = facts.get("artifact") or {}, facts.get("float") or {}
    figures = {
        "verdict": facts.get("verdict"), "agreement": facts.get("agreement"), "images": facts.get("images"),
        "miou": accuracy.get("miou"), "miou_float": before.get("miou"),
    }  # fmt: skip
    return _put(store, path, "compare", COMPARISON, created, content, figures, None)


def _put(
    store: Store,
    path: Path,
    stage: str,
    name: str,
    created: datetime,
    content: str,
    figures: dict[str, JsonValue],
    device: str | None,
) -> Outcome:
    inputs: dict[str, JsonValue] = {"adopted": sha256(path), "artifact": {"file": path.name, "sha256": content}}
    outcome = Outcome(
        stage=stage, key=key_of(stage, {"adopted": sha256(path)}), inputs=inputs, status="done", figures=figures, created=created,
        seconds=0.0, host="", device=device, context=ADOPTED,
    )  # fmt: skip
    return store.put(outcome, {name: path})
