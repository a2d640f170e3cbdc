"""A board: Debian's sshd in an emulated ARM userland, and the system's ssh with keys of its own."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab import Lab, program, until

PORT = 7022
USER = "tester"


def keys(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


@contextlib.contextmanager
def sshd(lab: Lab, port: int = PORT, path: str = "/usr/bin", number: int = 0) -> Iterator["subprocess.Popen[str]"]:
    """Debian's sshd without root rights: it can only open sessions of its own user, which is enough. ``number``: of the
    machine."""
    root = lab.root_of(number)
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
    place = root / "etc/lab"
    lab.run("mkdir", "-p", place)
    lab.run("cp", "-r", f"{etc}/.", place)
    lab.run("cp", etc / "passwd", root / "etc/passwd")
    lab.run("chmod", "1777", root / "var/tmp")
    lab.run("chown", "0:0", root / "var/tmp")
    daemon = lab.start(
        f"sshd{port}.log", "env", "-i", "PATH=/usr/bin", "QEMU_CPU=cortex-a76", "unshare", "--user", "--map-user=1000",
        "--map-group=1000", f"--root={root}", "/usr/sbin/sshd", "-D", "-e", "-f", f"/etc/lab/config{port}",
    )  # fmt: skip
    log = lab.folder / f"sshd{port}.log"
    try:
        until(lambda: "Server listening" in log.read_text() or daemon.poll() is not None)
        assert daemon.poll() is None, log.read_text()
        yield daemon
    finally:
        lab.kill("sshd", "lab")
        daemon.wait(10)
