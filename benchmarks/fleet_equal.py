"""Whether two sweeps of one plan have the same results: every field of every outcome and of the JSON in its files, but for times."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.outcome import Outcome

FREE = re.compile(
    r"outcome\.(created|seconds|context\.run|figures\.(median_ms|p90_ms|load_ms|first_ms|peak_kb|deviations))\b"
    r"|outcome\.files\.[^:]*\.json:(sha256|size_bytes)$"  # what is in them is compared
    r"|[^:]*\.json:created$"
    r"|measurement\.json:(deviations|sessions\.(before|after|course))\b"
    r"|measurement\.json:series\.(load_ms|first_ms|peak_kb|process_peak_kb|warmup_ms|warmup_stable|effective_runs)\b"
    r"|measurement\.json:series\.(samples_ms|at_s|(pre|post)process\.samples_ms)$"  # not their lengths
    r"|measurement\.json:series\.((pre|post)process\.)?(median_ms|p90_ms|p99_ms|mean_ms|min_ms|mad_ms|variation|drift|outliers)\b"
)
"""Times, dates, memory, and the state of the device around them."""


def unequal(one: Store, other: Store) -> tuple[Counter[str], Counter[str]]:
    """The fields that differ, with how often: those that may (``FREE``), and those that must not. A step that only one sweep has is of
    the latter."""
    firsts, seconds = ({(o.stage, o.key): o for o in store.outcomes()} for store in (one, other))
    may, must_not = Counter[str](), Counter[str]()
    for stage, key in firsts.keys() ^ seconds.keys():
        must_not[f"{stage} in one sweep only"] += 1
        del key
    for name in firsts.keys() & seconds.keys():
        for path in differing(facts(firsts[name], one), facts(seconds[name], other)):
            (may if FREE.match(path) else must_not)[path] += 1
    return may, must_not


def facts(outcome: Outcome, store: Store) -> dict[str, Any]:
    """An outcome and the JSON of its files; other files are in it by their sha256."""
    found: dict[str, Any] = {"outcome": outcome.model_dump(mode="json")}
    blobs = found["outcome"].pop("files")
    found |= {f"outcome.files.{name}:{field}": value for name, blob in blobs.items() for field, value in blob.items()}
    for name, blob in outcome.files.items():
        if name.endswith(".json"):
            fields = json.loads(store.blob(blob.sha256).read_text(encoding="utf-8"))
            found |= {f"{name}:{field}": value for field, value in fields.items()}
    return found


def differing(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The paths of what differs, without the places in lists; ``.length`` where lists are of other lengths."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from differing(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{path}.length"
        yield from dict.fromkeys(name for a, b in zip(one, other, strict=False) for name in differing(a, b, path))
    elif one != other:
        yield path
