"""Bad input: a clear message, the right exit code, nothing left behind, never a traceback."""

import subprocess
import sys
from pathlib import Path

import full_disk
import numpy as np
import pytest
import torch
from commands import Run
from PIL import Image
from reference_weights import fill
from scenes import make_scenes

import mobileseg as package
from mobileseg.cli.entry import INTERRUPTED


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert all(label in done.stderr for label in ("expected", "found", "fix"))
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["seaformer-tny", "--target", "onnx"], ["seaformer-tiny"]),
        (["seaformer-tiny", "--target", "onx"], ["did you mean onnx"]),
        (["seaformer-tiny", "--target", "onnx", "--size", "100x128"], ["96 or 128"]),
        (["seaformer-tiny", "--target", "onnx", "--size", "99999x32"], ["4096"]),
        (["seaformer-tiny", "--target", "onnx", "--size", "big"], ["384x512"]),
        (["seaformer-tiny", "--target", "onnx", "--fp16"], ["float32, int8"]),
        (["seaformer-tiny", "--target", "coreml", "--fp16", "--int8"], ["one precision"]),
        (["seaformer-tiny", "--target", "onnx", "--weights", "nothing.pth"], ["nothing.pth", "camvid11"]),
        (["seaformer-tiny", "--target", "onnx", "--weights", "http://a.b/c.pth"], ["https"]),
        (["seaformer-small", "--target", "onnx"], ["--weights"]),
        (["seaformer-tiny", "--target", "onnx", "--output", "missing/a.onnx"], ["mkdir"]),
        (["seaformer-tiny", "--target", "onnx", "--output", "a.pte"], [".onnx"]),
        (["seaformer-tiny", "--target", "onnx", "--int8", "--calibration", "missing"], ["missing"]),
        (["seaformer-tiny", "--target", "onnx", "--keep-float", "auto"], ["int8", "float32"]),
        (["seaformer-tiny", "--target", "onnx", "--int8", "--keep-float", "missing.toml"], ["sensitivity"]),
        (["seaformer-tiny", "--target", "onnx", "--num-classes", "5"], ["11"]),
        (["seaformer-tiny", "--target", "onnx", "--weights", "random", "--num-classes", "0"], ["classes"]),
        (["seaformer-tiny", "--target", "onnx", "--emit", "masks"], ["logits or mask"]),
        (["seaformer-tiny-cls", "--target", "onnx", "--weights", "random", "--emit", "mask"], ["logits"]),
        (["seaformer-tiny", "--target", "onnx", "--require-delegation", "101"], ["0 to 100"]),
    ],
)  # fmt: skip
def test_export_refuses(mobileseg: Run, tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    refused(mobileseg("export", *arguments), 2, *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["seaformer-tny"], ["seaformer-tiny"]),
        (["seaformer-tiny", "--drop", "0.5"], ["--data"]),
        (["seaformer-tiny", "--budget", "0"], ["above 0"]),
        (["seaformer-tiny", "--output", "keep.txt"], [".toml"]),
        (["seaformer-tiny", "--data", "missing"], ["missing"]),
        (["seaformer-small"], ["--weights"]),
    ],
)  # fmt: skip
def test_sensitivity_refuses(mobileseg: Run, tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    refused(mobileseg("sensitivity", *arguments), 2, *words)
    assert list(tmp_path.iterdir()) == []


def test_sensitivity_refuses_labels_of_other_classes(mobileseg: Run, tmp_path: Path) -> None:
    data = make_scenes(tmp_path / "scenes", "masks") / "test"
    refused(mobileseg("sensitivity", "seaformer-tiny", "--data", data), 2, "11 classes", "3 classes")


def test_a_missing_extra_names_its_install_line(mobileseg: Run, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'executorch' else find(name, package)\n"
    )
    done = mobileseg("export", "seaformer-tiny", "--target", "executorch", PYTHONPATH=str(tmp_path / "site"))
    refused(done, 3, "executorch", "pip install 'mobileseg[executorch]'")


def test_a_file_that_exists_needs_force(mobileseg: Run, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_text("mine")
    refused(mobileseg("export", "seaformer-tiny", "--target", "onnx", "--output", "a.onnx"), 2, "--force")
    assert (tmp_path / "a.onnx").read_text() == "mine"


def test_checkpoints_that_do_not_fit(mobileseg: Run, tmp_path: Path) -> None:
    state = fill(package.create_model("seaformer-small", num_classes=4)).state_dict()
    torch.save(state, tmp_path / "small.pth")
    (tmp_path / "short.pth").write_bytes((tmp_path / "small.pth").read_bytes()[:4000])
    nan = fill(package.create_model("seaformer-tiny")).state_dict()
    nan["decode_head.conv_seg.bias"][3] = float("nan")
    torch.save(nan, tmp_path / "nan.pth")
    before = sorted(tmp_path.iterdir())
    for name, words in (
        ("small.pth", ["seaformer-small", "seaformer-tiny"]),
        ("short.pth", ["truncated"]),
        ("nan.pth", ["decode_head.conv_seg.bias"]),
    ):
        refused(mobileseg("export", "seaformer-tiny", "--target", "onnx", "--weights", name), 2, *words)
    assert sorted(tmp_path.iterdir()) == before


def test_calibration_images_are_checked_first(mobileseg: Run, tmp_path: Path) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    for i in range(9):
        Image.fromarray(np.full((40, 40, 3), 7 * min(i, 5), dtype=np.uint8)).save(folder / f"{i}.png")
    export = ("export", "seaformer-tiny", "--target", "onnx", "--int8", "--calibration", "few")
    refused(mobileseg(*export), 2, "8 distinct", "6 in few")
    Image.new("CMYK", (40, 40)).save(folder / "print.jpg")
    refused(mobileseg(*export), 2, "CMYK")
    assert [p.name for p in tmp_path.iterdir()] == ["few"]


def test_usage_errors_are_requests(mobileseg: Run) -> None:
    for arguments in (["frobnicate"], ["export"], ["export", "seaformer-tiny"], ["info"], ["list", "--colour"], []):
        done = mobileseg(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "nothing*"], ["mobileseg list"]),
        (["info", "seaformer"], ["seaformer-"]),
        (["compare", "none.pte", "--data", "samples"], ["none.pte"]),
        (["predict", "none.pte", "samples"], ["none.pte"]),
        (["predict", "seaformer-tiny", "none.png"], ["none.png"]),
        (["predict", "seaformer-tiny-cls", "samples"], ["classifier"]),
        (["predict", "seaformer-tiny", "samples", "--size", "33x64"], ["32 or 64"]),
        (["latency", "none.pte"], ["none.pte"]),
        (["latency", "none.pte", "--device", "hots"], ["host"]),
        (["latency", "none.pte", "--protocol", "fast"], ["quick"]),
        (["latency"], ["at least one artifact"]),
        (["latency", "none.pte", "--threads", "x"], ["big"]),
        (["latency", "none.pte", "--diff", "a.json", "b.json"], ["both"]),
        (["latency", "--diff", "a.json", "b.json"], ["a.json"]),
    ],
)
def test_other_verbs_refuse(mobileseg: Run, tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    refused(mobileseg(*arguments), 2, *words)
    assert list(tmp_path.iterdir()) == []


START = """
import os, signal, sys, threading
sys.argv = ['mobileseg', 'export', 'seaformer-tiny', '--target', 'executorch', '--size', '64x96', '--output', 'a.pte']
from mobileseg.export.backends.executorch import lower as module
lower = module.lower
def interrupted(lowering, folder):
    (folder / 'half').write_text('half')
    threading.Timer(1.0, os.kill, (os.getpid(), getattr(signal, SIGNAL))).start()
    return lower(lowering, folder)
module.lower = interrupted
from mobileseg.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupted_export_leaves_nothing(tmp_path: Path, name: str) -> None:
    script = START.replace("SIGNAL", repr(name))
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


LIMITED = """
import sys
sys.argv = ['mobileseg', 'export', 'seaformer-tiny', '--target', TARGET, '--size', '64x96', '--output', OUTPUT]
from mobileseg.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("target", "output"), [("executorch", "a.pte"), ("onnx", "a.onnx")])
def test_a_full_disk_leaves_nothing(tmp_path: Path, target: str, output: str) -> None:
    script = LIMITED.replace("TARGET", repr(target)).replace("OUTPUT", repr(output))
    done = full_disk.run(script, room=1 << 20, cwd=tmp_path)  # the file has more
    refused(done, 3, "full")
    assert list(tmp_path.iterdir()) == []


SWALLOWED = """
import os, signal, sys
sys.argv = ['mobileseg', 'export', 'seaformer-tiny', '--target', 'onnx', '--size', '64x96', '--output', 'a.onnx']
from mobileseg.export.backends.onnx import lower as module
lower = module.lower
def careless(lowering, folder):
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        pass
    return lower(lowering, folder)
module.lower = careless
from mobileseg.cli import main
main()
"""


@pytest.mark.slow
def test_an_interrupt_that_a_library_swallows_is_remembered(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED, done.stderr
    assert list(tmp_path.iterdir()) == []
