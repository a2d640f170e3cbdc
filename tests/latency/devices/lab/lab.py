"""An emulated ARM machine with a network of its own, running real daemons: adbd as on a phone, sshd as on a board."""

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import phone
from debian_packages import install
from userland import userland

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners.debian import Part

ARM = ("adbd", "openssh-server", "mksh", "toybox", "dash", "coreutils", "python3")
BACKPORTED = "adbd android-lib* libsystemd0"  # Debian 12 has no adbd
TOOLS = ("adb", "qemu-user-static")
NAMESPACES = ("--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
STORAGE_MB = 256
SERVER = "5999"  # port of an adb server of its own
CHROOT = "/usr/sbin/chroot"
PATIENCE_S = 20.0


@dataclass
class Lab:
    """A running lab. ``folder``: sockets, logs, programs; ``first``: process number of its init; ``files``: see ``phone.py``. Of several
    machines ``files`` and ``root`` are the first one's."""

    folder: Path
    first: int

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def root(self) -> Path:
        """The root folder of the emulated machine, as seen inside the lab."""
        return self.root_of(0)

    def root_of(self, number: int) -> Path:
        """That of one of several."""
        return self.folder / f"scratch/arm{number or ''}/root"

    def enter(self, *command: object) -> list[str]:
        """``command`` inside the lab, on this machine's own file system."""
        spaces = ("--user", "--net", "--mount", "--pid", "--preserve-credentials", f"--wd={self.folder}")
        return ["nsenter", "--target", str(self.first), *spaces, "--", *map(str, command)]

    def run(self, *command: object, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run ``command`` inside the lab to its end."""
        return subprocess.run(
            self.enter(*command), env=self.environment | more, capture_output=True, text=True, timeout=300, check=False
        )

    def start(self, log: str, *command: object, **more: str) -> "subprocess.Popen[str]":
        """Start ``command`` inside the lab in the background, with standard error in ``log``."""
        with (self.folder / log).open("a") as stderr:
            return subprocess.Popen(
                self.enter(*command), env=self.environment | more, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=stderr, text=True,
            )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """Our programs find the lab's adb and ssh first."""
        programs = self.folder / "bin"
        return {
            **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "ADBUTILS_ADB_PATH": str(programs / "adb"),
            "ANDROID_ADB_SERVER_PORT": SERVER, "OMP_NUM_THREADS": "1", "COLUMNS": "200",
        }  # fmt: skip

    def mobileseg(self, *words: object, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run the mobileseg command."""
        return self.run(*MOBILESEG, *words, **more)

    def machine(self, *command: object, number: int = 0) -> list[str]:
        """``command`` in the machine's root, with the emulated core."""
        return self.enter(
            "env",
            "-i",
            "PATH=/system/bin:/usr/bin",
            "QEMU_CPU=cortex-a76",
            "TMPDIR=/data/local/tmp",
            CHROOT,
            self.root_of(number),
            *command,
        )

    def adb(self, *words: object) -> "subprocess.CompletedProcess[str]":
        """Run Debian's adb client."""
        return self.run("adb", *words)

    @contextlib.contextmanager
    def adbd(self, port: int, number: int = 0) -> "Iterator[subprocess.Popen[bytes]]":
        """Debian's adbd on ``port``, ended after the block."""
        with (self.folder / "adbd.log").open("a") as log:
            daemon = subprocess.Popen(
                self.machine("/usr/bin/env", f"ADBD_PORT={port}", "/usr/lib/android-sdk/platform-tools/adbd", number=number),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            until(lambda: self.reached(f"127.0.0.1:{port}"))  # "already connected" may be what is just going
            yield daemon
        finally:
            self.kill(str(port), "adbd")
            daemon.wait(PATIENCE_S)
            self.adb("disconnect", f"127.0.0.1:{port}")

    def reached(self, address: str) -> bool:
        """Connect adb's server with ``address``; whether it then answers."""
        said = self.adb("connect", address).stdout.startswith(("connected", "already"))
        return said and self.adb("-s", address, "get-state").stdout.strip() == "device"

    def kill(self, *words: str, how: int = signal.SIGKILL) -> None:
        """Kill every process of the lab whose command line or environment contains all of ``words``."""
        script = "import os,sys\nfor p in filter(str.isdigit, os.listdir('/proc')):\n" + (
            "  try: t = b' '.join(open(f'/proc/{p}/{n}','rb').read() for n in ('cmdline', 'environ')).decode(errors='replace')\n"
            "  except OSError: continue\n"
            "  if int(p) not in (1, os.getpid()) and all(w in t for w in sys.argv[2:]): os.kill(int(p), int(sys.argv[1]))\n"
        )
        self.run(sys.executable, "-c", script, int(how), *words)

    @contextlib.contextmanager
    def full(self, folder: str) -> Iterator[None]:
        """Fill the file system of ``folder`` up to 4 MB."""
        filler = self.root / folder / "filler"
        self.run("dd", "if=/dev/zero", f"of={filler}", "bs=1M", f"count={STORAGE_MB - 4}")
        try:
            yield
        finally:
            self.run("rm", filler)

    def leftovers(self) -> list[str]:
        """Leftover folders of measurements."""
        done = self.run("ls", self.root / "data/local/tmp", self.root / "var/tmp")
        return [line for line in done.stdout.split() if line.startswith("mobileseg-")]


MOBILESEG = (sys.executable, "-c", "from mobileseg.cli import main; main()")


def until(there: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until ``there`` returns something true."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.1)


def program(path: Path, text: str) -> None:
    """Write a shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@contextlib.contextmanager
def lab(folder: Path, units: Sequence[str] = (phone.UNIT,)) -> Iterator[Lab]:
    """Start a lab with a machine for each serial number. Raises ``EnvironmentLackError`` with the reason if this machine cannot run one."""
    if platform.machine() != "x86_64" or not sys.platform.startswith("linux"):
        raise _lack("x86-64 Linux", platform.platform())
    install((Part("openssh-client", "ssh"),), "measuring over ssh in the lab", "test")
    for name in ("unshare", "nsenter", "apt-get", "dpkg-deb", "ssh-keygen"):
        if shutil.which(name) is None:
            raise _lack(f"{name} on PATH", "not on this machine")
    arm, tools = userland("arm64", ARM, BACKPORTED), userland("amd64", TOOLS)
    for name in ("scratch", "bin"):
        (folder / name).mkdir()
    files = [folder / f"files{number or ''}" for number in range(len(units))]
    for place, unit in zip(files, units, strict=True):
        phone.write_files(place, unit)
    program(folder / "bin/adb", f'exec {CHROOT} {folder}/scratch/tools/root /usr/bin/adb "$@"')
    command: Sequence[object] = (
        "unshare", *NAMESPACES, sys.executable, Path(__file__).with_name("lab_init.py"), arm, tools, folder / "scratch",
        f"{STORAGE_MB}m", *files,
    )  # fmt: skip
    outer = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert outer.stdin is not None and outer.stdout is not None
    try:
        answer = outer.stdout.readline().strip()
        if answer != "ready":
            rest = f"{answer} {outer.communicate(timeout=PATIENCE_S)[0]}".strip()
            raise _lack("user, mount, network and process namespaces with a binfmt_misc of their own (Linux 6.7)", rest)
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        yield Lab(folder, int(children[0]))
    finally:
        outer.stdin.close()
        outer.wait(PATIENCE_S)


def _lack(expected: str, found: str) -> EnvironmentLackError:
    return EnvironmentLackError(expected=expected, found=found, fix="the lab tests need it")
