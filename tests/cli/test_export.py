"""``export --dry-run``, and what the screen shows of libraries."""

import json
import shutil
from pathlib import Path

import pytest
from commands import Run
from in_process import call
from street_net import FACTORY

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.export.evaluation.floors import FLOORS
from mobileseg.export.quantization.calibration import read_calibration

SMALL = ("export", "seaformer-tiny", "--target", "onnx", "--size", "64x96")
SMALLER = ("export", FACTORY, *SMALL[2:])


def test_a_dry_run_touches_nothing(mobileseg: Run, tmp_path: Path) -> None:
    done = mobileseg(*SMALL, "--int8", "--dry-run", "--json", "-")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert (plan["model"], plan["size"], plan["precision"], plan["emit"]) == (
        "seaformer-tiny",
        [64, 96],
        "int8",
        "logits",
    )
    assert plan["weights"]["source"] == "street-v1" and plan["weights"]["licence"] == "Apache-2.0"
    assert plan["calibration"]["images"] == len(read_calibration(None))
    assert plan["verification"]["source"] == "bundled street samples, verification split"
    assert plan["floor"] == {"agreement": 0.8, "sqnr_db": 10.0}
    assert plan["runtime"]["package"] == "onnxruntime" and plan["runtime"]["version"]
    assert plan["files"] == ["seaformer-tiny-int8.onnx", "seaformer-tiny-int8.onnx.json"]
    assert any("softmax" in part["operator"] and part["reason"] for part in plan["kept_float"])
    assert "nothing was written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_makes_all_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.onnx").write_text("mine")
    (tmp_path / "keep.toml").write_text(
        'model = "seaformer-tiny"\nsize = [64, 96]\nsource = "me"\n[[keep]]\nlayer = "x.y"\nreason = "z"\n'
    )
    for words, found in (
        (("--output", "a.onnx"), "a.onnx exists"),
        (("--size", "65x96"), "64 or 96"),
        (("--int8", "--keep-float", "keep.toml"), "x.y"),
        (("--weights", "none.pth"), "none.pth"),
    ):
        said = call(capfd, *SMALL, *words, "--dry-run")
        assert said.code == 2, (words, said.err)
        assert found in said.err


@pytest.mark.slow
def test_no_warning_of_a_library_reaches_the_screen(mobileseg_cold: Run, tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    for image in find_images(samples_folder() / "images")[:2]:
        shutil.copy(image, tmp_path / "few")
    for words in (
        (*SMALLER, "--int8", "--output", "a.onnx"),
        ("compare", "a.onnx", "--model", FACTORY, "--data", "few", "--no-labels", "--layers"),  # no labels: UNKNOWN
        ("predict", "a.onnx", "few"),
    ):
        done = mobileseg_cold(*words)
        assert done.returncode == (4 if words[0] == "compare" else 0), (words, done.stderr)
        said = [line for line in done.stderr.splitlines() if not line.lstrip().startswith(("error:", "found", "fix"))]
        assert all(line.startswith("[") for line in said), (words, done.stderr)
        assert "Warning" not in done.stderr


@pytest.mark.slow
def test_quiet_and_verbose(mobileseg: Run, mobileseg_cold: Run) -> None:
    quiet = mobileseg(*SMALLER, "--output", "a.onnx", "-q")
    assert quiet.returncode == 0 and quiet.stderr == ""
    assert "verified" in quiet.stdout
    verbose = mobileseg_cold("-v", *SMALLER, "--output", "b.onnx")
    assert verbose.returncode == 0
    assert "KernelPreference" in verbose.stderr


def test_the_help_has_the_floors_of_the_table(mobileseg: Run) -> None:
    text = " ".join(mobileseg("export", "--help", COLUMNS="300").stdout.split())
    for precision in ("int8", "float16"):
        floor = FLOORS[precision]
        assert f"{floor.agreement:g} for {precision}" in text
        assert f"{floor.sqnr_db:g} for {precision}" in text
