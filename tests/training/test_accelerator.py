"""Whole runs on a real accelerator, where there is one. ``test_pretended.py`` runs the same code without."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import mobileseg
from mobileseg.data.dataset import open_labelled
from mobileseg.models.registry import MODELS
from mobileseg.training.compute import Compute, mixed_precision
from mobileseg.training.request import TrainingRequest, train
from mobileseg.training.strategy import FloatStrategy

pytestmark = pytest.mark.slow
SIZE = (64, 96)
CONFIG: dict[str, Any] = {
    "epochs": 14, "batch_size": 4, "size": SIZE, "crop": (64, 64), "lr": 4e-3, "eval_interval": 2, "ema": 0.5,
    "scale": (0.8, 1.2),
}  # fmt: skip


@pytest.fixture(
    params=[
        pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")),
        pytest.param("mps", marks=pytest.mark.skipif(not torch.backends.mps.is_available(), reason="no MPS device")),
    ]
)
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


def run(data: Path, output: Path, **options: Any) -> dict[str, Any]:
    config = {key: value for key, value in CONFIG.items() if not (options.get("int8") and key == "crop")}
    outcome = mobileseg.finetune("seaformer-tiny", data, output=output, **{**config, **options})
    state = load_file(outcome.weights)
    assert all(torch.isfinite(value.float()).all() for value in state.values())
    found: dict[str, Any] = json.loads(outcome.record.read_text())
    # The scores are those that the file has on a CPU.
    model = mobileseg.create_model("seaformer-tiny", weights=str(outcome.weights))
    score = FloatStrategy().evaluate(model, open_labelled(data / "test"), SIZE, panoptic=False).score
    assert score == pytest.approx(found["measured"]["test_miou"], abs=0.005)
    return found


@pytest.mark.parametrize("amp", [None, False])
def test_a_float_run_learns(data: Path, tmp_path: Path, device: str, amp: bool | None) -> None:
    found = run(data, tmp_path / "w.safetensors", device=device, amp=amp)
    assert found["curve"][-1]["loss"] < 0.5 * found["curve"][0]["loss"]
    precision = Compute(torch.device(device), mixed_precision(torch.device(device), amp)).precision
    assert found["computed"] == [{"device": device, "precision": precision, "epochs": 14}]


def test_an_int8_run_follows_a_float_run(data: Path, tmp_path: Path, device: str) -> None:
    run(data, tmp_path / "float.safetensors", device=device)
    found = run(
        data, tmp_path / "int8.safetensors", weights=tmp_path / "float.safetensors", device=device, int8=True, epochs=2
    )
    assert found["computed"] == [{"device": device, "precision": "float32", "epochs": 2}]
    assert found["measured"]["test_int8_miou"] > found["measured"]["test_miou_of_position_baseline"]


@pytest.mark.parametrize("first_here", [True, False])
def test_a_run_is_resumed_on_another_device(data: Path, tmp_path: Path, device: str, first_here: bool) -> None:
    spec, output = MODELS["seaformer-tiny"], tmp_path / "w.safetensors"
    there = TrainingRequest.of(spec, data, output, config={**CONFIG, "epochs": 4}, device=device)
    here = dataclasses.replace(there, compute=Compute())
    first, second = (there, here) if first_here else (here, there)

    def stop(report: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(first, stop)
    record = json.loads(train(second).record.read_text())
    assert [part["epochs"] for part in record["computed"]] == [1, 3]
    assert {part["device"] for part in record["computed"]} == {"cpu", device}


def test_the_panoptic_branch_is_trained(scenes: Callable[[str], Path], tmp_path: Path, device: str) -> None:
    small = {"epochs": 1, "eval_interval": 1, "crop": (33, 33), "size": (33, 65)}
    request = TrainingRequest.of(
        MODELS["axial-deeplab-xs"],
        scenes("instances"),
        tmp_path / "p.safetensors",
        config={**CONFIG, **small},
        device=device,
    )
    assert "test_pq" in train(request).measured
