"""What the manifest says of the latency of layers that stay float."""

from pathlib import Path

import numpy as np
from street_net import NAME

from mobileseg.data.images import Batch
from mobileseg.export import export_model
from mobileseg.export.analysis.float_cost import with_latency
from mobileseg.export.backends.contract import Lowered, Timer, TimeRatio
from mobileseg.export.manifest import KeptLayer
from mobileseg.export.quantization.keep_float import KeepFloat
from mobileseg.latency.devices.contract import RunnerFailedError

LAYER = KeptLayer(layer="network.classify", reason="a test")
ASKED = KeepFloat(model=NAME, keep=(LAYER,))
SIZE = (64, 96)
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


def test_an_export_without_a_measurement_says_so(tmp_path: Path) -> None:
    """``tests/cli/test_pipeline.py`` has the one that is measured."""
    layers = tmp_path / "layers.toml"
    layers.write_text(ASKED.to_toml())
    said: list[str] = []
    made = export_model(
        NAME,
        "onnx",
        precision="int8",
        size=SIZE,
        keep_float=layers,
        timer=refuses,
        output=tmp_path / "a.onnx",
        progress=said.append,
    )
    asked = made.manifest.precision.requested
    assert asked is not None and asked.layers == ASKED.keep
    assert (asked.latency_ratio, asked.latency_interval, asked.device) == (None, None, None)
    assert any("latency not measured" in word and "signal 9" in word for word in said)
