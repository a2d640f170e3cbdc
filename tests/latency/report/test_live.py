"""The Android app's shared report, read and shown."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.latency.report.documents import read_results
from mobileseg.latency.report.page import render
from mobileseg.latency.report.sections import sections

TIMES = {"median_ms": 4.25, "p90_ms": 5.5}


def share(mean: float | None, count: int = 120) -> dict[str, Any]:
    return {"mean": mean, "median": mean, "count": count}


def live(**more: Any) -> dict[str, Any]:
    model = {
        "file": "int8.pte", "sha256": "ab" * 32, "model": "seaformer-tiny", "target": "executorch", "precision": "int8",
        "size": [512, 512], "emit": "logits", "note": None, "runtime": "ExecuTorch",
        "flips": share(0.0123), "prepare": TIMES, "infer": TIMES, "classify": TIMES,
    }  # fmt: skip
    other = {**model, "file": "float32.pte", "sha256": "cd" * 32, "precision": "float32", "note": "RANDOM WEIGHTS"}
    return {
        "schema_version": 1, "created": "2026-01-02T03:04:05Z", "live": {"kind": "video", "name": "drive.mp4"},
        "app": "0.1", "threads": 2, "sensors": {"thermal_status": 0, "clocks": []}, "thermal_headroom": 0.41,
        "properties": {"model": "A phone", "soc": None, "os": "Android 16", "kernel": None, "architecture": "aarch64",
                       "cores": [{"number": 0}], "memory_kb": 8_000_000},
        "frames_per_second": 29.97, "agreement": share(0.9876), "models": [model, other], **more,
    }  # fmt: skip


def written(folder: Path, **more: Any) -> Path:
    path = folder / "live.json"
    path.write_text(json.dumps(live(**more)))
    return path


def test_figures_are_shown_as_they_are(tmp_path: Path) -> None:
    found = read_results([written(tmp_path)])
    (section,) = sections(found)
    assert section.title == "Live view of video drive.mp4"
    assert [[cell.value for cell in row[3:]] for row in section.tables[0].rows] == [[0.0123, 120, 4.25, 4.25, 4.25]] * 2
    assert any("98.76 %" in note for note in section.notes)
    assert section.warnings == ("float32.pte: RANDOM WEIGHTS",)
    page = render(found, "live")
    for words in ("1.23 %", "p90 5.50", "Android 16", "0.41", "30.0", "ab" * 32):
        assert words in page


def test_what_was_not_measured_says_so(tmp_path: Path) -> None:
    nothing = {"mean": None, "median": None, "count": 0}
    model = {**live()["models"][0], "flips": nothing, "infer": {"median_ms": None, "p90_ms": None}}
    path = written(
        tmp_path, models=[model], agreement=None, frames_per_second=None, live={"kind": "camera", "name": None}
    )
    (section,) = sections(read_results([path]))
    assert section.title == "Live view of the camera"
    assert [cell.text for cell in section.tables[0].rows[0]].count("not measured") == 2


@pytest.mark.parametrize(
    "change",
    [{"models": []}, {"agreement": share(1.5)}, {"agreement": share(0.5, 0)}, {"live": {"kind": "file", "name": None}}],
)
def test_figures_that_cannot_be_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match="Share report in the Android app"):
        read_results([written(tmp_path, **change)])


def test_another_version_and_the_same_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLackError, match="version 2"):
        read_results([written(tmp_path, schema_version=2)])
    path = written(tmp_path)
    shutil.copy(path, tmp_path / "again.json")
    with pytest.raises(RequestError, match="the same live view"):
        read_results([path, tmp_path / "again.json"])
