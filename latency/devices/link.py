"""One control connection through the system's ssh: its own keys, its own configuration, nothing asked on a terminal."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.latency.devices.contract import DeviceError, DeviceLostError, RunnerFailedError

CONNECT_S, ALIVE_S, ALIVE_COUNT = 10, 5, 3
PERSIST_S = 900  # longer than any protocol's pause; a process that was killed cannot end its master
OPTIONS = (
    "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_S}", "-o", f"ServerAliveInterval={ALIVE_S}",
    "-o", f"ServerAliveCountMax={ALIVE_COUNT}", "-o", "ForwardX11=no", "-o", "ForwardAgent=no", "-o", "ClearAllForwardings=yes",
    "-o", "PermitLocalCommand=no", "-o", "LogLevel=ERROR",
)  # fmt: skip
END_S = 10.0
SSH_FAILED = 255  # ssh's own status, where it is not the command's
CHUNK = 65536
HOST = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?(?P<host>[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


class UnknownHostError(DeviceError):
    """Its key is not known here, or is another one than it was."""


class RefusedError(DeviceError):
    """It does not accept our key."""


class UnreachableError(DeviceError):
    """No connection: the name is unknown, nothing listens, or nothing answers."""


# What OpenSSH says, in its own words (sshconnect.c, sshconnect2.c, misc.c), and what to do about it.
REASONS: tuple[tuple[str, type[DeviceError], str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed",
        UnknownHostError,
        "find out why its key is another one than before; then: ssh-keygen -R {host}",
    ),
    (
        r"Host key verification failed|No .* host key is known for",
        UnknownHostError,
        "connect once by hand, `ssh {host}`, and compare the key that it shows",
    ),
    (
        r"Permission denied|Too many authentication failures|no mutual signature",
        RefusedError,
        "let it accept a key that needs no password here: ssh-copy-id {host}, ssh-add; nothing is asked on a terminal",
    ),
    (
        r"Could not resolve hostname|Connection refused|Connection timed out|No route to host|Network is unreachable|"
        r"Operation timed out|Connection closed|Connection reset|kex_exchange_identification|Host is down",
        UnreachableError,
        "is it on, and does `ssh {host}` reach it?",
    ),
)


def parse_host(text: str) -> tuple[str, str | None]:
    """``user@host:port`` as ``(user@host, port)``; a name from ssh's configuration is a host. Raises ``RequestError``."""
    match = HOST.fullmatch(text)
    port = match["port"] if match else None
    if match is None or (port is not None and not 0 < int(port) < 65536):
        raise RequestError(expected="HOST, USER@HOST or USER@HOST:PORT", found=repr(text), fix="say --device ssh:HOST")
    host = match["host"].strip("[]")
    return (f"{match['user']}@{host}" if match["user"] else host), port


def refusal(said: str, host: str) -> DeviceError:
    """What ssh's complaint means."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not set(line.strip()) <= {"@"}]
    for pattern, error, fix in REASONS:
        found = next((line for line in lines if re.search(pattern, line)), None)
        if found is not None:
            return error(expected=f"a connection to {host}", found=found, fix=fix.format(host=host))
    return DeviceError(
        expected=f"a connection to {host}",
        found="; ".join(lines[-2:]) or "ssh said nothing",
        fix=f"try it: ssh {host} true",
    )


class SshShell:
    """Scripts for the login shell's ``sh``, through one master process that ends with this one. Raises as ``refusal`` says."""

    def __init__(self, text: str) -> None:
        self.host, port = parse_host(text)
        if shutil.which("ssh") is None:
            raise EnvironmentLackError(
                expected="ssh on PATH",
                found="not on this machine",
                fix="install it (Debian: apt-get install openssh-client)",
            )
        if os.name == "nt":
            raise EnvironmentLackError(
                expected="an ssh that shares one connection (ControlMaster)",
                found="Windows, whose ssh cannot",
                fix="run mobileseg in WSL to measure over ssh",
            )
        self._folder = Path(tempfile.mkdtemp(prefix="mobileseg-ssh-"))
        self._socket = self._folder / "c"  # short: a socket's path has about 100 characters
        self._where = ["-S", str(self._socket), *OPTIONS, *(["-p", port] if port else [])]
        self._said, self._status = "", 0
        atexit.register(self.close)
        self.connect()

    def connect(self) -> None:
        """Start the master, which goes to the background once it is let in, and ends when nobody has used it for ``PERSIST_S``."""
        if self._socket.exists() and self._control("check"):
            return
        self._socket.unlink(missing_ok=True)
        with tempfile.TemporaryFile("w+") as said:  # no pipe: the master would keep it open
            keep = ["-o", "ControlMaster=yes", "-o", f"ControlPersist={PERSIST_S}"]
            master = ["ssh", *self._where, *keep, "-T", "--", self.host, "true"]
            try:
                status = subprocess.run(
                    master, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, check=False,
                    timeout=3 * CONNECT_S, start_new_session=True,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired as error:
                raise refusal("Connection timed out", self.host) from error
            said.seek(0)
            if status != 0:
                raise refusal(said.read(), self.host)

    def close(self) -> None:
        """End the master."""
        atexit.unregister(self.close)
        if self._folder.exists():
            self._control("exit")
            shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, word: str) -> bool:
        command = ["ssh", *self._where, "-O", word, "--", self.host]
        with contextlib.suppress(subprocess.TimeoutExpired, OSError):
            quiet = subprocess.DEVNULL
            return (
                subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, check=False, timeout=END_S).returncode
                == 0
            )
        return False

    def _command(self, script: str) -> list[str]:
        """``ControlMaster=no`` and no way around the master: where it is gone, so is the device."""
        alone = ["-o", "ControlMaster=no", "-o", "ProxyCommand=false"]
        return ["ssh", *self._where, *alone, "-T", "--", self.host, f"exec sh -c {shlex.quote(script)}"]

    def stream(self, script: str) -> Generator[bytes, None, None]:
        """The remote side's output; a session that is closed early is hung up on."""
        yield from self._stream(script, None)

    def _stream(self, script: str, given: IO[bytes] | None) -> Generator[bytes, None, None]:
        with tempfile.TemporaryFile("w+") as chatter:
            process = subprocess.Popen(
                self._command(script), stdin=given or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=chatter,
                start_new_session=True,
            )  # fmt: skip
            assert process.stdout is not None
            try:
                while chunk := process.stdout.read1(CHUNK):  # type: ignore[attr-defined]  # a buffered reader
                    yield chunk
                process.wait()
            finally:
                process.stdout.close()
                if process.poll() is None:
                    process.terminate()
                    process.wait()
                chatter.seek(0)
                self._said, self._status = chatter.read(), process.returncode

    def send(self, local: Path, remote: str) -> None:
        """Through ``cat``; raises where that fails."""
        with local.open("rb") as data:
            path = shlex.quote(remote)
            self._whole(self._stream(f"cat >{path} && chmod 755 {path}", data), f"{local.name} to be written there")

    def fetch(self, remote: str, local: Path) -> None:
        """Through ``cat``; raises where that fails."""
        with local.open("wb") as data:
            chunks = self._stream(f"cat {shlex.quote(remote)}", None)
            self._whole((data.write(chunk) for chunk in chunks), f"{remote} to be read there")

    def _whole(self, parts: Generator[object, None, None], expected: str) -> None:
        for _ in parts:
            pass
        if self._status == SSH_FAILED:
            raise self.broken()
        if self._status != 0:
            last = self._said.strip().splitlines()[-1:] or [f"status {self._status}"]
            raise DeviceError(expected=expected, found=last[0], fix="see what is there by hand")

    def broken(self) -> DeviceError:
        """Lost, unless the master still has its connection."""
        if self._status != SSH_FAILED and self._control("check"):
            said = "; ".join(self._said.strip().splitlines()[-2:])
            return RunnerFailedError(
                expected="the shell there to finish",
                found=said or f"it ended with status {self._status}",
                fix="measure again",
            )
        return DeviceLostError(
            expected=f"{self.host} to stay connected", found="the connection broke off", fix="see whether it is on"
        )
