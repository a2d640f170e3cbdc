"""What makes two sweeps equal, and what is said of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from made_results import around, result, series

from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.keys import key_of
from mobileseg.fleet.store.outcome import Context, Outcome
from mobileseg.latency.results.result import Series


def stored(folder: Path, *cells: str, **changes: Any) -> Store:
    """A store with a measurement of each cell, in numbers of its own."""
    store = Store(folder)
    for number, cell in enumerate(cells):
        file = folder.parent / f"{folder.name}-{cell}.json"
        row = series(around(5.0, 10 * ord(folder.name[-1]) + number), file=f"{cell}.pte")
        file.write_text(result(Series(**{**row.model_dump(), **changes})).to_json())
        outcome = Outcome(
            stage="latency", key=key_of("latency", {"cell": cell}), inputs={"cell": cell}, status="done",
            figures={"median_ms": row.median_ms, "agreement": 1.0}, created=datetime.now(UTC), seconds=float(number), host="h",
            context=Context(run=folder.name, sweep="s"),
        )  # fmt: skip
        store.put(outcome, {"measurement.json": file})
    return store


def test_times_may_differ(benchmark: Any, tmp_path: Path) -> None:
    one, other = stored(tmp_path / "a", "x", "y"), stored(tmp_path / "b", "x", "y")
    may, must_not = benchmark("fleet_equal").unequal(one, other)
    assert not must_not
    assert may["measurement.json:series.samples_ms"] == may["outcome.figures.median_ms"] == 2


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"sha256": "another"}, "measurement.json:series.sha256"),
        ({"note": "untrained"}, "measurement.json:series.note"),
        ({"vs_host": {"agreement": 0.5, "sqnr_db": None, "max_error": None}}, "measurement.json:series.vs_host"),
        ({"warmup_ms": (1.0,)}, None),
    ],
)
def test_nothing_else_may(benchmark: Any, tmp_path: Path, changes: dict[str, Any], path: str | None) -> None:
    _, must_not = benchmark("fleet_equal").unequal(stored(tmp_path / "a", "x"), stored(tmp_path / "b", "x", **changes))
    assert list(must_not) == ([] if path is None else [path])


def test_fewer_samples_and_a_cell_that_is_missing_are_found(benchmark: Any, tmp_path: Path) -> None:
    equal = benchmark("fleet_equal")
    assert list(equal.differing({"a": [1, 2]}, {"a": [1]}, "m")) == ["m.a.length"]
    for stage in ("", "preprocess.", "postprocess."):
        assert equal.FREE.match(f"measurement.json:series.{stage}samples_ms")
        assert equal.FREE.match(f"measurement.json:series.{stage}median_ms")
        assert not equal.FREE.match(f"measurement.json:series.{stage}samples_ms.length")
    assert not equal.FREE.match("measurement.json:series.preprocess.description")
    _, must_not = equal.unequal(stored(tmp_path / "a", "x", "y"), stored(tmp_path / "b", "x"))
    assert must_not == {"latency in one sweep only": 1}


def test_the_paragraph_counts_what_was_killed(benchmark: Any) -> None:
    module = benchmark("fleet_result")
    kills = (("worker", "farm"), ("scheduler", ""), ("worker", "phones"), ("connection", "board"))
    found = module.FleetResult(
        created=datetime(2026, 1, 2, tzinfo=UTC), command="c", versions={}, machine="m", seed=5, devices={"farm": "this"}, cells=64,
        steps=80, kills=kills, begun=70, ended=66, differ={}, quiet_s=120.0, disturbed_s=300.0,
    )  # fmt: skip
    text = " ".join(module.fleet_lines(found))
    assert "64 cells (80 steps)" in text and "At 4 random points (seed 5)" in text
    assert (
        "workers with all that they had started: 2; the scheduler: 1; a device's connection (its adbd or sshd): 1"
        in text
    )
    assert "6 measurements were begun again" in text and "took 5 minutes; undisturbed 2" in text
    assert "python benchmarks/fleet_lab.py" in module.fleet_lines(None)[0]
