"""What a page of a store is made from: its results, and the cells that have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.fleet.records.tables import COMPARISON, MEASUREMENT
from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.outcome import Outcome

if TYPE_CHECKING:
    from mobileseg.latency.report.documents import Failed

NAMED = ("model", "weights", "size", "target", "precision", "recipe", "device", "threads")


def results_in(outcomes: Sequence[Outcome], store: Store) -> dict[Path, str]:
    """The results of a store, each with what it is called on a page; those of one content once."""
    found: dict[Path, str] = {}
    for outcome in sorted(outcomes, key=lambda one: (one.created, one.key)):
        for name in (MEASUREMENT, COMPARISON):
            if name in outcome.files:
                found.setdefault(store.blob(outcome.files[name].sha256), f"{outcome.stage} {outcome.key[:12]}")
    return found


def failed_in(outcomes: Sequence[Outcome]) -> tuple[Failed, ...]:
    """The steps that failed in the latest round of each sweep. What has a result all the same, such as a measurement that its protocol
    refuses, is on the page with that."""
    from mobileseg.latency.report.documents import Failed

    rounds = _latest_rounds(outcomes)
    exports = {blob.sha256: one for one in outcomes if one.stage == "export" for blob in one.files.values()}
    return tuple(
        Failed(_words(outcome, exports), outcome.stage, f"{outcome.failure}")
        for outcome in sorted(outcomes, key=lambda one: (one.created, one.key))
        if outcome.status == "failed" and MEASUREMENT not in outcome.files
        if outcome.context.round == rounds[outcome.context.sweep]
    )


def _latest_rounds(outcomes: Sequence[Outcome]) -> dict[str, str]:
    newest: dict[str, tuple[datetime, str]] = {}
    for outcome in outcomes:
        context, seen = outcome.context, (outcome.created, outcome.context.round)
        newest[context.sweep] = max(newest.get(context.sweep, seen), seen)
    return {sweep: name for sweep, (_, name) in newest.items()}


def _words(outcome: Outcome, exports: Mapping[str, Outcome]) -> str:
    """The cell in words: of a step after the export with what that export was of. ``exports``: by the sha256 of what they made."""
    inputs: Mapping[str, Any] = outcome.inputs
    artifact = inputs.get("artifact")
    exported = exports.get(str(artifact.get("sha256"))) if isinstance(artifact, dict) else None
    facts = {**(exported.inputs if exported else {}), **inputs}
    words = [str(facts[name]) for name in NAMED if isinstance(facts.get(name), str | int) and str(facts[name])]
    return " ".join(words) or outcome.key[:12]
