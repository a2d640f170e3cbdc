"""Measuring inside the app: what it is told, and what becomes of its events. In this machine's shell, with a stand-in for the app."""

import json
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import RequestError
from mobileseg.latency import measure
from mobileseg.latency.devices import app
from mobileseg.latency.devices.app import AppWorkspace, extras_of, start_command
from mobileseg.latency.devices.contract import RunnerFailedError
from mobileseg.latency.devices.remote import BEGIN, DONE
from mobileseg.latency.measuring.session import Record

START = {"event": "start", "runner": "in app", "version": "app 0.1, ExecuTorch 1.4.0", "threads": 1, "cores": None}
TURN = {"event": "turn", "turn": 0, "model": 0, "samples_ms": [1.5], "at_s": 0.25}
MEMORY = {"event": "memory", "base_kb": None, "peak_kb": None}
ARGUMENTS = ("--model", "0.pte", "--input", "0.bin", "--threads", "1", "--protocol", "{}")


class Phone:
    """A shell on a phone whose app has written one more of ``parts`` at each look, and ended behind the last one if ``ends``."""

    def __init__(self, *parts: str, ends: bool = False) -> None:
        self.text, self.parts, self.ends, self.scripts = "", list(parts), ends, []

    def stream(self, script: str, silence_s: float) -> Iterator[bytes]:
        assert silence_s > 0
        self.scripts.append(script)
        answer = ""
        if "tail -c +" in script:
            self.text += self.parts.pop(0) if self.parts else ""
            offset = int(script.partition("tail -c +")[2].split()[0])
            answer = self.text.encode()[offset - 1 :].decode()
            if self.ends and not self.parts:
                answer += app.ENDED + "\n"
        yield f"{BEGIN}\n{answer}\n{DONE}0\n".encode()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "POLL_S", 0.01)


def lines(*events: dict[str, object]) -> str:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def run(phone: Phone, arguments: tuple[str, ...] = ARGUMENTS) -> list[str]:
    return list(AppWorkspace(phone).run(arguments))  # type: ignore[arg-type]  # only its stream is used


def test_events_arrive_as_they_are_written() -> None:
    """In pieces that end anywhere, between characters of several bytes too."""
    whole = lines(START, {"event": "beat", "note": "°C"}, TURN, MEMORY, {"event": "end"})
    phone = Phone(whole[:30], whole[30:150], "", whole[150:])
    record = Record(1)
    for line in run(phone):
        record.add(line)
    assert record.ended and record.start is not None and record.start.version == START["version"]
    assert record.tracks[0].turns == [(1.5,)] and record.tracks[0].at_s == [0.25]
    assert record.memory is not None and record.memory.peak_kb is None, (
        "a peak that cannot be set back was not measured"
    )
    stops = [number for number, script in enumerate(phone.scripts) if "am force-stop" in script]
    assert stops == [0, len(phone.scripts) - 1], "a new process for each run, and none is left"


def test_an_error_of_the_app_is_one_here() -> None:
    error = {"event": "error", "expected": "a screen that is on", "found": 'it\'s "off"', "fix": "turn it on"}
    *_, last = run(Phone(lines(START, error)))
    with pytest.raises(RunnerFailedError, match='a screen that is on; found it\'s "off"; fix: turn it on'):
        Record(1).add(last)


def test_an_app_that_ends_early_keeps_what_it_said() -> None:
    record = Record(1)
    with pytest.raises(RunnerFailedError, match="it ended early"):  # noqa: PT012  # the events before it are looked at
        for line in AppWorkspace(Phone(lines(START, TURN), '{"event": "tu', ends=True)).run(ARGUMENTS):  # type: ignore[arg-type]  # as above
            record.add(line)
    assert record.tracks[0].turns == [(1.5,)]


def test_a_frozen_app_does_not_hang_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A locked phone freezes what its user does not see: no event comes any more, and the process is there."""
    monkeypatch.setattr(app, "SILENCE_S", 0.3)
    began = time.monotonic()
    with pytest.raises(RunnerFailedError, match="sign of life of the app"):
        run(Phone(lines(START)))
    assert 0.3 <= time.monotonic() - began < 5


def test_requests_that_the_app_cannot_measure_are_refused() -> None:
    for device, more, words in (
        ("host", {}, "--device adb"),
        ("emulated:cortex-a76", {}, "--device adb"),
        ("adb", {"threads": "big"}, "--threads big"),
        ("adb", {"cores": "0"}, "--cores 0"),
        ("adb", {"profile": "."}, "--profile"),
        ("adb", {"compute_units": "CPU_ONLY"}, "--compute-units"),
    ):
        with pytest.raises(RequestError, match=words):
            measure(["a.pte"], device, in_app=True, **more)


def test_arguments_become_extras() -> None:
    found = extras_of((*ARGUMENTS, "--model", "1.onnx", "--input", "1.bin", "--watch", "/sys/a", "--watch", "/sys/b"))
    assert found == {
        "artifact": "0.pte,1.onnx", "input": "0.bin,1.bin", "threads": 1, "protocol": "{}", "watch": "/sys/a,/sys/b",
        "events": app.EVENTS,
    }  # fmt: skip


@given(st.text(st.characters(exclude_characters="\0"), min_size=1), st.integers(0, 99))
def test_start_commands_are_quoted(text: str, number: int) -> None:
    words = shlex.split(start_command({"artifact": text, "threads": number, "hints": True, "output": ""}))
    assert words[7:] == ["--es", "artifact", text, "--ei", "threads", str(number), "--ez", "hints", "true"]


def test_a_manifest_goes_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[tuple[str, str]] = []
    monkeypatch.setattr(app.RemoteWorkspace, "push", lambda self, local, name: pushed.append((local.name, name)))
    for name in ("a.pte", "a.pte.json", "in.bin"):
        (tmp_path / name).touch()
    space = AppWorkspace(Phone())  # type: ignore[arg-type]  # as above
    assert space.push(tmp_path / "a.pte", "0.pte") == space.path("0.pte") == "0.pte"
    space.push(tmp_path / "in.bin", "0.bin")
    assert pushed == [("a.pte", "0.pte"), ("a.pte.json", "0.pte.json"), ("in.bin", "0.bin")]
