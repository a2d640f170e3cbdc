"""Single verbs with a store: done once, in whatever way it was asked for."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from zoo_cases import one_block_a_stage

from mobileseg import fleet
from mobileseg.cli import compare, export, latency
from mobileseg.errors import RequestError
from mobileseg.export import open_artifact
from mobileseg.fleet.engine import cluster
from mobileseg.fleet.interface.single import StoredError
from mobileseg.fleet.store.folder import Store

AXES: dict[str, Any] = {"models": ["seaformer-tiny"], "targets": ["onnx"], "sizes": ["32x64"], "weights": ["random"]}
ASKED: dict[str, Any] = {"size": (32, 64), "weights": "random"}


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    one_block_a_stage(monkeypatch)


@pytest.mark.slow
def test_single_verbs_and_sweeps_do_a_step_once(workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "embedded", lambda jobs, devices: contextlib.nullcontext(workers))
    store, said = tmp_path / "store", list[str]()
    made = fleet.export_once(
        "seaformer-tiny", "onnx", store=store, output=tmp_path / "a.onnx", progress=said.append, **ASKED
    )
    assert said == [f"export: kept in {store}"]
    assert (made.path, made.manifest.artifact.file, made.size) == (tmp_path / "a.onnx", "a.onnx", (32, 64))
    monkeypatch.chdir(tmp_path)
    export.export("seaformer-tiny", "onnx", size="32x64", weights="random", store="store", output="b.onnx")
    assert Path("b.onnx").read_bytes() == made.path.read_bytes()
    with pytest.raises(RequestError, match=r"b\.onnx exists"):
        export.export("seaformer-tiny", "onnx", size="32x64", weights="random", store="store", output="b.onnx")

    first = fleet.measure_once("a.onnx", store=store, progress=said.append)
    again = fleet.measure_once(open_artifact("a.onnx").path, store=store, progress=said.append)
    assert said[1].startswith("latency: kept") and said[2].startswith("latency: known") and first == again
    found = fleet.compare_once("a.onnx", "samples", store=store, labels=False, progress=said.append)
    assert found.images == 32 and said[3].startswith("compare: kept")
    done = fleet.sweep({"matrix": {**AXES, "data": ["samples"]}, "options": {"labels": False}}, store=store, jobs=1)
    assert done.done_now == 1, "it verifies, and knows the rest"
    stages = [outcome.stage for outcome in Store(store).outcomes()]
    assert sorted(stages) == ["compare", "export", "latency", "verify"]


def test_an_error_keeps_its_exit_code_and_is_tried_again(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pth"
    bad.write_bytes(b"no weights")
    for _ in range(2):
        with pytest.raises((StoredError, RequestError)) as caught:
            fleet.export_once("seaformer-tiny", "onnx", store=tmp_path / "store", size=(32, 64), weights=bad)
        assert caught.value.exit_code == 2
    assert not list(tmp_path.glob("*.onnx"))


@pytest.mark.parametrize(
    ("verb", "given", "options"),
    [
        (export.export, {"model": "seaformer-tiny", "target": "onnx", "emit": "mask", "opset": 18}, "--opset, --emit"),
        (compare.compare, {"artifact": "a.onnx", "data": "samples", "sequence": "samples"}, "--sequence"),
        (latency.latency, {"artifacts": ["a.onnx"], "profile": "here"}, "--profile"),
        (latency.latency, {"diff": ("a.json", "b.json")}, "--diff"),
    ],
)
def test_options_that_no_sweep_has_are_refused(verb: Any, given: dict[str, Any], options: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="options that a sweep has") as caught:
        verb(**given, store=str(tmp_path / "store"))
    assert caught.value.found == options
    assert not (tmp_path / "store").exists()


def test_one_file_at_a_time(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="2 files"):
        latency.latency(["a.onnx", "b.onnx"], store=str(tmp_path / "store"))
    with pytest.raises(RequestError, match="one number of threads"):
        latency.latency(["a.onnx"], threads="1,2", store=str(tmp_path / "store"))
