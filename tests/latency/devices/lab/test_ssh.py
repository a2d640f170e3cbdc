"""A board: the system's ssh against a real sshd in an emulated ARM userland. Not tested on a real board."""

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import MOBILESEG, Lab, program, until
from required import lacking

from mobileseg.errors import DownloadError
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact
from mobileseg.latency.results.result import read_result
from mobileseg.latency.runners import wheels

PORT = 7022
USER = "tester"
PYTHON = "3.11"  # of Debian 12
pytestmark = pytest.mark.slow


def keys(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


@contextlib.contextmanager
def sshd(lab: Lab, port: int = PORT, path: str = "/usr/bin") -> Iterator["subprocess.Popen[str]"]:
    """Debian's sshd without root rights: it can only open sessions of its own user, which is enough."""
    etc = lab.folder / "ssh"
    etc.mkdir(exist_ok=True)
    host, mine = keys(etc, "host"), keys(etc, "mine")
    keys(etc, "stranger")
    (etc / "authorized").write_text(mine.with_suffix(".pub").read_text())
    (etc / "passwd").write_text(f"{USER}:x:1000:1000::/var/tmp:/bin/sh\n")
    (etc / f"config{port}").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey /etc/lab/host\nAuthorizedKeysFile /etc/lab/authorized\nStrictModes no\n"
        f"PidFile none\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nSetEnv PATH={path}:/usr/bin\n"
    )
    (etc / "known").write_text(f"[127.0.0.1]:{port} {host.with_suffix('.pub').read_text()}")
    (etc / "client").write_text(
        f"Host *\nUser {USER}\nIdentityFile {mine}\nIdentitiesOnly yes\nUserKnownHostsFile {etc}/known\nGlobalKnownHostsFile none\n"
    )
    program(lab.folder / "bin/ssh", f'exec /usr/bin/ssh -F {etc}/client "$@"')
    place = lab.root / "etc/lab"
    lab.run("mkdir", "-p", place)
    lab.run("cp", "-r", f"{etc}/.", place)
    lab.run("cp", etc / "passwd", lab.root / "etc/passwd")
    lab.run("chmod", "1777", lab.root / "var/tmp")
    lab.run("chown", "0:0", lab.root / "var/tmp")
    daemon = lab.start(
        f"sshd{port}.log", "env", "-i", "PATH=/usr/bin", "QEMU_CPU=cortex-a76", "unshare", "--user", "--map-user=1000",
        "--map-group=1000", f"--root={lab.root}", "/usr/sbin/sshd", "-D", "-e", "-f", f"/etc/lab/config{port}",
    )  # fmt: skip
    log = lab.folder / f"sshd{port}.log"
    try:
        until(lambda: "Server listening" in log.read_text() or daemon.poll() is not None)
        assert daemon.poll() is None, log.read_text()
        yield daemon
    finally:
        lab.kill("sshd", "lab")
        daemon.wait(10)


def test_end_to_end(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    with sshd(machine):
        done = machine.mobileseg(
            "latency", tiny_pte.path, "--device", f"ssh:{USER}@127.0.0.1:{PORT}", "--json", tmp_path / "a.json"
        )
        assert done.returncode == 0, (done, (machine.folder / f"sshd{PORT}.log").read_text())
    result = read_result(tmp_path / "a.json")
    assert result.complete and result.device == f"ssh:{USER}@127.0.0.1:{PORT}"
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
