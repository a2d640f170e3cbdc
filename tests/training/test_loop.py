"""Training for real, on scenes that a small network learns in seconds."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import mobileseg
from mobileseg.data.dataset import open_labelled
from mobileseg.errors import RequestError
from mobileseg.models.registry import MODELS
from mobileseg.training.forms import FloatForm
from mobileseg.training.request import TrainingRequest, train
from mobileseg.training.state import Run
from mobileseg.weights.resolve import resolve

pytestmark = pytest.mark.slow
RECIPE: dict[str, Any] = {
    "epochs": 4, "batch": 4, "size": (64, 96), "crop": (64, 64), "rate": 4e-3, "every": 2, "ema": 0.5, "scale": (0.8, 1.2)
}  # fmt: skip


@pytest.fixture(scope="module")
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


def request(data: Path, output: Path, **recipe: Any) -> TrainingRequest:
    return TrainingRequest.of(
        MODELS["seaformer-tiny"], data, output, licence="ours", recipe={**RECIPE, **recipe}, force=True
    )


def test_learns_and_says_where_the_weights_come_from(data: Path, tmp_path: Path) -> None:
    losses: list[float] = []
    outcome = train(request(data, tmp_path / "w.safetensors", epochs=14), lambda report: losses.append(report.loss))
    assert losses[-1] < 0.5 * losses[0]
    assert outcome.measured["test_miou"] > outcome.measured["test_miou_of_position_baseline"]
    record = json.loads((tmp_path / "w.json").read_text())
    assert record["licence"] == "ours"
    assert record["recipe"]["epochs"] == 14
    assert record["measured"] == outcome.measured
    assert len(record["curve"]) == 14
    assert (tmp_path / "w.png").stat().st_size > 5000
    assert not (tmp_path / "w.state").exists()
    # The figures are those of the file, not of what was rounded to make it.
    model = mobileseg.create_model("seaformer-tiny", weights=str(tmp_path / "w.safetensors"))
    found = FloatForm().evaluate(model, open_labelled(data / "test"), (64, 96), panoptic=False)
    assert found.score == pytest.approx(outcome.measured["test_miou"], abs=1e-6)


def test_the_record_travels_with_the_file(data: Path, tmp_path: Path) -> None:
    train(request(data, tmp_path / "w.safetensors", epochs=1))
    source = resolve(tmp_path / "w.safetensors", MODELS["seaformer-tiny"])
    assert source.record is not None
    assert source.record.classes == ("ground", "sky", "disc")
    assert source.licence == "ours"
    assert resolve(tmp_path / "w.safetensors", MODELS["seaformer-small"]).record is None


SCRIPT = """
import sys, torch
from pathlib import Path
torch.set_num_threads(1)
from mobileseg.models.registry import MODELS
from mobileseg.training.request import TrainingRequest, train
recipe = eval(sys.argv[3])
train(TrainingRequest.of(MODELS["seaformer-tiny"], Path(sys.argv[1]), Path(sys.argv[2]), recipe=recipe, force=True))
"""


def test_killed_and_repeated_gives_the_same_weights(data: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    train(request(data, whole))
    command = [sys.executable, "-c", SCRIPT, str(data), str(broken), repr(RECIPE)]
    process = subprocess.Popen(command)
    state = broken.with_suffix(".state")
    while not state.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state.exists()
    assert not broken.exists()
    subprocess.run(command, check=True)
    first, second = load_file(whole), load_file(broken)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_another_recipe_does_not_go_on_from_the_state(data: Path, tmp_path: Path) -> None:
    output = tmp_path / "w.safetensors"
    started = request(data, output)
    Run(started.model(), started.recipe).save(output.with_suffix(".state"), started.identity())
    with pytest.raises(RequestError, match=r"another recipe.*choose another --output"):
        train(request(data, output, rate=1e-3))
    output.with_suffix(".state").write_bytes(b"half a file")
    with pytest.raises(RequestError, match=r"state of an unfinished run.*remove w\.state"):
        train(started)
