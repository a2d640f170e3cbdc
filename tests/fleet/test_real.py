"""One cell for real: exported, verified, compared and measured on this machine, and on the page that a browser shows."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from browsing import opened, saved_csv
from playwright.sync_api import Browser

from mobileseg import fleet
from mobileseg.export import open_artifact
from mobileseg.fleet.engine import cluster
from mobileseg.fleet.store.folder import Store
from mobileseg.latency.results.result import Result, read_result

PLAN: dict[str, Any] = {
    "name": "real",
    "tags": ["test"],
    "matrix": {
        "models": ["seaformer-tiny"],
        "targets": ["onnx"],
        "sizes": ["64x64"],
        "data": ["samples"],
        "devices": ["host"],
    },
}


@pytest.mark.slow
def test_a_real_cell(workers: Any, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "embedded", lambda jobs, devices: contextlib.nullcontext(workers))
    found = fleet.sweep(PLAN, store=tmp_path / "store", jobs=1)
    found.check()
    (cell,) = found.cells
    assert set(cell.figures) == {"export", "verify", "compare", "latency"}
    assert cell.figures["compare"]["verdict"] == "UNKNOWN", "a dozen images decide nothing"
    store = Store(tmp_path / "store")
    exported, measured = (store.get(stage, cell.keys[stage]) for stage in ("export", "latency"))
    assert exported is not None and measured is not None
    (tmp_path / "again").mkdir()
    for name, blob in exported.files.items():
        (tmp_path / "again" / name).write_bytes(store.blob(blob.sha256).read_bytes())
    artifact = open_artifact(tmp_path / "again" / "seaformer-tiny-float32.onnx")
    assert artifact.size == (64, 64)
    result = read_result(store.blob(measured.files["measurement.json"].sha256))
    assert (result.device, result.complete) == ("host", True)
    assert result.series[0].sha256 == artifact.manifest.artifact.sha256 == cell.figures["export"]["sha256"]
    assert result.series[0].median_ms == cell.figures["latency"]["median_ms"]
    text = json.dumps([one.model_dump(mode="json") for one in store.outcomes()])
    assert str(tmp_path) not in text and "/tmp" not in text
    assert fleet.plan_sweep(PLAN, store=tmp_path / "store").open_steps == 0
    assert fleet.sweep(PLAN, store=tmp_path / "store", jobs=1).done_now == 0
    compared = store.get("compare", cell.keys["compare"])
    assert compared is not None
    accuracy = json.loads(store.blob(compared.files["comparison.json"].sha256).read_text())
    _page_and_query_equal_the_json(tmp_path, browser, result, accuracy)


def _page_and_query_equal_the_json(folder: Path, browser: Browser, result: Result, accuracy: dict[str, Any]) -> None:
    series, seen = result.series[0], list[str]()
    fleet.report(folder / "store", folder / "page.html")
    with opened(browser, folder / "page.html", seen) as page:
        (row,) = saved_csv(page, "#latency table >> nth=0")
        said = page.locator("#summary .sentences").inner_text()
    assert seen == [(folder / "page.html").as_uri()]
    assert "Too little was measured to decide on the accuracy of seaformer-tiny-float32.onnx" in said
    assert [float(row[name]) for name in ("Median, ms", "p90, ms", "Size", "Accuracy")] == [
        series.median_ms, series.p90_ms, series.size_bytes, accuracy["artifact"]["miou"]
    ]  # fmt: skip
    fleet.index(store=folder / "store")
    asked = "select file, median_ms, p90_ms from series"
    assert fleet.query(asked, store=folder / "store").rows == ((series.file, series.median_ms, series.p90_ms),)
