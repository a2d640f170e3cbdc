"""``--in-app`` over a real adb: the stand-in for the app gets the arguments of ``am start`` and writes a result or an error."""

import json
from collections.abc import Sequence
from pathlib import Path

import phone
import pytest
from lab import Lab
from test_adb import PORT, SERIAL, refused

from mobileseg.export.artifact import Artifact
from mobileseg.latency.measuring.measurement import measure
from mobileseg.latency.results.result import Result, read_result

pytestmark = pytest.mark.slow
IN_APP = ("--device", "adb", "--in-app")
HOT = json.dumps({"expected": "a cool phone", "found": 'it\'s "hot"', "fix": "wait", "status": 1})


def told(files: Sequence[Path], threads: int = 1) -> Result:
    """The result that the app would write for these files."""
    here = measure(files, "host", threads=[threads])
    sessions = tuple(session.model_copy(update={"runner": "in app"}) for session in here.sessions)
    return here.model_copy(update={"device": "in app", "sessions": sessions})


def started(machine: Lab) -> list[str]:
    """Every start of the app: files, protocol, threads, repetition, brief, allowed gates."""
    return (machine.files / "weather/started").read_text().splitlines()


def test_files_are_pushed_measured_fetched_and_removed(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    answer = told([tiny_pte.path], threads=2)
    phone.app(machine.files, True, [answer.to_json()])
    with machine.adbd(PORT):
        words = ("--threads", "2", "--allow", "busy", "--json", f"{tmp_path}/a.json")
        done = machine.mobileseg("latency", tiny_pte.path, *IN_APP, *words)
        assert done.returncode == 0, done
        left = machine.run("ls", "-A", machine.root / phone.APP)  # the lab's file systems are only visible from inside
        assert (left.returncode, left.stdout) == (0, ""), left
    result = read_result(tmp_path / "a.json")
    assert (result.device, result.sessions[0].runner, result.complete) == (f"adb:{SERIAL} in app", "in app", True)
    assert result.series[0].samples_ms == answer.series[0].samples_ms
    assert result.tested_on is not None and "not run on a real phone" in result.tested_on
    assert started(machine) == ["0-tiny.pte quick 2 0  busy"]


def test_several_files_take_turns_and_are_resumed(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    """Two files, two numbers of threads; the app dies in the second start with both files."""
    files, target = [tiny_pte.path, tiny_pte.path], tmp_path / "a.json"
    one, two, two_threads = told(files[:1]), told(files), told(files, threads=2)
    words = (*files, *IN_APP, "--threads", "1,2", "--json", target)
    with machine.adbd(PORT):
        phone.app(machine.files, True, [one.to_json(), one.to_json(), two.to_json(), one.to_json(), one.to_json(), ""])
        done = machine.mobileseg("latency", *words)
        assert done.returncode == 1 and "it ended without one" in done.stderr, done
        assert "repeat the command to resume" in " ".join(done.stderr.split()), done
        broken = read_result(target)
        assert not broken.complete and [s.session for s in broken.series] == [0, 0]
        both = "0-tiny.pte,1-tiny.pte"
        assert started(machine) == [
            f"{files} quick {threads} 0 {brief} "
            for threads in (1, 2)
            for files, brief in (("0-tiny.pte", "true"), ("1-tiny.pte", "true"), (both, ""))
        ]
        phone.app(machine.files, True, [one.to_json(), one.to_json(), two_threads.to_json()])
        done = machine.mobileseg("latency", *words)
        assert done.returncode == 0 and len(started(machine)) == 3, done
    result = read_result(target)
    assert result.complete and [s.session for s in result.series] == [0, 0, 1, 1]
    assert [s.threads for s in result.sessions] == [1, 2]
    assert result.series[1].samples_ms == two.series[1].samples_ms
    assert result.series[1].load_ms == one.series[0].load_ms
    assert {s.file for s in result.series} == {"tiny.pte"}


def test_missing_app_errors_of_the_app_and_refused_options(machine: Lab, tiny_pte: Artifact) -> None:
    with machine.adbd(PORT):
        phone.app(machine.files)
        done = refused(machine, tiny_pte.path, *IN_APP)
        assert done.returncode == 3 and "it is not installed" in done.stderr, done
        phone.app(machine.files, True, [HOT])
        done = refused(machine, tiny_pte.path, *IN_APP)
        assert done.returncode == 1 and 'in the app: it\'s "hot"' in done.stderr and "wait" in done.stderr, done
        phone.app(machine.files, True)
        done = refused(machine, tiny_pte.path, *IN_APP)
        assert done.returncode == 3 and "it ended without one" in done.stderr, done
    for more, output in ((("--profile", "."), "--profile"), (("--threads", "big"), "big")):
        done = refused(machine, tiny_pte.path, *IN_APP, *more)
        assert done.returncode == 2 and output in done.stderr, done
    done = refused(machine, tiny_pte.path, "--in-app")
    assert done.returncode == 2 and "host" in done.stderr, done
