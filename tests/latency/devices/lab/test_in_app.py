"""``--in-app`` over a real adb: the stand-in for the app gets the arguments of ``am start`` and writes events."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import phone
import pytest
from lab import Lab
from test_adb import PORT, refused

from mobileseg.data.dataset import first_sample
from mobileseg.data.images import read_batch
from mobileseg.export.artifact import Artifact
from mobileseg.latency.conditions.identity import unit_of
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results.result import read_result

pytestmark = pytest.mark.slow
IN_APP = ("--device", "adb", "--in-app")
LEFT_ERROR = {"event": "error", "expected": "a measurement", "found": "the screen was left", "fix": "start it again"}
Event = dict[str, object]


def told(models: int, turns: int, threads: int = 1, ends: bool = True) -> str:
    """The events that the app would write for so many files."""
    events: list[Event] = [
        {"event": "start", "runner": "in app", "version": "ExecuTorch 1.4.0, app 0.1", "threads": threads}
    ]
    for kind, ms in (("load", 8.0), ("first", 2.0)):
        events += [{"event": kind, "model": i, "ms": ms + i} for i in range(models)]
    events += [{"event": "warmup", "model": i, "samples_ms": [1.0] * 4, "stable": True} for i in range(models)]
    for turn in range(turns):
        at_s = 0.1 * turn
        events += [
            {"event": "turn", "turn": turn, "model": i, "samples_ms": [1.0 + i] * 5, "at_s": at_s}
            for i in range(models)
        ]
        events.append({"event": "state", "at_s": at_s, "values": [], "core": 1, "switches": 3, "thermal_status": 0})
    last: list[Event] = [{"event": "memory", "base_kb": None, "peak_kb": None}, {"event": "end"}]
    return "".join(json.dumps(event) + "\n" for event in events + (last if ends else []))


def outputs(artifact: Artifact) -> bytes:
    """As the runtime gives them for the sample."""
    found = artifact.load(1).run(read_batch(first_sample(), *artifact.size))[0]
    return np.asarray(found).astype("<f4").tobytes()


def started(machine: Lab) -> list[tuple[str, str, int]]:
    """Every start of the app: files, threads, turns."""
    rows: Sequence[str] = (machine.files / "weather/started").read_text().splitlines()
    return [(files, threads, json.loads(plan)["turns"]) for files, threads, plan in (row.split(" ", 2) for row in rows)]


def test_files_are_pushed_measured_compared_and_removed(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    phone.app(machine.files, True, [told(1, 10, threads=2)], outputs(tiny_pte))
    with machine.adbd(PORT):
        words = ("--threads", "2", "--alias", "lab-phone", "--json", f"{tmp_path}/a.json")
        done = machine.mobileseg("latency", tiny_pte.path, *IN_APP, *words)
        assert done.returncode == 0, done
        left = machine.run("ls", "-A", machine.root / phone.APP)  # the lab's file systems are only visible from inside
        assert (left.returncode, left.stdout) == (0, ""), left
    result = read_result(tmp_path / "a.json")
    (series,), (session,) = result.series, result.sessions
    assert (result.device, session.runner, result.complete) == ("adb:lab-phone in app", "in app", True)
    assert result.properties.unit == unit_of(phone.UNIT) and "127.0.0.1" not in result.to_json()
    assert series.samples_ms == (1.0,) * 50 and (series.load_ms, series.first_ms) == (8.0, 2.0)
    assert series.vs_host is not None and series.vs_host.agreement == 1.0
    assert (series.peak_kb, series.process_peak_kb) == (None, None), "an app cannot set its peak back: not measured"
    assert session.versions == "ExecuTorch 1.4.0, app 0.1" and session.before.busy is not None, "the host judges"
    assert session.course is not None and set(session.course.thermal_status) == {0}
    assert result.tested_on is not None and "not run on a real phone" in result.tested_on
    assert started(machine) == [("0.pte", "2", PROTOCOLS["quick"].turns), ("0.pte", "2", 1)], (
        "the second is for the outputs"
    )


@pytest.mark.thorough
def test_several_files_take_turns_and_are_resumed(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    """Two files, two numbers of threads; the app dies in the second start with both files."""
    files, target = [tiny_pte.path, tiny_pte.path], tmp_path / "a.json"
    words = (*files, *IN_APP, "--threads", "1,2", "--json", target)
    one, two = told(1, 1), told(2, 10)
    with machine.adbd(PORT):
        phone.app(machine.files, True, [one, one, two, one, one, told(2, 4, 2, ends=False)], outputs(tiny_pte))
        done = machine.mobileseg("latency", *words)
        assert done.returncode == 1 and "it ended early" in done.stderr, done
        assert "repeat the command to resume" in " ".join(done.stderr.split()), done
        broken = read_result(target)
        assert not broken.complete
        assert [(s.session, len(s.at_s)) for s in broken.series] == [(0, 10), (0, 10), (1, 4), (1, 4)]
        assert [files for files, _, _ in started(machine)] == ["0.pte", "1.pte", "0.pte,1.pte"] * 2
        phone.app(machine.files, True, [told(2, 6, 2), one], outputs(tiny_pte))
        done = machine.mobileseg("latency", *words)
        assert done.returncode == 0, done
        assert started(machine)[0] == ("0.pte,1.pte", "2", 6), "what there is is not measured again"
    result = read_result(target)
    assert result.complete
    assert [(s.session, len(s.at_s)) for s in result.series] == [(0, 10), (0, 10), (1, 10), (1, 10)]
    assert [s.threads for s in result.sessions] == [1, 2]
    assert {s.median_ms for s in result.series} == {1.0, 2.0} and result.series[1].load_ms == 8.0
    assert [d.session for d in result.deviations if d.gate == "resumed"] == [1]


def test_missing_app_errors_of_the_app_and_refused_options(machine: Lab, tiny_pte: Artifact) -> None:
    with machine.adbd(PORT):
        phone.app(machine.files)
        done = refused(machine, tiny_pte.path, *IN_APP)
        assert done.returncode == 3 and "it is not installed" in done.stderr, done
        phone.app(machine.files, True, [json.dumps(LEFT_ERROR) + "\n"])
        done = refused(machine, tiny_pte.path, *IN_APP)
        assert done.returncode == 3 and "the screen was left" in done.stderr and "start it again" in done.stderr, done
    for more, output in ((("--profile", "."), "--profile"), (("--threads", "big"), "big")):
        done = refused(machine, tiny_pte.path, *IN_APP, *more)
        assert done.returncode == 2 and output in done.stderr, done
    done = refused(machine, tiny_pte.path, "--in-app")
    assert done.returncode == 2 and "host" in done.stderr, done
