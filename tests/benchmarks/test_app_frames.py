"""The app's frames before and now: JMH's JSON to rows, ratios and the table that is committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mobileseg.errors import RequestError


@pytest.fixture
def frames(benchmark: Any) -> Any:
    return benchmark("app_frames")


def entry(method: str, samples: list[float], **asked: str) -> dict[str, object]:
    return {
        "benchmark": f"org.mobileseg.demo.speed.FrameBenchmark.{method}",
        "params": asked,
        "primaryMetric": {"rawData": [[9.0] * len(samples)]},
        "secondaryMetrics": {
            "nanos": {"rawData": [[2e6 * sample for sample in samples]]},
            "frames": {"rawData": [[2] * len(samples)]},
        },
    }


def made(frames: Any, scale: float = 1.0) -> Any:
    stages = [
        {"stage": "input", "stride": 2, "degrees": 90, "before_ms": [[8.0, 8.2]] * 3, "now_ms": [[2 * scale] * 2] * 3},
        {
            "stage": "class_map",
            "stride": None,
            "degrees": None,
            "before_ms": [[1.0] * 2] * 3,
            "now_ms": [[0.5] * 2] * 3,
        },
        {"stage": "colours", "stride": None, "degrees": None, "before_ms": [[1.0] * 2] * 3, "now_ms": [[0.5] * 2] * 3},
    ]
    return frames.AppFrames.model_validate(
        {
            "created": "2026-11-30T00:00:00Z",
            "properties": {
                "model": "board", "soc": None, "os": "Linux", "kernel": None, "architecture": "x86_64", "cores": [],
            },
            "versions": {"jmh": "1.37", "jdk": "17"},
            "stages": [
                {**stage, "threads": threads, "clock": clock}
                for threads, clock in ((1, "processor"), (2, "wall"))
                for stage in stages
            ],
        }
    )  # fmt: skip


def test_jmh_is_read(frames: Any) -> None:
    entries = [
        entry("input", [3.00004, 2.5], stride="2", degrees="90", version="now"),
        entry("classMap", [0.5, 0.4], version="before"),
    ]
    found = {("input", 2, 90, "now"): (3.0, 2.5), ("class_map", None, None, "before"): (0.5, 0.4)}
    assert frames.measured(entries, "processor") == found
    assert frames.measured(entries, "wall") == dict.fromkeys(found, (9.0, 9.0))


def test_all_stages_are_summed(frames: Any) -> None:
    ratio = made(frames).together(1, 2, 90)
    assert ratio.value == pytest.approx(3 / 10.1)
    assert ratio.interval is not None and ratio.interval[0] <= ratio.value <= ratio.interval[1]
    assert made(frames, 2).together(2, 2, 90).value == pytest.approx(5 / 10.1)


def test_what_was_not_measured_is_said(frames: Any) -> None:
    with pytest.raises(RequestError) as raised:
        made(frames).together(1, 1, 0)
    assert "make android-speed" in raised.value.fix


def test_the_table(frames: Any) -> None:
    lines = frames.table(made(frames))
    assert lines[-1].startswith("| 2, 90° | 8.10 | 2.00 | 1.00 | 0.50 | 1.00 | 0.50 | 0.30 (")
    begin, end = frames.BEGIN, frames.END
    assert frames.with_table(f"a\n{begin}\nold\n{end}\nb", ["new"]) == f"a\n{begin}\nnew\n{end}\nb"


def test_another_file_is_refused(frames: Any, tmp_path: Path) -> None:
    with pytest.raises(RequestError):
        frames.read_app_frames(tmp_path / "none.json")


def test_the_committed_table_is_that_of_the_results(frames: Any) -> None:
    text = frames.README.read_text(encoding="utf-8")
    found = frames.read_app_frames(frames.RESULTS)
    assert frames.with_table(text, frames.table(found)) == text
    inputs = [stage for stage in found.stages if stage.stage == "input" and stage.threads == 1]
    assert {(one.stride, one.degrees) for one in inputs} == {(1, 0), (1, 90), (2, 0), (2, 90)}
    for one in inputs:
        assert found.together(1, one.stride, one.degrees).value <= 1 / 3
