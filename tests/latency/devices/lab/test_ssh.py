"""A board: the system's ssh against a real sshd in an emulated ARM userland. Not tested on a real board."""

import re
import sys
from pathlib import Path

import pytest
from board import PORT, USER, sshd
from lab import MOBILESEG, Lab, program, until
from required import lacking

from mobileseg.errors import DownloadError
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact
from mobileseg.latency.results.result import read_result
from mobileseg.latency.runners import wheels

PYTHON = "3.11"  # of Debian 12
pytestmark = pytest.mark.slow


def test_end_to_end(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    with sshd(machine):
        done = machine.mobileseg(
            "latency", tiny_pte.path, "--device", f"ssh:{USER}@127.0.0.1:{PORT}", "--json", tmp_path / "a.json"
        )
        assert done.returncode == 0, (done, (machine.folder / f"sshd{PORT}.log").read_text())
    result = read_result(tmp_path / "a.json")
    assert result.complete and result.device.startswith("ssh:") and "127.0.0.1" not in result.to_json()
    assert result.properties.architecture == "aarch64" and len(result.properties.cores) == 2
    assert len(result.series[0].samples_ms) == 50 and result.sessions[0].runner == "cpp"
    alike = result.series[0].vs_host
    assert alike is not None and alike.agreement == 1.0 and alike.sqnr_db is not None and alike.sqnr_db > 100
    assert (
        result.tested_on is not None
        and "not yet on a real board" in result.tested_on
        and result.tested_on in done.stdout
    )
    assert machine.leftovers() == []


STUCK = """
import sys, time
from mobileseg.latency.devices.contract import SilentError
from mobileseg.latency.devices.link import SshShell
shell = SshShell(sys.argv[1])
print(b"".join(shell.stream("echo heard; sleep 1.5; echo again", 4)))
began = time.monotonic()
try:
    list(shell.stream("sleep 100", 2))
except SilentError:
    print("in time" if time.monotonic() - began < 15 else "late")
"""


def test_a_board_that_says_nothing_does_not_hang_the_host(machine: Lab) -> None:
    with sshd(machine):
        done = machine.run(sys.executable, "-c", STUCK, f"{USER}@127.0.0.1:{PORT}")
    assert done.stdout == "b'heard\\nagain\\n'\nin time\n", done


DEVICE = ("--device", f"ssh:{USER}@127.0.0.1:{PORT}")


def refused(lab: Lab, file: Path, *words: object, **more: str) -> str:
    done = lab.mobileseg("latency", file, *(words or DEVICE), **more)
    assert done.returncode == 3 and "Traceback" not in done.stderr, done
    assert lab.leftovers() == []
    return " ".join(done.stderr.split())


def test_each_failure_has_its_error(machine: Lab, tiny_pte: Artifact) -> None:
    with sshd(machine):
        client = machine.folder / "ssh/client"
        good = client.read_text()
        try:
            client.write_text(good.replace("/mine\n", "/stranger\n"))
            output = refused(machine, tiny_pte.path)
            assert "Permission denied (publickey)" in output and "ssh-copy-id" in output
            client.write_text(good.replace("/known\n", "/nobody\n"))
            assert "Host key verification failed" in refused(machine, tiny_pte.path)
        finally:
            client.write_text(good)
        machine.run(
            "sh", "-c", f"rm -rf {machine.root}/var/tmp/mobileseg.kit-*"
        )  # kept for the next time by tests before
        with machine.full("var/tmp"):
            output = refused(machine, tiny_pte.path)
        assert "space for kit" in output or "No space left" in output or "left in /var/tmp" in output, output
    assert "Connection refused" in refused(machine, tiny_pte.path)


def test_another_architecture(machine: Lab, tiny_pte: Artifact) -> None:
    shim = machine.folder / "ssh/shim"
    shim.mkdir(parents=True)
    program(shim / "uname", "echo Linux riscv64")
    with sshd(machine, path="/etc/lab/shim"):
        assert "Linux riscv64" in refused(machine, tiny_pte.path)


@pytest.mark.thorough
def test_an_onnx_file_with_its_wheels(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    """The board has only python3; the lab has no network, so the wheels are fetched outside."""
    made = export_model("seaformer-tiny", "onnx", size=tiny_pte.size, output=tmp_path / "tiny.onnx")
    version = made.manifest.versions["onnxruntime"]
    try:
        wheels.onnxruntime(version, PYTHON)
    except DownloadError as error:
        lacking(error, "MOBILESEG_REQUIRE_LAB")
    with sshd(machine):
        done = machine.mobileseg("latency", made.path, *DEVICE, "--json", tmp_path / "a.json")
        assert done.returncode == 0, done
        output = refused(
            machine, made.path, MOBILESEG_CACHE=str(tmp_path), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path)
        )
        assert f"the wheel onnxruntime=={version} for Python {PYTHON}" in output
    result = read_result(tmp_path / "a.json")
    (series,), (session,) = result.series, result.sessions
    assert session.runner == "python" and f"onnxruntime {version}" in session.versions
    assert len(series.samples_ms) == 50 and series.load_ms and series.first_ms and series.peak_kb
    alike = series.vs_host
    assert alike is not None and alike.agreement == 1.0 and alike.sqnr_db is not None and alike.sqnr_db > 100
    assert machine.leftovers() == []


@pytest.mark.thorough  # a device that is lost is in test_measurement.py, too
def test_a_lost_board_and_resuming(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    impatient = "import mobileseg.latency.measuring.session as s; s.RECONNECT_S = 1.0; "
    words = ("latency", tiny_pte.path, *DEVICE, "--json", tmp_path / "a.json")
    with sshd(machine):
        process = machine.start("gone.log", MOBILESEG[0], "-c", impatient + MOBILESEG[2], *words)
        log = machine.folder / "gone.log"
        until(lambda: re.search(r"\d+ turns", log.read_text()) or process.poll() is not None, 180)
        assert process.poll() is None, log.read_text()
    assert process.wait(60) == 1
    first = read_result(tmp_path / "a.json")
    kept = first.series[0].samples_ms
    assert not first.complete and "to stay connected" in (first.reason or "") and 0 < len(kept) < 50
    assert "repeat the command to resume" in " ".join(log.read_text().split())
    with sshd(machine):
        done = machine.mobileseg(*words)
        assert done.returncode == 0 and "resume the interrupted measurement" in done.stderr, done
    second = read_result(tmp_path / "a.json")
    assert second.complete and len(second.series[0].samples_ms) == 50
    assert second.series[0].samples_ms[: len(kept)] == kept
    assert list(second.series[0].at_s) == sorted(second.series[0].at_s)
    assert "resumed" in {d.gate for d in second.deviations}
    assert machine.leftovers() == []
