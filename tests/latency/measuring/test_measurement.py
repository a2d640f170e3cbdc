import contextlib
import json
import os
import shutil
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import made_results
import numpy as np
import pytest
from runs import QUICK, run, write_input

from mobileseg.errors import ArtifactError, EnvironmentLackError, GateError, RequestError, UnknownNameError
from mobileseg.export import open_artifact
from mobileseg.export.artifact import Artifact
from mobileseg.latency import measure
from mobileseg.latency.conditions.course import Watched
from mobileseg.latency.devices.contract import DeviceLostError, RunnerFailedError
from mobileseg.latency.devices.host import Host, HostWorkspace
from mobileseg.latency.measuring import assemble, measurement, resume
from mobileseg.latency.measuring.measurement import Interrupted
from mobileseg.latency.measuring.session import Record, Setting
from mobileseg.latency.measuring.stream import parse_event
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results.result import Result


def test_wrong_requests_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="host"):
        measure(["a.pte"], device="hosts")
    with pytest.raises(UnknownNameError, match="quick"):
        measure(["a.pte"], protocol="quik")
    for wrong in (
        {"allow": ["heat"]}, {"threads": [0]}, {"threads": ["many"]}, {"compute_units": "TPU"}, {"profile": tmp_path / "none"},
    ):  # fmt: skip
        with pytest.raises(RequestError):
            measure(["a.pte"], **wrong)
    with pytest.raises(RequestError, match="mkdir -p"):
        measure(["a.pte"], device="emulated:cortex-a76", profile=tmp_path / "none")
    with pytest.raises(RequestError):
        measure([])
    with pytest.raises(ArtifactError):
        measure(["nothing.pte"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"threads": [2]}, "--threads"), ({"cores": "0"}, "--cores"),
        ({"protocol": "strict"}, "--protocol"), ({"protocol": "quik", "allow": ["heat"]}, "--protocol and --allow"),
    ],
)  # fmt: skip
def test_options_without_meaning_for_counts_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=f"found {words}; fix: remove them: it counts one inference"):
        measure(["a.pte"], device="emulated:cortex-a76", **given)


def test_counts_do_not_replace_an_interrupted_measurement(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        made_results.result(made_results.series(made_results.around(10)), complete=False, reason="unplugged").to_json()
    )
    with pytest.raises(RequestError, match="interrupted measurement of host"):
        measure(["a.pte"], device="emulated:cortex-a76", earlier=resume.unfinished(path))


@pytest.mark.slow
def test_two_files_in_turns(small_pte: Artifact, small_onnx: Artifact) -> None:
    messages: list[str] = []
    found = measure([str(small_pte.path), small_onnx.path], device="host", protocol="quick", progress=messages.append)
    assert found.complete and found.reason is None and not found.refused
    assert [(s.file, s.target, s.emit, len(s.samples_ms), len(s.at_s)) for s in found.series] == [
        ("small-pte.pte", "executorch", "logits", 50, 10),
        ("small-onnx.onnx", "onnx", "logits", 50, 10),
    ]
    first, second = (series.at_s for series in found.series)
    order = sorted([(at, 0) for at in first] + [(at, 1) for at in second])
    assert [which for _, which in order] == [0, 1, 1, 0] * 5
    for series in found.series:
        assert series.median_ms is not None and series.p90_ms is not None
        assert 0 < series.median_ms <= series.p90_ms
        assert series.load_ms and series.first_ms and series.peak_kb and series.warmup_ms
        assert series.effective_runs is not None and 1 <= series.effective_runs <= 50
        assert sum(series.warmup_ms) >= 500
        assert series.preprocess is not None and len(series.preprocess.samples_ms) > 1
        assert "64x96" in series.preprocess.description
        assert series.postprocess is not None and series.postprocess.median_ms > 0
        assert series.note is None or "RANDOM" in series.note
    ratio = found.ratio(1)
    assert ratio.interval is not None and ratio.interval[0] <= ratio.interval[1]
    assert found.sessions[0].threads == 1
    course = found.sessions[0].course
    assert course is not None and len(course.at_s) == len(course.core) == len(course.switches) >= 2
    assert all(len(trace.values) == len(course.at_s) for trace in course.traces)
    assert found.sessions[0].before.load is not None and found.sessions[0].after is not None
    assert Result.model_validate_json(found.to_json()) == found
    assert "cores" in found.properties.summary
    assert any("load small-pte.pte" in text for text in messages)


@pytest.mark.slow
def test_each_setting_runs_in_its_own_process(small_onnx: Artifact) -> None:
    found = measure([small_onnx.path], threads=[1, 2], cores="0")
    assert [(s.threads, s.cores) for s in found.sessions] == [(1, (0,)), (2, (0,))]
    assert [s.session for s in found.series] == [0, 1]
    assert [(d.gate, d.verdict, d.session) for d in found.deviations if d.gate == "threads"] == [
        ("threads", "flagged", 1)
    ]
    assert found.series[0].preprocess is not None and found.series[1].preprocess is None


@pytest.mark.slow
def test_operators_add_up_to_the_inference(small_onnx: Artifact, small_pte: Artifact, tmp_path: Path) -> None:
    found = measure([small_onnx.path, small_pte.path], profile=tmp_path)
    for series, kernels in zip(found.series, (("Conv",), ("Convolution", "Fully Connected")), strict=True):
        profile = series.profile
        assert profile is not None and profile.runs == 10
        assert 0.3 * profile.total_ms < sum(operator.ms for operator in profile.operators) <= 1.1 * profile.total_ms
        assert any(operator.name.startswith(kernels) for operator in profile.operators)
        trace = json.loads((tmp_path / f"{series.file}.trace.json").read_text())["traceEvents"]
        runs = [event for event in trace if event.get("cat") == "inference"]
        calls = [event for event in trace if event.get("cat") == "operator"]
        assert len(runs) == 10
        assert len(calls) >= 10 * sum(operator.calls for operator in profile.operators) - 1e-6
        assert all(event["ts"] >= 0 and event["dur"] >= 0 for event in calls)
    onnx, executorch = (series.profile for series in found.series)
    assert onnx is not None and onnx.modules is not None
    assert {"stem.0", "classify"} <= {module.name for module in onnx.modules}
    assert executorch is not None and executorch.modules is None


@pytest.mark.slow
def test_gates_refuse_and_can_be_allowed(small_onnx: Artifact, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cpuinfo").write_text("processor : 0\n")  # a machine that reports nothing else
    monkeypatch.setattr(
        "mobileseg.latency.devices.host.Host.__init__", lambda self, argument=None: setattr(self, "_root", tmp_path)
    )
    with pytest.raises(GateError, match="--allow hot"):
        measure([small_onnx.path], protocol="standard")
    found = measure([small_onnx.path], protocol="quick")
    assert {d.verdict for d in found.deviations if d.gate != "warm-up"} == {"unknown"}


def test_a_long_load_is_of_one_file(small_onnx: Artifact) -> None:
    with pytest.raises(RequestError, match="one file with protocol sustained"):
        measure([small_onnx.path, small_onnx.path], protocol="sustained")


def test_cores_that_were_not_got_are_found() -> None:
    """Linux binds to those of the asked ones that there are, and says nothing."""
    record = Record(0)
    record.add(json.dumps({"event": "start", "runner": "cpp", "version": "", "threads": 2, "cores": [0, 1]}))
    wanted = assemble.run_findings(Setting(2, (4, 0), "big"), record, [], PROTOCOLS["quick"])
    assert [(f.gate, f.expected, f.found) for f in wanted] == [("affinity", "cores 0,4", "cores 0,1")]
    for cores in ((0, 1), ()):
        assert list(assemble.run_findings(Setting(2, cores, "big"), record, [], PROTOCOLS["quick"])) == []


def test_what_was_seen_is_kept_under_its_name_when_it_goes_on() -> None:
    """Thermal zones may have other numbers after a restart, or be gone."""
    record = Record(0)
    skin, big, clock = Watched("/z0", "celsius", "skin"), Watched("/z1", "celsius", "BIG"), Watched("/c", "khz", "cpu0")
    record.watch((skin, clock))
    record.add(json.dumps({"event": "state", "at_s": 1, "values": [31500, 1800000], "core": 3, "switches": 7}))
    hidden = Watched("/z9", "celsius", "hidden")
    record.watch((big, skin._replace(file="/z5"), hidden))
    record.add(json.dumps({"event": "state", "at_s": 2, "values": [60000, 32000, None]}))
    course = record.course
    assert course is not None and (course.at_s, course.core, course.switches) == ((1, 2), (3, None), (7, None))
    assert {trace.name: trace.values for trace in course.traces} == {
        "BIG": (None, 60.0), "skin": (31.5, 32.0), "cpu0": (1_800_000.0, None),
    }  # fmt: skip


def test_core_ml_files_need_macos(small_onnx: Artifact, tmp_path: Path) -> None:
    shutil.copy(small_onnx.path, tmp_path / "a.onnx")
    manifest = json.loads(small_onnx.path.with_name(f"{small_onnx.path.name}.json").read_text()) | {"target": "coreml"}
    (tmp_path / "a.onnx.json").write_text(json.dumps(manifest))
    with pytest.raises(EnvironmentLackError, match="macOS"):
        measure([tmp_path / "a.onnx"])


class CutOffWorkspace(HostWorkspace):
    """The real runner on a device that disconnects after some lines."""

    def __init__(self, folder: Path, device: "CutOffDevice") -> None:
        super().__init__(folder)
        self._device = device

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        for line in super().run(arguments):
            yield line
            if '"turn"' in line and self._device.cuts:
                self._device.left -= 1
                if self._device.left == 0:
                    raise self._device.cuts.pop()


class CutOffDevice(Host):
    """This machine, disconnecting. ``cuts``: errors to raise, the last one first, each ``after`` so many turns."""

    def __init__(self, cuts: list[BaseException], after: int, reconnects: bool = True) -> None:
        super().__init__()
        self.cuts, self.left, self._reconnects = cuts, after, reconnects

    @contextlib.contextmanager
    def workspace(self) -> Iterator[HostWorkspace]:
        with super().workspace() as space:
            yield CutOffWorkspace(space._folder, self)

    def reconnect(self, seconds: float) -> bool:
        assert seconds > 0
        return self._reconnects


LOST = DeviceLostError(expected="a device", found="none", fix="plug it in")


def use(monkeypatch: pytest.MonkeyPatch, device: Host) -> None:
    monkeypatch.setattr("mobileseg.latency.measuring.request.open_device", lambda name, in_app: device)


@pytest.mark.slow
def test_a_lost_device_that_reconnects_continues(small_onnx: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, CutOffDevice([LOST], after=4))
    found = measure([small_onnx.path])
    assert found.complete
    (series,) = found.series
    assert len(series.samples_ms) == 50
    assert list(series.at_s) == sorted(series.at_s)
    assert [d.gate for d in found.deviations if d.gate == "resumed"] == ["resumed"]


@pytest.mark.slow
def test_a_device_lost_for_good_leaves_an_incomplete_result(
    small_onnx: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, CutOffDevice([LOST], after=4, reconnects=False))
    found = measure([small_onnx.path])
    assert not found.complete
    assert "expected a device; found none" in (found.reason or "")
    assert len(found.series[0].samples_ms) == 20
    assert Result.model_validate_json(found.to_json()) == found


@pytest.mark.slow
def test_an_interrupted_measurement_is_resumed(
    small_onnx: Artifact, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Interrupted in the second of two sessions: the first is kept unchanged, and the turns of the second so far."""
    files, how = [small_onnx.path], {"threads": [1, 2]}
    use(monkeypatch, CutOffDevice([LOST], after=13, reconnects=False))
    first = measure(files, **how)
    assert not first.complete and [len(s.samples_ms) for s in first.series] == [50, 15]
    (tmp_path / "a.json").write_text(first.to_json())
    earlier = resume.unfinished(tmp_path / "a.json")
    assert earlier == first
    use(monkeypatch, Host())
    for other, words in (
        ({"threads": [1]}, "threads"), ({"threads": [1, 2], "protocol": "standard"}, "protocol"),
        ({"threads": [1, 2], "artifacts": files * 2}, "files"),
    ):  # fmt: skip
        with pytest.raises(RequestError, match=words):
            measure(**{"artifacts": files, "earlier": earlier} | other)
    second = measure(files, **how, earlier=earlier)
    assert second.complete and resume.unfinished(tmp_path / "none.json") is None
    assert second.sessions[0] == first.sessions[0]
    for before, after in zip(first.series, second.series, strict=True):
        assert after.samples_ms[: len(before.samples_ms)] == before.samples_ms and len(after.samples_ms) >= 50
        assert (after.load_ms, after.first_ms) == (before.load_ms, before.first_ms)
        assert list(after.at_s) == sorted(after.at_s)
    assert [(d.session, d.gate) for d in second.deviations if d.gate == "resumed"] == [(1, "resumed")]
    (tmp_path / "a.json").write_text(second.to_json())
    assert resume.unfinished(tmp_path / "a.json") is None


@pytest.mark.slow
def test_ctrl_c_carries_the_result_so_far(small_onnx: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, CutOffDevice([KeyboardInterrupt()], after=3))
    with pytest.raises(Interrupted) as caught:
        measure([small_onnx.path])
    assert not caught.value.result.complete
    assert caught.value.result.reason == "interrupted"
    assert len(caught.value.result.series[0].samples_ms) == 15


@pytest.mark.slow
def test_nothing_measured_is_no_result(small_onnx: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement, "write_input", lambda artifact, pixels, path: path.write_bytes(b"1234") and path)
    with pytest.raises(RunnerFailedError, match="18432 numbers"):
        measure([small_onnx.path])


def test_a_workspace_ends_its_runner_and_is_removed() -> None:
    with Host().workspace() as space:
        folder = Path(space.path("x")).parent
        assert isinstance(space, HostWorkspace)
        sleeper = HostWorkspace(folder, ("sh", "-c", "echo $$; exec sleep 600")).run([])
        pid = int(next(sleeper))
        began = time.monotonic()
        sleeper.close()
        assert time.monotonic() - began < 5
        assert not Path(f"/proc/{pid}").exists()
        with pytest.raises(RunnerFailedError, match="exit status 3; words"):
            list(HostWorkspace(folder, ("sh", "-c", "echo words >&2; exit 3")).run([]))
    assert not folder.exists()


@pytest.mark.slow
def test_two_runtimes_take_turns_with_correct_outputs(
    small_pte: Artifact, small_onnx: Artifact, tmp_path: Path
) -> None:
    pixels = write_input(small_pte, tmp_path / "in.bin")
    files = [word for a in (small_pte, small_onnx) for word in ("--model", a.path, "--input", tmp_path / "in.bin")]
    core = max(os.sched_getaffinity(0))
    status, events, _ = run(*files, *QUICK, "--cores", core, "--output", tmp_path / "out")
    assert status == 0
    names = [(event["event"], event.get("model"), event.get("turn")) for event in events]
    assert names == [
        ("start", None, None), ("load", 0, None), ("load", 1, None), ("first", 0, None), ("first", 1, None),
        ("warmup", 0, None), ("warmup", 1, None), ("state", None, None), ("turn", 0, 0), ("turn", 1, 0), ("turn", 0, 1),
        ("turn", 1, 1), ("state", None, None), ("memory", None, None), ("end", None, None),
    ]  # fmt: skip
    assert events[0]["cores"] == [core]
    assert events[0]["threads"] == 1
    assert "executorch 1.5" in events[0]["version"] and "onnxruntime" in events[0]["version"]
    turns = [event for event in events if event["event"] == "turn"]
    assert all(len(turn["samples_ms"]) == 3 and min(turn["samples_ms"]) > 0 for turn in turns)
    assert [turn["at_s"] for turn in turns] == sorted(turn["at_s"] for turn in turns)
    memory = events[-2]
    assert 0 < memory["base_kb"] < memory["peak_kb"]
    for line in events:
        parse_event(json.dumps(line))
    for index, artifact in enumerate((small_pte, small_onnx)):
        wanted = open_artifact(artifact.path).run(pixels)
        found = np.fromfile(tmp_path / "out" / f"{index}.0.bin", dtype=np.float32).reshape(wanted.shape)
        np.testing.assert_array_equal(found, wanted)
