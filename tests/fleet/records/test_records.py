"""Results as tables: what is asked of them equals the JSON."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from in_process import call
from made_results import around, counts, result, series

from mobileseg import fleet
from mobileseg.errors import RequestError
from mobileseg.latency.results.result import Result, read_result

BEGIN = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
WEEKS = (10.0, 10.1, 9.9, 10.0, 12.0, 12.1, 11.9)


def measured(folder: Path, **more: object) -> list[Path]:
    """One result a week: a file that got a fifth slower, and one that did not."""
    paths = []
    for week, level in enumerate(WEEKS):
        rows = series(around(level, week)), series(around(5.0, 100 + week), model="other", file="b.pte")
        found = result(*rows, created=BEGIN + timedelta(weeks=week), **more)
        paths.append(folder / f"week{week}.json")
        paths[-1].write_text(found.to_json())
    return paths


def test_tables_equal_the_json(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths, store = measured(tmp_path), tmp_path / "store"
    assert fleet.index(paths, store=store) == {"runs": 1, "cells": 7, "series": 14, "samples": 700}
    assert fleet.index(paths, store=store)["series"] == 14, "each file is taken in once"
    truth = [Result.model_validate_json(path.read_text()) for path in paths]
    found = fleet.query(
        "select created, file, median_ms, p90_ms, threads from series order by created, series", store=store
    )
    assert found.columns == ("created", "file", "median_ms", "p90_ms", "threads")
    assert list(found.rows) == [(r.created, s.file, s.median_ms, s.p90_ms, 1) for r in truth for s in r.series]
    (((sums, number),)) = fleet.query("select sum(ms), count(*) from samples", store=store).rows
    assert sums == pytest.approx(sum(sum(s.samples_ms) for r in truth for s in r.series)) and number == 700
    done = call(
        capfd,
        "results",
        "query",
        "select file, median_ms from series order by created, series",
        "--store",
        store,
        "--csv",
        tmp_path / "a.csv",
    )
    assert done.code == 0, done.err
    rows = list(csv.reader((tmp_path / "a.csv").open()))
    assert rows == [["file", "median_ms"], *([s.file, str(s.median_ms)] for r in truth for s in r.series)]


def test_a_trend_says_when_a_cell_got_slower(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "store"
    fleet.index(measured(tmp_path), store=store)
    slow, same = fleet.trend(store=store).trends
    assert (slow.cell["model"], same.cell["model"]) == ("m", "other") and same.steps == ()
    (step,) = slow.steps
    assert (step.at, step.points, step.verdict, step.runtime_changed) == (4, 3, "slower", False)
    assert step.ratio == pytest.approx(1.2, rel=0.02) and slow.points[4].created == BEGIN + timedelta(weeks=4)
    done = call(capfd, "results", "trend", "--store", store, "--json", tmp_path / "trend.json")
    assert done.code == 0 and "slower 1." in done.out and "2026-11-30" in done.out
    assert json.loads((tmp_path / "trend.json").read_text())["trends"][0]["steps"][0]["at"] == 4


def test_a_protocol_with_other_numbers_begins_anew(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths, store = measured(tmp_path), tmp_path / "store"
    for path in paths[4:]:  # where the level changes
        found = read_result(path)
        other = found.protocol.model_copy(update={"settle": 7})
        path.write_text(found.model_copy(update={"protocol": other}).to_json())
    fleet.index(paths, store=store)
    trends = fleet.trend(store=store).trends
    assert [(one.steps, one.protocol_changes) for one in trends] == [((), (4,)), ((), (4,))]
    done = call(capfd, "results", "trend", "--store", store)
    assert "slower" not in done.out
    said = " ".join(done.out.split())
    assert "protocol quick has other numbers since 2026-11-30; not compared across it" in said, done


def test_what_its_protocol_refuses_is_no_point_and_counts_have_no_noise(tmp_path: Path) -> None:
    store = tmp_path / "store"
    paths = measured(tmp_path, complete=False, reason="lost")
    for week, number in enumerate((1000, 1000, 1001)):
        row = series([], counts=counts(number), samples_ms=(), at_s=())
        found = result(row, created=BEGIN + timedelta(weeks=week), device="emulated:cortex-a76", quantity="counts")
        paths.append(tmp_path / f"counts{week}.json")
        paths[-1].write_text(found.to_json())
    fleet.index(paths, store=store)
    found_trends = fleet.trend(store=store)
    assert found_trends.left_out == 14
    (trend,) = found_trends.trends
    assert trend.unit == "instructions" and [(s.at, s.verdict) for s in trend.steps] == [(2, "slower")]


def test_questions_and_files_that_make_no_sense(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RequestError, match="none at"):
        fleet.query("select 1", store=tmp_path / "none")
    fleet.index(measured(tmp_path)[:1], store=tmp_path / "store")
    with pytest.raises(RequestError, match=r"SQL about the tables runs, cells, series, samples; found .*nothing"):
        fleet.query("select nothing from series", store=tmp_path / "store")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(RequestError, match=r"other\.json"):
        fleet.index([tmp_path / "other.json"], store=tmp_path / "store")
    for words, said in (
        (("guess",), "index, query, trend"), (("query",), "one question"), (("trend", "x"), "without arguments"),
        (("index", "--csv", "a.csv"), "--csv with query"),
    ):  # fmt: skip
        done = call(capfd, "results", *words, "--store", tmp_path / "store")
        assert done.code == 2 and said in done.err, done.err
