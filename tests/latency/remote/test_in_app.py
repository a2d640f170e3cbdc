"""``--in-app`` through a real adb: the stand-in for the app takes what ``am start`` is given and leaves a result, or an error."""

import json
from pathlib import Path

import phone
import pytest
from lab import Lab
from test_adb import PORT, SERIAL, refused

from mobileseg.export.artifact import Artifact
from mobileseg.latency.measurement import measure
from mobileseg.latency.result import read_result

pytestmark = pytest.mark.slow


def test_pushed_started_fetched_and_removed(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    here = measure([tiny_pte.path], "host")
    runner = [session.model_copy(update={"runner": "in app"}) for session in here.sessions]
    told = here.model_copy(update={"device": "in app", "sessions": tuple(runner)})
    phone.app(machine.files, installed=True, result=told.to_json())
    with machine.adbd(PORT):
        words = ("--device", "adb", "--in-app", "--threads", "2", "--allow", "busy", "--json", f"{tmp_path}/a.json")
        done = machine.mobileseg("latency", tiny_pte.path, *words)
        assert done.returncode == 0, done
        assert not (machine.root / phone.APP).exists()
    result = read_result(tmp_path / "a.json")
    assert (result.device, result.sessions[0].runner, result.complete) == (f"adb:{SERIAL} in app", "in app", True)
    assert result.series[0].samples_ms == here.series[0].samples_ms
    assert result.tried is not None and "not run on a real phone" in result.tried
    assert (machine.files / "weather/started").read_text() == "quick 2 0 busy"


def test_no_app_its_own_refusal_and_what_an_app_cannot_choose(machine: Lab, tiny_pte: Artifact) -> None:
    words = ("--device", "adb", "--in-app")
    with machine.adbd(PORT):
        phone.app(machine.files)
        done = refused(machine, tiny_pte.path, *words)
        assert done.returncode == 3 and "it is not installed" in done.stderr, done
        error = {"expected": "a cool phone", "found": 'it\'s "hot"', "todo": "wait"}
        phone.app(machine.files, installed=True, error=json.dumps(error))
        done = refused(machine, tiny_pte.path, *words)
        assert done.returncode == 1 and 'in the app: it\'s "hot"' in done.stderr and "wait" in done.stderr, done
    for more, said in ((("--profile", "."), "--profile"), (("--threads", "1,2"), "1,2")):
        done = refused(machine, tiny_pte.path, *words, *more)
        assert done.returncode == 2 and said in done.stderr, done
    done = refused(machine, tiny_pte.path, "--in-app")
    assert done.returncode == 2 and "host" in done.stderr, done
