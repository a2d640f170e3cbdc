"""Data sets as people have them, on the command line."""

import json
from pathlib import Path

import layouts
import numpy as np
import pytest
from commands import Run
from layouts import picture, save

SMALL = ("--size", "64x64", "--crop", "64x64", "--batch-size", 2, "--epochs", 1)


@pytest.mark.slow
def test_files_that_are_left_out_are_counted(mobileseg: Run, tmp_path: Path) -> None:
    save(tmp_path / "photos" / "a.png", picture(0, (64, 64)))
    for i in range(3):
        (tmp_path / "photos" / f"{i}.GIF").write_bytes(b"x")
    done = mobileseg("predict", "seaformer-tiny", "photos", "--size", "64x64", "--output", "out")
    assert done.returncode == 0, done.stderr
    assert "left out 3 .gif in photos" in done.stderr
    assert mobileseg("predict", "seaformer-tiny", "photos", "--size", "64x64", "--output", "again", "-q").stderr == ""


@pytest.mark.slow
def test_a_public_layout_is_trained_on(mobileseg: Run, tmp_path: Path) -> None:
    layouts.ade20k(tmp_path)
    done = mobileseg(
        "finetune", "seaformer-tiny", "--data", "ADEChallengeData2016", *SMALL, "--workers", 1, "-o", "w.safetensors"
    )
    assert done.returncode == 0, done.stderr
    assert "of 150 classes never occur" in done.stderr
    record = json.loads((tmp_path / "w.json").read_text())
    assert (len(record["classes"]), record["classes"][12], record["palette"][0]) == (150, "person", [120, 120, 120])
    assert record["trained_on"] == (
        "ADEChallengeData2016: 3 images; weights chosen by mIoU on 2 others; its own splits train, val"
    )
    exported = mobileseg(
        "export", "seaformer-tiny", "--weights", "w.safetensors", "--target", "onnx", "--size", "64x64", "-o", "w.onnx"
    )
    assert exported.returncode == 0, exported.stderr
    compared = mobileseg("compare", "w.onnx", "--data", ".", "--split", "val", "--data-format", "ade20k", "--json", "-")
    assert compared.returncode in (0, 4), compared.stderr
    found = json.loads(compared.stdout)
    assert (found["images"], found["data"]) == (2, f"{tmp_path.name}, val split")
    assert not np.isnan(found["float"]["pixel_accuracy"])
