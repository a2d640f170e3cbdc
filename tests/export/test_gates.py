"""A gate can fail the export, whether it was asked for or not; a figure that was not measured fails what was asked for."""

from pathlib import Path

import numpy as np
import pytest
import torch
from made_once import exported_once
from PIL import Image
from street_net import NAME, StreetNet

import mobileseg
from mobileseg.cli.export_report import report
from mobileseg.errors import GateError, RequestError
from mobileseg.export import export_model, plan_export
from mobileseg.export.evaluation.floors import FLOORS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("target", "gate", "message"),
    [
        ("onnx", {"require_agreement": 1.0, "precision": "int8"}, "pixels"),
        ("onnx", {"require_sqnr": 90.0, "precision": "int8"}, "90 dB"),
        ("onnx", {"require_delegation": 50.0}, "not measured"),
    ],
)
def test_no_file_below_the_gate(tmp_path: Path, target: str, gate: dict[str, object], message: str) -> None:
    with pytest.raises(GateError, match=message):
        export_model(NAME, target, size=(32, 64), output=tmp_path / "a.onnx", **gate)
    assert list(tmp_path.iterdir()) == []


def spoiled(path: Path) -> Path:
    """A classifier whose weights are thousands of times as large for a channel that is always zero: they take all its int8 steps."""
    model = StreetNet()
    with torch.no_grad():
        model.get_parameter("spread.0.weight")[0] = 0
        model.get_parameter("spread.0.bias")[0] = 0
        model.get_parameter("classify.weight")[:, 0] = 1e5
    torch.save(model.state_dict(), path)
    return path


def test_int8_that_is_worthless_is_not_kept(tmp_path: Path) -> None:
    """The file follows its quantized graph to the last step; the graph has nothing to do with the network."""
    weights = spoiled(tmp_path / "w.pth")
    options = {"precision": "int8", "size": (64, 96), "weights": weights, "output": tmp_path / "a.onnx"}
    with pytest.raises(GateError, match="agreement"):
        export_model(NAME, "onnx", emit="mask", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["w.pth"]


@pytest.mark.parametrize("precision", ["float32", "int8", "int8-weights", "int8-dynamic"])
def test_weights_that_give_nan_are_found_before_anything_slow(tmp_path: Path, precision: str) -> None:
    """Every number of the checkpoint is finite; the square root of a negative variance is not."""
    state = mobileseg.create_model(NAME).state_dict()
    state["down.1.running_var"][0] = -1
    torch.save(state, tmp_path / "w.pth")
    options = {"precision": precision, "size": (64, 96), "weights": tmp_path / "w.pth", "output": tmp_path / "a.onnx"}
    said: list[str] = []
    with pytest.raises(GateError, match=r"NaN in .* of logits for the first image"):
        export_model(NAME, "onnx", progress=said.append, **options)
    assert not any("lower" in stage for stage in said)
    assert [path.name for path in tmp_path.iterdir()] == ["w.pth"]


def test_images_that_the_ranges_do_not_fit_fail_the_floor(tmp_path: Path) -> None:
    """Calibrated on night, verified on day: the verification on the calibration's own images would not see it."""
    for name, brightness in (("night", 0.02), ("day", 1.0)):
        (tmp_path / name).mkdir()
        for seed in range(9):
            noise = np.random.default_rng(seed).integers(0, 256, (8, 12, 3)).repeat(8, 0).repeat(8, 1)
            Image.fromarray((noise * brightness).astype(np.uint8)).save(tmp_path / name / f"{seed}.png")
    options = {"precision": "int8", "size": (64, 96), "calibration": tmp_path / "night"}
    with pytest.raises(GateError, match=r"agreement|SQNR"):
        export_model(NAME, "onnx", output=tmp_path / "a.onnx", verify_data=tmp_path / "day", **options)
    assert not (tmp_path / "a.onnx").exists()


def test_the_manifest_says_what_was_required_and_where(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = exported_once(tmp_path_factory, "street-int8-onnx", "onnx", NAME, precision="int8", size=(64, 96)).manifest
    found, seen = made.verification, made.calibration
    assert seen is not None
    assert (found.status, found.same_as_calibration, found.floor) == ("passed", False, FLOORS["int8"])
    assert [gate.verdict for gate in found.gates] == ["PASS", "PASS"]
    assert found.source != seen.source
    assert any(line.startswith("gate       PASS agreement") for line in report(made))


def test_a_plan_says_so_too() -> None:
    found = plan_export("seaformer-tiny", "onnx", precision="int8", size=(64, 96), require_agreement=0.9)
    assert found.calibration is not None
    assert found.calibration.sha256 != found.verification.sha256
    assert (found.floor.agreement, found.floor.sqnr_db) == (0.9, FLOORS["int8"].sqnr_db)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"emit": "mask", "require_sqnr": 10}, "--require-agreement"),
        ({"require_sqnr": -1}, "--require-sqnr"),
        ({"require_agreement": float("nan")}, "--require-agreement"),
        ({"stuff_area": 10}, "--stuff-area of a panoptic file"),
        ({"nms_kernel": 4}, "--nms-kernel"),
        ({"verify_data": "nowhere"}, "nowhere"),
    ],
)
def test_gates_that_cannot_be_are_refused(tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        export_model("seaformer-tiny", "onnx", size=(64, 96), output=tmp_path / "a.onnx", **options)
