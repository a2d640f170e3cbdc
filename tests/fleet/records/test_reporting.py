"""The page of a store: all its results, and why cells have none."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from in_process import call
from made_comparisons import comparison
from made_results import around, result, series

from mobileseg import fleet
from mobileseg.errors import RequestError
from mobileseg.fleet.records.reporting import failed_in, results_in
from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.outcome import Context, Failure, Outcome

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
BROKEN = Failure(kind="GateError", expected="good weights", found="bad <b>ones</b>", fix="train them", exit_code=1)


def outcome(key: str, stage: str, week: int, **more: Any) -> Outcome:
    context = Context(run=f"r{week}", sweep="weekly", round=f"w{week}")
    head: dict[str, Any] = {
        "stage": stage, "key": key, "inputs": {}, "status": "done", "created": BEGIN + timedelta(weeks=week), "seconds": 1.0, "host": "h",
        "context": context,
    }  # fmt: skip
    return Outcome(**head | more)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three rounds: a file measured in each, compared once; an export that failed in the first and in the last."""
    made, file = Store(tmp_path / "store"), tmp_path / "x.json"
    for week in range(3):
        file.write_text(result(series(around(10.0, week)), created=BEGIN + timedelta(weeks=week)).to_json())
        made.put(outcome(f"{week}" * 20, "latency", week), {"measurement.json": file})
    file.write_text(comparison("a", 1, "int8", artifact_sha256="0", artifact_file="a.pte").to_json())
    made.put(outcome("c" * 20, "compare", 0), {"comparison.json": file})
    for week, model in ((0, "repaired-since"), (2, "van-b0-fpn")):
        inputs = {"model": model, "precision": "int8", "size": "64x64", "target": "onnx", "seed": 1}
        made.put(outcome(f"e{week}" * 10, "export", week, status="failed", failure=BROKEN, inputs=inputs), {})
    return made


def test_a_store_is_a_page_with_its_failures(store: Store, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = call(capfd, "report", store.folder, "--output", tmp_path / "page.html")
    assert done.code == 0, done.err
    page = (tmp_path / "page.html").read_text()
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    assert (
        "van-b0-fpn 64x64 onnx int8: export failed: expected good weights; found bad &lt;b&gt;ones&lt;/b&gt;; fix: train them"
        in text
    )
    assert "repaired-since" not in text, "of an earlier round"
    assert "latency 000000000000" in text and "compare cccccccccccc" in text
    assert 'id="trends"' in page
    found = fleet.report([store.folder])
    assert [source.kind for source in found.sources] == ["comparison"] + ["measurement"] * 3


def test_a_step_after_the_export_is_called_by_what_was_exported(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.pte").write_bytes(b"file")
    inputs = {"model": "seaformer-tiny", "target": "executorch", "precision": "int8"}
    kept = store.put(outcome("e" * 20, "export", 2, inputs=inputs), {"a.pte": tmp_path / "a.pte"})
    artifact = {"file": "a.pte", "sha256": kept.files["a.pte"].sha256}
    lost = {"artifact": artifact, "device": "adb:pixel", "threads": "big"}
    store.put(outcome("f" * 20, "latency", 2, status="failed", failure=BROKEN, inputs=lost), {})
    words = [cell.what for cell in failed_in(list(store.outcomes())) if cell.stage == "latency"]
    assert words == ["seaformer-tiny executorch int8 adb:pixel big"]


def test_a_measurement_that_two_steps_share_is_there_once(store: Store) -> None:
    first = store.get("latency", "0" * 20)
    assert first is not None
    store.put(outcome("9" * 20, "latency", 2, files=first.files), {})
    assert len(results_in(list(store.outcomes()), store)) == 4


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="none at"):
        fleet.report(tmp_path)
    Store(tmp_path / "empty")
    with pytest.raises(RequestError, match="measured something"):
        fleet.report(tmp_path / "empty")
