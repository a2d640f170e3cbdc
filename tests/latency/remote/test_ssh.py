"""A board as near as there is one here: the system's ssh against a real sshd in an emulated ARM userland. No test has seen a real board."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, program, until

from mobileseg.export.artifact import Artifact
from mobileseg.latency.result import read_result

PORT = 7022
USER = "tester"
pytestmark = pytest.mark.slow


def keys(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


@contextlib.contextmanager
def sshd(lab: Lab, port: int = PORT, path: str = "/usr/bin") -> Iterator["subprocess.Popen[str]"]:
    """Debian's daemon, as a user without rights; it is not ours to open another's session, and need not be."""
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


def test_the_whole_road(machine: Lab, tiny_pte: Artifact, tmp_path: Path) -> None:
    with sshd(machine):
        done = machine.mobileseg(
            "latency", tiny_pte.path, "--device", f"ssh:{USER}@127.0.0.1:{PORT}", "--json", tmp_path / "a.json"
        )
        assert done.returncode == 0, (done, (machine.folder / f"sshd{PORT}.log").read_text())
    result = read_result(tmp_path / "a.json")
    assert result.complete and result.device == f"ssh:{USER}@127.0.0.1:{PORT}"
    assert result.properties.architecture == "aarch64" and len(result.properties.cores) == 2
    assert len(result.series[0].samples_ms) == 50 and result.sessions[0].runner == "cpp"
    assert machine.left() == []
