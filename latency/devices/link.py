"""A control connection through the system's ssh, with its keys and its configuration; never prompts on a terminal."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import select
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.latency.devices.contract import DeviceError, DeviceLostError, RunnerFailedError, SilentError

CONNECT_S, ALIVE_S, ALIVE_COUNT = 10, 5, 3
PERSIST_S = 900  # longer than any protocol's pause; if this process is killed, the master ends by itself
OPTIONS = (
    "-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_S}", "-o", f"ServerAliveInterval={ALIVE_S}",
    "-o", f"ServerAliveCountMax={ALIVE_COUNT}", "-o", "ForwardX11=no", "-o", "ForwardAgent=no", "-o", "ClearAllForwardings=yes",
    "-o", "PermitLocalCommand=no", "-o", "LogLevel=ERROR",
)  # fmt: skip
CONTROL_S = 10.0  # timeout of ssh -O
SSH_FAILED = 255  # exit status of ssh itself; any other is the command's
CHUNK = 65536
COPY_S, SLOWEST = 60.0, 50_000
"""Seconds, and bytes a second, after which a copy that says nothing counts as stuck."""

HOST = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?(?P<host>[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


class UnknownHostError(DeviceError):
    """The host's key is unknown, or has changed."""


class RefusedError(DeviceError):
    """The host does not accept our key."""


class UnreachableError(DeviceError):
    """No connection: the name is unknown, no server is listening, or the host does not answer."""


# OpenSSH's messages (sshconnect.c, sshconnect2.c, misc.c), the error for each, and its fix.
REASONS: tuple[tuple[str, type[DeviceError], str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed",
        UnknownHostError,
        "find out why the host's key has changed, then run: ssh-keygen -R {host}",
    ),
    (
        r"Host key verification failed|No .* host key is known for",
        UnknownHostError,
        "connect once by hand with `ssh {host}` and compare the key that it shows",
    ),
    (
        r"Permission denied|Too many authentication failures|no mutual signature",
        RefusedError,
        "set up a key that works without a prompt: ssh-copy-id {host}, then ssh-add",
    ),
    (
        r"Could not resolve hostname|Connection refused|Connection timed out|No route to host|Network is unreachable|"
        r"Operation timed out|Connection closed|Connection reset|kex_exchange_identification|Host is down",
        UnreachableError,
        "check that it is switched on and that `ssh {host}` reaches it",
    ),
)


def parse_host(text: str) -> tuple[str, str | None]:
    """``(user@host, port)`` of ``[user@]host[:port]``; a host may be a name from ssh's configuration. Raises ``RequestError``."""
    match = HOST.fullmatch(text)
    port = match["port"] if match else None
    if match is None or (port is not None and not 0 < int(port) < 65536):
        raise RequestError(expected="HOST, USER@HOST or USER@HOST:PORT", found=repr(text), fix="use --device ssh:HOST")
    host = match["host"].strip("[]")
    return (f"{match['user']}@{host}" if match["user"] else host), port


def connection_error(output: str, host: str) -> DeviceError:
    """The error for what ssh wrote to standard error: a subclass of ``DeviceError`` if ``REASONS`` knows the message."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not set(line.strip()) <= {"@"}]
    for pattern, error, fix in REASONS:
        found = next((line for line in lines if re.search(pattern, line)), None)
        if found is not None:
            return error(expected=f"a connection to {host}", found=found, fix=fix.format(host=host))
    return DeviceError(
        expected=f"a connection to {host}",
        found="; ".join(lines[-2:]) or "no message from ssh",
        fix=f"check what `ssh {host} true` says",
    )


class SshShell:
    """A ``Shell`` over one ssh master connection, which ends with this process.

    ``text``: ``[USER@]HOST[:PORT]``. Raises ``RequestError``, ``EnvironmentLackError`` without ssh, and the errors of
    ``connection_error``.
    """

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
        self._socket = self._folder / "c"  # short: a socket's path may have about 100 characters
        self._where = ["-S", str(self._socket), *OPTIONS, *(["-p", port] if port else [])]
        self._stderr, self._status = "", 0
        atexit.register(self.close)
        self.connect()

    def connect(self) -> None:
        """Start the master, unless it is running. It goes to the background when connected and ends ``PERSIST_S`` after its last use."""
        if self._socket.exists() and self._control("check"):
            return
        self._socket.unlink(missing_ok=True)
        with tempfile.TemporaryFile("w+") as stderr:  # not a pipe: the master would keep it open
            keep = ["-o", "ControlMaster=yes", "-o", f"ControlPersist={PERSIST_S}"]
            master = ["ssh", *self._where, *keep, "-T", "--", self.host, "true"]
            try:
                status = subprocess.run(
                    master, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, check=False,
                    timeout=3 * CONNECT_S, start_new_session=True,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired as error:
                raise connection_error("Connection timed out", self.host) from error
            stderr.seek(0)
            if status != 0:
                raise connection_error(stderr.read(), self.host)

    def close(self) -> None:
        """Close the connection."""
        atexit.unregister(self.close)
        if self._folder.exists():
            self._control("exit")
            shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, word: str) -> bool:
        command = ["ssh", *self._where, "-O", word, "--", self.host]
        with contextlib.suppress(subprocess.TimeoutExpired, OSError):
            quiet = subprocess.DEVNULL
            return (
                subprocess.run(
                    command, stdin=quiet, stdout=quiet, stderr=quiet, check=False, timeout=CONTROL_S
                ).returncode
                == 0
            )
        return False

    def _command(self, script: str) -> list[str]:
        """Only through the master (``ControlMaster=no``, no proxy): if it is gone, so is the device."""
        alone = ["-o", "ControlMaster=no", "-o", "ProxyCommand=false"]
        return ["ssh", *self._where, *alone, "-T", "--", self.host, f"exec sh -c {shlex.quote(script)}"]

    def stream(self, script: str, silence_s: float) -> Generator[bytes, None, None]:
        """See ``Shell``. Closing the generator early hangs up the remote session."""
        yield from self._stream(script, None, silence_s)

    def _stream(self, script: str, given: IO[bytes] | None, silence_s: float) -> Generator[bytes, None, None]:
        with tempfile.TemporaryFile("w+") as stderr:
            process = subprocess.Popen(
                self._command(script), stdin=given or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                start_new_session=True, bufsize=0,
            )  # fmt: skip
            assert process.stdout is not None
            try:
                while True:
                    if not select.select([process.stdout], [], [], silence_s)[0]:
                        raise SilentError(silence_s, self.host)
                    chunk = process.stdout.read(CHUNK)
                    if not chunk:
                        break
                    yield chunk
                process.wait()
            finally:
                process.stdout.close()
                if process.poll() is None:
                    process.terminate()
                    process.wait()
                stderr.seek(0)
                self._stderr, self._status = stderr.read(), process.returncode

    def send(self, local: Path, remote: str) -> None:
        """See ``Shell``; through ``cat``."""
        with local.open("rb") as data:
            path = shlex.quote(remote)
            patience = COPY_S + local.stat().st_size / SLOWEST
            chunks = self._stream(f"cat >{path} && chmod 755 {path}", data, patience)
            self._finish(chunks, f"to write {local.name} to {self.host}")

    def fetch(self, remote: str, local: Path) -> None:
        """See ``Shell``; through ``cat``."""
        with local.open("wb") as data:
            chunks = self._stream(f"cat {shlex.quote(remote)}", None, COPY_S)
            self._finish((data.write(chunk) for chunk in chunks), f"to read {remote} from {self.host}")

    def _finish(self, parts: Generator[object, None, None], expected: str) -> None:
        for _ in parts:
            pass
        if self._status == SSH_FAILED:
            raise self.failure()
        if self._status != 0:
            last = self._stderr.strip().splitlines()[-1:] or [f"status {self._status}"]
            raise DeviceError(expected=expected, found=last[0], fix=f"check the folder by hand: ssh {self.host}")

    def failure(self) -> DeviceError:
        """See ``Shell``: lost, unless the master is still connected."""
        if self._status != SSH_FAILED and self._control("check"):
            output = "; ".join(self._stderr.strip().splitlines()[-2:])
            return RunnerFailedError(
                expected=f"the shell on {self.host} to finish",
                found=output or f"it ended with status {self._status}",
                fix="measure again",
            )
        return DeviceLostError(
            expected=f"{self.host} to stay connected",
            found="the connection was lost",
            fix="check that it is switched on and in the network",
        )
