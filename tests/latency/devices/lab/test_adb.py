"""A phone: the real adb client and server, a real adbd, Android's shell and commands, ARM code.

Emulated by QEMU in namespaces; not tested on a real phone.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import phone
import pytest
from lab import MOBILESEG, Lab, until

from mobileseg.export.artifact import Artifact
from mobileseg.latency.conditions.identity import unit_of
from mobileseg.latency.results.result import read_result

PORT = 7555
SERIAL = f"127.0.0.1:{PORT}"
pytestmark = pytest.mark.slow


@pytest.fixture
def connected(machine: Lab) -> Iterator[Lab]:
    with machine.adbd(PORT):
        yield machine


def test_end_to_end(connected: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    listed = connected.mobileseg("devices").stdout
    assert f"adb:{SERIAL}" in listed and "not ready" not in listed.partition(SERIAL)[2].splitlines()[0]
    words = ("--device", "adb", "--json", tmp_path / "a.json", "--profile", tmp_path)
    done = connected.mobileseg("latency", tiny_pte.path, *words)
    assert done.returncode == 0, done
    result = read_result(tmp_path / "a.json")
    unit = unit_of(phone.UNIT)
    assert result.complete and (result.device, result.properties.unit) == (f"adb:{unit}", unit)
    assert "127.0.0.1" not in result.to_json() and phone.UNIT not in result.to_json(), "no result says where it was"
    about = result.properties
    assert (about.model, about.soc, about.architecture) == ("Debian Emulated phone", "QEMU two cortex-a76", "aarch64")
    assert about.os == "Android 14 (API 34), TEST.1"
    assert (about.fingerprint, about.abi, about.page_kb) == ("debian/emulated:14", "arm64-v8a", 4)
    assert {core.part for core in about.cores} == {"0x41:0xd0b"} and all(core.online for core in about.cores)
    assert [(core.max_khz, core.capacity) for core in about.cores] == list(zip(phone.KHZ, phone.CAPACITY, strict=True))
    (series,), (session,) = result.series, result.sessions
    assert len(series.samples_ms) == 50 and series.load_ms and series.first_ms and series.peak_kb
    assert session.runner == "cpp" and "executorch 1." in session.versions and session.threads == 1
    for sensors in (session.before, session.after):
        assert sensors is not None and sensors.thermal_status == 0 and sensors.screen_on is True
        assert [(zone.name, zone.celsius, zone.limit_celsius) for zone in sensors.zones] == [
            ("BIG", 41.0, 95.0),
            ("VIRTUAL-SKIN", 31.5, 39.0),
        ]
        assert sensors.battery is not None
        assert sensors.battery.model_dump() == {"level": 87, "charging": True, "saver": False, "celsius": 29.8}
        assert {clock.governor for clock in sensors.clocks} == {"sched_pixel"}
    course = session.course
    assert course is not None and len(course.at_s) >= 2
    assert {(trace.kind, trace.name, trace.values[0]) for trace in course.traces} == {
        ("khz", "cpu0", 300e3), ("khz", "cpu1", 300e3), ("cap_khz", "cpu0", phone.KHZ[0]), ("cap_khz", "cpu1", phone.KHZ[1]),
        ("celsius", "BIG", 41.0),
    }  # fmt: skip
    assert (connected.files / "weather/said").read_text().splitlines()[-4:] == [
        "input keyevent KEYCODE_WAKEUP", "wm dismiss-keyguard", "svc power stayon true",
        "settings put global stay_on_while_plugged_in 0",
    ]  # fmt: skip
    assert not {d.gate for d in result.deviations} - {"busy", "warm-up"}  # of this machine, not of the phone
    assert series.vs_host is not None and series.vs_host.agreement == 1.0
    assert series.vs_host.sqnr_db is not None and series.vs_host.sqnr_db > 100  # rounding of float32
    assert series.profile is not None and any(o.name.startswith("Convolution") for o in series.profile.operators)
    assert (
        result.tested_on is not None
        and "not yet on a real phone" in result.tested_on
        and result.tested_on in done.stdout
    )
    assert connected.leftovers() == []


def refused(lab: Lab, file: Path, *words: object, **more: str) -> "subprocess.CompletedProcess[str]":
    done = lab.mobileseg("latency", file, *(words or ("--device", "adb")), **more)
    assert "Traceback" not in done.stderr and done.returncode != 0, done
    assert lab.leftovers() == []
    return done


def test_files_that_do_not_run_on_a_phone_are_refused(connected: Lab, tiny_onnx: Path, tiny_mlpackage: Path) -> None:
    for file, words in ((tiny_onnx, "not measured in a phone's shell"), (tiny_mlpackage, "does not run on Android")):
        done = refused(connected, file)
        assert done.returncode == 2 and words in done.stderr, done


def test_a_hot_or_power_saving_phone_is_refused(
    connected: Lab, tiny_pte: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the gates of ``standard``, without waiting for them to open."""
    patient = "import dataclasses, mobileseg.latency.protocol as p; p.PROTOCOLS['standard'].__dict__['wait_s'] = 0; "
    monkeypatch.setattr("lab.MOBILESEG", (MOBILESEG[0], "-c", patient + MOBILESEG[2]))
    try:
        phone.weather(connected.files, milli=92_000, status=2, saver=True)
        done = refused(connected, tiny_pte.path, "--device", "adb", "--protocol", "standard")
        output = " ".join(done.stderr.split())
        wanted = (
            "hot: 92.0 °C",
            "hot: 2",
            "saver: on",
            "--allow hot --allow saver",
        )
        assert done.returncode == 1 and all(words in output for words in wanted), output
    finally:
        phone.weather(connected.files)


def test_full_storage(connected: Lab, tiny_pte: Artifact) -> None:
    connected.run("sh", "-c", f"rm -rf {connected.root}/data/local/tmp/mobileseg.kit-*")
    with connected.full("data/local/tmp"):
        done = refused(connected, tiny_pte.path)
        assert done.returncode == 3, done
        assert "space for" in done.stderr and "left in /data/local/tmp" in done.stderr


def begin(lab: Lab, *words: object) -> "subprocess.Popen[str]":
    """Start a measurement; returns when it is in its turns."""
    process = lab.start("measure.log", *MOBILESEG, "latency", *words)
    log = lab.folder / "measure.log"
    until(lambda: re.search(r"\d+ turns", log.read_text()) or process.poll() is not None, 120)
    assert process.poll() is None, log.read_text()
    return process


@pytest.fixture(autouse=True)
def clean_log(machine: Lab) -> None:
    (machine.folder / "measure.log").write_text("")


@pytest.mark.thorough  # a device that is lost is in test_measurement.py, too
def test_unplugged_and_reconnected(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    with machine.adbd(PORT):
        words = (tiny_pte.path, "--device", f"adb:{SERIAL}", "--json", tmp_path / "a.json")
        process = begin(machine, *words)
    with machine.adbd(PORT):  # the first adbd is gone, with all its processes
        assert process.wait(120) == 0, (machine.folder / "measure.log").read_text()
        result = read_result(tmp_path / "a.json")
        assert result.complete and len(result.series[0].samples_ms) == 50
        assert [d.gate for d in result.deviations if d.gate == "resumed"] == ["resumed"]
        assert machine.leftovers() == []  # also the leftovers of the first connection


def test_ctrl_c_leaves_nothing_behind(connected: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    process = begin(connected, tiny_pte.path, "--device", "adb", "--json", tmp_path / "a.json")
    connected.kill("mobileseg.cli", str(tiny_pte.path), how=signal.SIGINT)
    assert process.wait(60) == 130
    result = read_result(tmp_path / "a.json")
    assert not result.complete and result.reason == "interrupted" and result.series[0].samples_ms
    assert connected.leftovers() == []
    running = connected.run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout
    assert "./kit/runner" not in running


STUCK = """
import sys, time
from pathlib import Path
from mobileseg.latency.devices import adb
from mobileseg.latency.devices.contract import DeviceError
adb.SILENCE_S, adb.COPY_S = 1.0, 2.0
shell = adb.Adb(sys.argv[1]).shell
print(b"".join(shell.stream("echo heard; sleep 1.5; echo again", 4)))
def look(what, *words):
    began = time.monotonic()
    try:
        list(what(*words) or ())
    except DeviceError as error:
        print(type(error).__name__, "in time" if time.monotonic() - began < 15 else "late", flush=True)
look(shell.stream, "sleep 100", 2)
input()
look(shell.send, Path(sys.argv[2]), "/data/local/tmp/stuck")
look(shell.stream, "echo 1", 2)
"""


def test_a_phone_that_is_stuck_does_not_hang_the_host(machine: Lab, tiny_pte: Artifact) -> None:
    """A command that never ends; and a phone that is frozen while a file is copied."""
    with machine.adbd(PORT) as daemon:
        command = machine.enter(sys.executable, "-c", STUCK, SERIAL, tiny_pte.path)
        process = subprocess.Popen(
            command, env=machine.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == "b'heard\\nagain\\n'\n", "silence that ends is none"
            assert process.stdout.readline() == "SilentError in time\n"
            machine.kill(str(PORT), "adbd", how=signal.SIGSTOP)
            output, _ = process.communicate("\n", timeout=60)
            assert output == "DeviceLostError in time\n" * 2
        finally:
            machine.kill(str(PORT), "adbd", how=signal.SIGCONT)
            daemon.send_signal(signal.SIGCONT)  # nsenter stops with what it started
            process.kill()
            process.wait()


def test_serials_do_not_reach_a_shell(connected: Lab, tiny_pte: Artifact) -> None:
    for serial in ("x; touch /data/local/tmp/mobileseg-pwned", "127.0.0.1:7555;id"):
        done = refused(connected, tiny_pte.path, "--device", f"adb:{serial}")
        assert done.returncode == 3 and "the device" in done.stderr, done


def test_several_devices_none_and_no_server(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    with machine.adbd(PORT), machine.adbd(PORT + 1):
        done = refused(machine, tiny_pte.path)
        assert done.returncode == 2 and SERIAL in done.stderr and f"127.0.0.1:{PORT + 1}" in done.stderr, done
    done = refused(machine, tiny_pte.path)
    assert done.returncode == 3 and "connected: none" in done.stderr, done
    done = refused(machine, tiny_pte.path, "--device", "adb:127.0.0.1:1")
    assert done.returncode == 3 and "Connection refused" in done.stderr, done
    done = refused(machine, tiny_pte.path, ANDROID_ADB_SERVER_PORT="5998", ADBUTILS_ADB_PATH=str(tmp_path / "none"))
    assert done.returncode == 3 and "no" in done.stderr and "adb start-server" in done.stderr, done
    assert "adb start-server" in machine.mobileseg("devices", ANDROID_ADB_SERVER_PORT="5998").stdout


@pytest.mark.parametrize(
    ("answers", "words"), [(True, "has not authorised this computer's key"), (False, "does not answer")]
)
def test_unauthorized_and_offline(machine: Lab, tiny_pte: Artifact, answers: bool, words: str) -> None:
    """A phone that never accepts the key, or never answers, with adb's own server."""
    silent = machine.start("silent.log", MOBILESEG[0], Path(__file__).with_name("silent_phone.py"), 7560, int(answers))
    try:
        assert silent.stdout is not None and silent.stdout.readline() == "ready\n"
        done = refused(machine, tiny_pte.path, "--device", "adb:127.0.0.1:7560")
        assert done.returncode == 3 and words in " ".join(done.stderr.split()), done
    finally:
        machine.adb("disconnect", "127.0.0.1:7560")
        machine.kill("silent_phone.py", how=signal.SIGTERM)
        silent.wait(10)
