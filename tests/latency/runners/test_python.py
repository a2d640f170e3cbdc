"""The runner as a process of its own, as every device starts one."""

import json
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import QUICK, run, write_input

from mobileseg.export.artifact import Artifact
from mobileseg.latency.devices.contract import RunnerFailedError
from mobileseg.latency.measuring.stream import parse_event
from mobileseg.latency.runners import python as runner
from mobileseg.latency.runners.python.executorch_model import ExecutorchModel
from mobileseg.latency.runners.python.loop import warm_up


@pytest.mark.slow
def test_timed_runs_last_as_long_as_is_asked(small_onnx: Artifact, tmp_path: Path) -> None:
    write_input(small_onnx, tmp_path / "in.bin")
    status, events, _ = run("--model", small_onnx.path, "--input", tmp_path / "in.bin", *QUICK, "--min-seconds", "0.5")
    assert status == 0
    assert sum(t for e in events if e["event"] == "turn" for t in e["samples_ms"]) >= 500


@pytest.mark.slow
def test_what_cannot_be_run_is_an_error_event(small_onnx: Artifact, tmp_path: Path) -> None:
    write_input(small_onnx, tmp_path / "in.bin")
    (tmp_path / "short.bin").write_bytes(b"\0" * 40)
    (tmp_path / "half.onnx").write_bytes(small_onnx.path.read_bytes()[:5000])
    (tmp_path / "half.pte").write_bytes(b"\0" * 5000)
    (tmp_path / "a.tflite").write_bytes(b"\0")
    for model, data, words in (
        (small_onnx.path, "short.bin", "18432 numbers"),
        (small_onnx.path, "none.bin", "a file"),
        (tmp_path / "half.onnx", "in.bin", "ONNX Runtime can load"),
        (tmp_path / "half.pte", "in.bin", "ExecuTorch can load"),
        (tmp_path / "a.tflite", "in.bin", "a file of .pte"),
    ):
        status, events, errors = run("--model", model, "--input", tmp_path / data, *QUICK)
        assert status == 1
        assert events[-1]["event"] == "error"
        assert words in events[-1]["expected"]
        assert "Traceback" not in errors


def test_bad_arguments_are_status_2(tmp_path: Path) -> None:
    for arguments in (
        ["--model", "a.onnx", *QUICK],
        ["--model", "a.onnx", "--input", "b", "--threads", "0", "--turns", "1", "--runs", "1"],
        ["--model", "a.onnx", "--input", "b", *QUICK, "--warmup-min", "50"],
    ):
        status, events, _ = run(*arguments)
        assert (status, events) == (2, [])
    status, events, _ = run("--model", "a.onnx", "--input", "b", *QUICK, "--cores", "4000")
    assert (status, events[-1]["event"]) == (1, "error")


@settings(deadline=None, max_examples=30)
@given(least=st.integers(2, 8), more=st.integers(0, 10), within=st.sampled_from([0.0, 1e9]))
def test_warm_up_ends_when_windows_agree_or_at_the_most(least: int, more: int, within: float) -> None:
    samples, stable = warm_up(lambda: 1.0, least, least + more, within)
    assert (len(samples), stable) == ((least, True) if within else (least + more, False))


@settings(deadline=None, max_examples=60)
@given(text=st.text())
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(RunnerFailedError, match="an event of the runner"):
        parse_event(text)


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "turn", "turn": 0, "model": 0, "samples_ms": [NaN], "at_s": 1}',
        '{"event": "turn", "turn": 0, "model": 0, "samples_ms": [], "at_s": 1}',
        '{"event": "turn", "turn": 0, "model": -1, "samples_ms": [1], "at_s": 1}',
        '{"event": "load", "model": 0, "ms": -1}',
        '{"event": "lod", "model": 0, "ms": 1}',
    ],
)
def test_impossible_figures_are_refused(line: str) -> None:
    with pytest.raises(RunnerFailedError):
        parse_event(line)


ALONE = "import runpy, sys; sys.modules['mobileseg'] = None; runpy.run_module('runner', run_name='__main__')"


@pytest.mark.slow
def test_the_folder_runs_where_mobileseg_is_not(small_onnx: Artifact, tmp_path: Path) -> None:
    """As a board gets it."""
    shutil.copytree(Path(runner.__file__).parent, tmp_path / "runner")
    write_input(small_onnx, tmp_path / "in.bin")
    command = [sys.executable, "-c", ALONE, "--model", str(small_onnx.path), "--input", "in.bin", *QUICK]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == {"event": "end"}


class Chain(torch.nn.Module):
    """Its input is dead after the first step: the planner gives its memory to a later one."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        z = y + 1
        return z * y - z.sin()


@pytest.mark.slow
def test_each_run_finds_its_input(tmp_path: Path) -> None:
    from executorch.exir import ExecutorchBackendConfig, to_edge
    from executorch.exir.passes import MemoryPlanningPass

    pixels = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    edge = to_edge(torch.export.export(Chain(), (pixels,)))
    planned = ExecutorchBackendConfig(memory_planning_pass=MemoryPlanningPass(alloc_graph_input=True))
    (tmp_path / "chain.pte").write_bytes(edge.to_executorch(planned).buffer)
    pixels.numpy().tofile(tmp_path / "in.bin")
    model = ExecutorchModel(tmp_path / "chain.pte", tmp_path / "in.bin", Namespace(profile=None))
    model.load()
    outputs = []
    for _ in range(2):
        model.set_input()
        model.run()
        model.write_outputs(tmp_path, 0)
        outputs.append(np.fromfile(tmp_path / "0.0.bin", dtype=np.float32).reshape(pixels.shape))
    model.run()
    model.write_outputs(tmp_path, 0)
    assert not np.array_equal(np.fromfile(tmp_path / "0.0.bin", dtype=np.float32), outputs[0].ravel())  # without it
    np.testing.assert_array_equal(outputs[1], outputs[0])
    np.testing.assert_allclose(outputs[0], Chain()(pixels), rtol=1e-6, atol=1e-6)  # a difference, near 0 somewhere
