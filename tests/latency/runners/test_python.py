"""The runner as a process of its own, as every device starts one."""

import gc
import itertools
import json
import math
import os
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import QUICK, plan, run, write_input

from mobileseg.export.artifact import Artifact
from mobileseg.latency.devices.contract import RunnerFailedError
from mobileseg.latency.measuring.stream import parse_event
from mobileseg.latency.protocol import PROTOCOLS, RUNNERS
from mobileseg.latency.runners import python as runner
from mobileseg.latency.runners.python import loop
from mobileseg.latency.runners.python.executorch_model import ExecutorchModel
from mobileseg.latency.runners.python.plan import Plan, order, warm_up


@pytest.mark.slow
def test_timed_runs_last_as_long_as_is_asked(small_onnx: Artifact, tmp_path: Path) -> None:
    write_input(small_onnx, tmp_path / "in.bin")
    status, events, _ = run(
        "--model", small_onnx.path, "--input", tmp_path / "in.bin", "--threads", "1", *plan(min_seconds=0.5)
    )
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
        ["--model", "a.onnx", "--input", "b", "--threads", "0"],
        ["--model", "a.onnx", "--input", "b", *QUICK, *plan(warmup_min=50, warmup_max=40)],
        ["--model", "a.onnx", "--input", "b", *QUICK, *plan(turn=1)],
    ):
        status, events, _ = run(*arguments)
        assert (status, events) == (2, [])
    status, events, _ = run("--model", "a.onnx", "--input", "b", *QUICK, "--cores", "4000")
    assert (status, events[-1]["event"]) == (1, "error")


@settings(deadline=None, max_examples=30)
@given(least=st.integers(2, 8), more=st.integers(0, 10), within=st.sampled_from([0.0, 1e9]))
def test_warm_up_ends_when_windows_agree_or_at_the_most(least: int, more: int, within: float) -> None:
    samples, stable = warm_up(lambda: 1.0, Plan(warmup_min=least, warmup_max=least + more, stable_within=within))
    assert (len(samples), stable) == ((least, True) if within else (least + more, False))


@settings(deadline=None, max_examples=30)
@given(ms=st.floats(0.1, 400), seconds=st.floats(0, 1), most=st.integers(4, 40))
def test_warm_up_lasts_for_seconds_too(ms: float, seconds: float, most: int) -> None:
    """Clocks rise by time, not by runs: a fast file needs more of them than the most that stability asks for."""
    samples, stable = warm_up(lambda: ms, Plan(warmup_min=4, warmup_max=most, warmup_seconds=seconds))
    assert stable and len(samples) >= 4
    assert sum(samples) >= 1e3 * seconds or math.isclose(sum(samples), 1e3 * seconds)
    assert len(samples) == 4 or sum(samples[:-1]) < 1e3 * seconds


@given(count=st.integers(2, 8), again=st.integers(0, 3))
def test_every_file_is_equally_often_at_each_place_and_behind_each_other(count: int, again: int) -> None:
    turns = count * (2 if count % 2 else 1)
    rows = [order(count, turns * again + turn, True) for turn in range(turns)]
    assert all(sorted(row) == list(range(count)) for row in rows)
    places = Counter((place, index) for row in rows for place, index in enumerate(row))
    pairs = Counter(pair for row in rows for pair in itertools.pairwise(row))
    assert set(places.values()) == {turns // count}
    assert set(pairs.values()) == {turns // count} and len(pairs) == count * (count - 1)
    assert order(count, 1, False) == tuple(range(count))


@settings(deadline=None)
@given(
    text=st.text()
    | st.dictionaries(st.sampled_from([*vars(Plan()), "turn"]), st.integers(-2, 3) | st.booleans() | st.text()).map(
        json.dumps
    )
)
def test_a_plan_is_right_or_refused_in_words(text: str) -> None:
    found, refused = None, ""
    try:
        found = Plan.parse(text)
    except ValueError as error:
        refused = str(error)
    if found is None:
        assert refused.startswith("expected")
        return
    assert 2 <= found.warmup_min <= found.warmup_max and found.turns >= 1 and found.runs >= 1 and found.settle >= 0
    assert type(found.balanced) is bool


def test_the_host_sends_what_runners_take() -> None:
    for protocol in PROTOCOLS.values():
        found = Plan.parse(protocol.for_runner(turns=3, min_seconds=1.5))
        assert (found.turns, found.min_seconds, found.runs) == (3, 1.5, protocol.runs)
        assert found.warmup_seconds >= 0.5 and found.settle == 1 and found.balanced
        assert set(vars(Plan())) == set(RUNNERS)


class Slow:
    """A file whose parts take known times, in ms; what a run takes is written down as it happens."""

    def __init__(self, run: float, said: list[str], name: str) -> None:
        self._run, self._said, self._name = run, said, name

    @classmethod
    def prepare(cls, threads: int) -> None:
        time.sleep(0.03)

    @classmethod
    def threads(cls, asked: int) -> int:
        return asked

    def load(self) -> None:
        time.sleep(0.02)

    def read(self) -> None:
        time.sleep(0.03)

    def set_input(self) -> None:
        time.sleep(0.004)

    def run(self) -> None:
        self._said.append(self._name)
        time.sleep(self._run / 1e3)

    def write_outputs(self, folder: Path, index: int) -> None:
        time.sleep(0.03)


def test_what_is_inside_a_load_and_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As docs/guides/phone.md says: no import, no reading and no setting of the input, no writing of outputs."""
    said: list[str] = []
    told: list[dict[str, Any]] = []
    models = [Slow(1, said, "a"), Slow(1, said, "b")]

    class Told:
        def __call__(self, event: str, **fields: object) -> None:
            told.append({"event": event, **fields})

        def beat(self) -> None:
            pass

    monkeypatch.setattr(loop, "_model", lambda asked, index: models[index])
    how = Plan(turns=3, runs=2, settle=1, balanced=True, warmup_min=2, warmup_max=2)
    asked = Namespace(models=["a", "b"], threads=1, protocol=how, watch=[], output=str(tmp_path), profile=None)
    loop.measure(asked, Told())  # type: ignore[arg-type]  # as far as it is used
    gc.enable()
    gc.unfreeze()
    times = {kind: [e for e in told if e["event"] == kind] for kind in ("load", "first", "turn")}
    assert all(20 <= event["ms"] < 30 for event in times["load"])
    assert all(1 <= event["ms"] < 4 for event in times["first"])
    assert all(1 <= ms < 4 for event in times["turn"] for ms in event["samples_ms"])
    assert [event["model"] for event in times["turn"]] == [0, 1, 1, 0, 0, 1]
    untimed = "".join(
        said[2 + 4 :]
    )  # behind the first runs and the warm-up: three runs at each place, one of them untimed
    assert untimed == "aaabbb" + "bbbaaa" + "aaabbb"
    assert [event["event"] for event in told][-3:] == ["state", "memory", "end"]


@pytest.mark.slow
def test_weights_are_packed_by_the_load(attentive_pte: Artifact, tmp_path: Path) -> None:
    """Not by the first run, which would take several times as long as the others."""
    write_input(attentive_pte, tmp_path / "in.bin")
    status, events, _ = run("--model", attentive_pte.path, "--input", tmp_path / "in.bin", *QUICK)
    assert status == 0
    load, first = (next(event["ms"] for event in events if event["event"] == name) for name in ("load", "first"))
    assert first < load


def test_numbers_are_read_between_turns(small_onnx: Artifact, tmp_path: Path) -> None:
    write_input(small_onnx, tmp_path / "in.bin")
    (tmp_path / "clock").write_text("1800000\n")
    files = ("--watch", tmp_path / "clock", "--watch", tmp_path / "hidden")
    how = plan(turns=4, runs=1, min_seconds=0, warmup_min=2, warmup_max=2)
    status, events, _ = run("--model", small_onnx.path, "--input", tmp_path / "in.bin", "--threads", "1", *how, *files)
    states = [event for event in events if event["event"] == "state"]
    assert status == 0 and len(states) >= 2, "at the begin and at the end"
    assert {tuple(state["values"]) for state in states} == {(1_800_000, None)}
    assert states[0]["core"] in os.sched_getaffinity(0) and states[-1]["switches"] >= states[0]["switches"] >= 0


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
    model.read()
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
