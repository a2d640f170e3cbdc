"""``finetune`` as a user calls it."""

import json
import signal
from pathlib import Path

import pytest
from commands import Run, Start
from scenes import make_scenes

SMALL = ("--size", "64x96", "--crop", "64x64", "--batch-size", 4)


@pytest.mark.slow
def test_trains_measures_and_writes(mobileseg: Run, tmp_path: Path) -> None:
    data = make_scenes(tmp_path / "scenes", "masks")
    done = mobileseg(
        "finetune", "seaformer-tiny", "--data", data, "--epochs", 2, "--eval-interval", 1, "--licence", "CC0", *SMALL
    )
    assert done.returncode == 0, done.stderr
    assert "test miou of position baseline" in done.stdout
    assert "epoch 2 of 2: loss" in done.stderr
    record = json.loads((tmp_path / "seaformer-tiny_scenes.json").read_text())
    assert record["config"]["epochs"] == 2
    assert record["config"]["batch_size"] == 4
    assert str(tmp_path) not in json.dumps(record)
    assert sorted(p.suffix for p in tmp_path.glob("seaformer-tiny_scenes.*")) == [".json", ".png", ".safetensors"]
    # Its own weights begin the next run, and know their classes when they are exported. The record is its config; options win.
    again = mobileseg("finetune", "seaformer-tiny", "--data", data, "--epochs", 1, "--config", "seaformer-tiny_scenes.json",
                      "--weights", "seaformer-tiny_scenes.safetensors", "--device", "cpu", "-o", "more.safetensors")  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert "train on the CPU, float32" in again.stderr
    more = json.loads((tmp_path / "more.json").read_text())
    assert more["start"] == {"name": "seaformer-tiny_scenes.safetensors", "sha256": record["sha256"]}
    assert more["config"] == {**record["config"], "epochs": 1}


@pytest.mark.slow
def test_what_is_cut_off_says_how_it_goes_on(start: Start, tmp_path: Path) -> None:
    data = make_scenes(tmp_path / "scenes", "masks")
    command = start(
        "finetune",
        "seaformer-tiny",
        "--data",
        data,
        "--epochs",
        500,
        "--eval-interval",
        500,
        "-o",
        "w.safetensors",
        *SMALL,
    )
    assert command.stderr is not None
    assert next((line for line in command.stderr if "epoch 1 of" in line), None) is not None
    command.send_signal(signal.SIGINT)
    said = command.stderr.read()
    assert command.wait(60) == 130, said
    assert "w.state keeps the run" in said
    assert "repeat the command" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scenes", "w.state"]
