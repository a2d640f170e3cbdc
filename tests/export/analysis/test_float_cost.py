"""What the manifest says of the latency of layers that stay float."""

from pathlib import Path

import numpy as np
import pytest

from mobileseg.data.images import Batch
from mobileseg.export import export_model
from mobileseg.export.analysis.float_cost import with_latency
from mobileseg.export.backends.contract import Lowered, Timer, TimeRatio
from mobileseg.export.manifest import KeptLayer
from mobileseg.export.quantization.keep_float import KeepFloat
from mobileseg.latency.devices.contract import RunnerFailedError
from mobileseg.latency.measuring.pair import time_pair

LAYER = KeptLayer(layer="network.head.classify", reason="a test")
ASKED = KeepFloat(model="seaformer-tiny", keep=(LAYER,))
BATCH = np.zeros((1, 3, 2, 2), np.float32)


def fixed(value: float, interval: tuple[float, float] | None, seen: list[tuple[str, str]]) -> Timer:
    def timer(file: Path, base: Path, batch: Batch) -> TimeRatio:
        assert batch is BATCH
        seen.append((file.name, base.name))
        return TimeRatio(value, interval, "host (that)")

    return timer


def test_it_is_the_file_over_the_one_all_in_int8() -> None:
    seen: list[tuple[str, str]] = []
    timer = fixed(1.234567, (1.1, 1.40004), seen)
    part = with_latency(ASKED, timer, Lowered(Path("kept.pte")), Lowered(Path("whole.pte")), BATCH).part()
    assert (part.latency_ratio, part.latency_interval, part.device) == (1.2346, (1.1, 1.4), "host (that)")
    assert seen == [("kept.pte", "whole.pte")]


def test_an_interval_that_is_not_known_stays_so() -> None:
    part = with_latency(ASKED, fixed(2.0, None, []), Lowered(Path("a.pte")), Lowered(Path("b.pte")), BATCH).part()
    assert (part.latency_ratio, part.latency_interval) == (2.0, None)


def refuses(file: Path, base: Path, batch: Batch) -> TimeRatio:
    raise RunnerFailedError(expected="the runner to finish", found="signal 9", fix="is there memory enough?")


@pytest.mark.parametrize(("timer", "measured"), [(time_pair, True), (None, False), (refuses, False)])
def test_the_manifest_says_what_was_measured(timer: Timer | None, measured: bool, tmp_path: Path) -> None:
    layers = tmp_path / "layers.toml"
    layers.write_text(ASKED.to_toml())
    said: list[str] = []
    made = export_model(
        "seaformer-tiny", "onnx", precision="int8", size=(64, 96), keep_float=layers, timer=timer,
        output=tmp_path / "tiny.onnx", progress=said.append,
    )  # fmt: skip
    asked = made.manifest.precision.requested
    assert asked is not None
    if measured:
        assert asked.latency_ratio is not None and asked.latency_interval is not None
        assert asked.latency_interval[0] <= asked.latency_ratio <= asked.latency_interval[1]
    else:
        assert (asked.latency_ratio, asked.latency_interval, asked.device) == (None, None, None)
    assert any("signal 9" in word for word in said) == (timer is refuses)
