"""What adb and ssh share: a folder on a device behind a shell, copied files with checksums, and the runner's output.

External text reaches the device's shell only through ``shlex.quote``; answers of the device are checked before use.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shlex
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from mobileseg.errors import MobilesegError
from mobileseg.files import sha256
from mobileseg.latency.devices.contract import DeviceError, NoSpaceError, RunnerFailedError
from mobileseg.latency.runners import build

PREFIX = "mobileseg-"
OWNER, PID, STDERR = "owner", "runner.pid", "stderr"
BEGIN = "=== output"
"""Marks where a script's output begins: what stands before it was said by the shell's own start, such as a ``.bashrc`` that prints."""

DONE = "=== status "
"""Marks the exit status at the end of a script's output; output without it was cut off."""

LAST_LINES = 3  # of standard error that go into an error
SCRIPT_S, RUN_S = 90.0, 300.0
"""Seconds for which a short script, and a runner, may be silent. A runner gives a sign of life between two runs."""

SIGNALLED = 128  # a shell's exit status for a signal is this plus the signal's number
NOT_EXECUTABLE = 126
KIT = "kit"
"""The folder with the runner inside the workspace."""

ARM_RUNNER = (f"./{KIT}/{build.LOADER}", "--library-path", f"./{KIT}", f"./{KIT}/{build.RUNNER}")


class Shell(Protocol):
    """A connection to a device. Its methods raise ``DeviceLostError`` if the device is gone, else ``DeviceError``."""

    def stream(self, script: str, silence_s: float) -> Generator[bytes, None, None]:
        """Run a POSIX shell script and yield its standard output as it arrives; ends when the connection ends. Raises ``SilentError``
        where nothing arrives for ``silence_s`` seconds."""

    def send(self, local: Path, remote: str) -> None:
        """Copy a file to the device and make it executable. The caller verifies the copy."""

    def fetch(self, remote: str, local: Path) -> None:
        """Copy a file from the device. The caller verifies the copy."""

    def failure(self) -> DeviceError:
        """The reason why the last script was cut off: ``DeviceLostError`` if the device is gone."""


class Answer(NamedTuple):
    """Exit status and output (standard output and standard error) of a script."""

    status: int
    text: str


def run_script(shell: Shell, script: str) -> Answer:
    """Run a short script to its end. Raises ``DeviceError`` if it was cut off."""
    wrapped = f"echo '{BEGIN}'; {{\n{script}\n}} 2>&1 </dev/null; printf '\\n{DONE}%s\\n' \"$?\""
    text = b"".join(shell.stream(wrapped, SCRIPT_S)).decode(errors="replace").replace("\r\n", "\n")
    _, begun, text = text.partition(f"{BEGIN}\n")
    body, mark, status = text.rpartition(f"\n{DONE}")
    if not begun or not mark or not status.strip().isdigit():
        raise shell.failure()
    return Answer(int(status), body)


def run_checked(shell: Shell, script: str, what: str) -> str:
    """The output of a script that must succeed. ``what``: the expectation, for errors. Raises ``NoSpaceError``, ``DeviceError``."""
    status, text = run_script(shell, script)
    if status != 0:
        found = "; ".join(text.strip().splitlines()[-LAST_LINES:]) or f"status {status}"
        if "No space left" in found:
            raise NoSpaceError(expected=what, found=found, fix="free some space on the device")
        raise DeviceError(expected=what, found=found, fix="try it by hand in the device's shell")
    return text


class RemoteWorkspace:
    """A ``Workspace`` in ``folder`` on the device. ``runner``: the command that starts the runner, relative to the folder."""

    def __init__(self, shell: Shell, folder: str, runner: Sequence[str]) -> None:
        self.shell, self.folder, self._runner = shell, folder, runner

    def path(self, name: str) -> str:
        """The path of ``name`` in the folder."""
        return f"{self.folder}/{name}"

    def push(self, local: Path, name: str) -> str:
        """Copy a file, or a folder with all its files. Returns its path. Raises ``NoSpaceError``, ``DeviceError``."""
        remote, files = self.path(name), self._files(local, name)
        folders = sorted({path.rpartition("/")[0] for path in files})
        run_checked(self.shell, f"mkdir -p {_quoted(folders)}", f"a folder for {local.name} on the device")
        size = sum(file.stat().st_size for file in files.values())
        try:
            for path, file in files.items():
                self.shell.send(file, path)
            self._check(files)
        except DeviceError:
            self._check_space(local, size)
            raise
        return remote

    def _files(self, local: Path, name: str) -> dict[str, Path]:
        """Paths there and here of a file, or of all files in a folder."""
        remote = self.path(name)
        if not local.is_dir():
            return {remote: local}
        found = [file for file in sorted(local.rglob("*")) if file.is_file() and file.parent.name != "__pycache__"]
        return {f"{remote}/{file.relative_to(local).as_posix()}": file for file in found}

    def verify(self, local: Path, name: str) -> None:
        """Raise ``DeviceError`` unless ``name`` there has the content of ``local``, a file or a folder."""
        self._check(self._files(local, name))

    def pull(self, name: str, local: Path) -> None:
        """Copy a file from the device and verify it. Raises ``DeviceError``."""
        remote = self.path(name)
        self.shell.fetch(remote, local)
        self._check({remote: local})

    def _check(self, files: dict[str, Path]) -> None:
        wanted = [sha256(file) for file in files.values()]
        text = run_checked(
            self.shell, f"sha256sum {_quoted(list(files))}", "sha256sum on the device (Android has it since version 8)"
        )
        found = re.findall(r"^\\?([0-9a-f]{64}) ", text, re.MULTILINE)
        for path, right, there in zip(files, wanted, found + [None] * len(files), strict=False):
            if there != right:
                raise DeviceError(
                    expected=f"{path} on the device with sha256 {right[:16]}...",
                    found="none" if there is None else f"{there[:16]}...",
                    fix="measure again; if it happens again, check the cable and the storage",
                )

    def _check_space(self, local: Path, size: int) -> None:
        """After a failed copy: raise ``NoSpaceError`` if less than ``size`` bytes are free."""
        text = run_checked(self.shell, f"df -Pk {shlex.quote(self.folder)}", "the free space on the device")
        words = text.strip().splitlines()[-1].split()
        free = int(words[3]) * 1024 if len(words) > 3 and words[3].isdigit() else None
        if free is not None and free < size:
            raise NoSpaceError(
                expected=f"space for {local.name}, {size / 1e6:.1f} MB, on the device",
                found=f"{free / 1e6:.1f} MB left in {self.folder}",
                fix="free some space on the device",
            )

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        """Run the runner in the folder and yield its lines. It is ended when the generator is closed or the folder is removed."""
        start = f"""sh -c 'echo $$ >{PID}; exec "$@"' sh {_quoted([*self._runner, *arguments])}"""
        script = f"cd {shlex.quote(self.folder)} && echo '{BEGIN}' && {start} </dev/null 2>{STDERR}; printf '\\n{DONE}%s\\n' \"$?\""
        status: int | None = None
        stream = self.shell.stream(script, RUN_S)
        try:
            begun = False
            for line in _lines(stream):
                if not begun and not line.startswith(DONE):
                    begun = line.endswith(BEGIN)
                    continue
                if line.startswith(DONE):
                    status = int(line.removeprefix(DONE))
                    break
                yield line
        finally:
            stream.close()
            if status is None:
                with contextlib.suppress(DeviceError):
                    run_script(self.shell, _kill_script(shlex.quote(self.folder)))
        if status is None:
            raise self.shell.failure()
        if status != 0:
            raise self._failed(status)

    def _failed(self, status: int) -> DeviceError:
        stderr = run_script(self.shell, f"tail -n {LAST_LINES} {shlex.quote(self.path(STDERR))}").text.strip()
        how = f"ended by signal {status - SIGNALLED}" if status > SIGNALLED else f"exit status {status}"
        fix = "if it was killed, check that there is enough memory; otherwise report it with the file's name"
        if status == NOT_EXECUTABLE:
            fix = f"check that files in {self.folder} can be executed; the file system may be mounted noexec"
        return RunnerFailedError(expected="the runner to finish", found="; ".join([how, *stderr.splitlines()]), fix=fix)


@contextlib.contextmanager
def workspace(
    shell: Shell,
    parents: Sequence[str],
    place: Callable[[RemoteWorkspace], object],
    runner: Sequence[str],
    leftovers: set[str],
) -> Iterator[RemoteWorkspace]:
    """A new folder in the first writable one of ``parents``, in which ``place`` puts the runner; removed afterwards.

    ``leftovers``: folders that could not be removed because the device was gone. They are removed first, as are those that ended
    processes of this machine have left. Raises ``NoSpaceError``, ``DeviceError``.
    """
    _remove_stale(shell, parents, leftovers)
    folder = _make(shell, parents)
    try:
        space = RemoteWorkspace(shell, folder, runner)
        place(space)
        yield space
    finally:
        leftovers.add(folder)
        with contextlib.suppress(DeviceError):  # the device is gone: removed when it is back
            _remove(shell, [folder], leftovers)


def wait_until_reachable(
    reach: Callable[[], object], seconds: float, pause: float, away: tuple[type[MobilesegError], ...] = (DeviceError,)
) -> bool:
    """Call ``reach`` until it succeeds, for at most ``seconds``, with a ``pause`` after each of the errors ``away``; whether it did."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(*away):
            reach()
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(min(pause, max(0.0, end - time.monotonic())))


def _make(shell: Shell, parents: Sequence[str]) -> str:
    template = _quoted([f"{parent}/{PREFIX}XXXXXXXX" for parent in parents])
    owner = shlex.quote(f"{platform.node()} {os.getpid()}")
    script = (
        f'for f in {template}; do d=$(mktemp -d "$f") || continue; echo {owner} >"$d/{OWNER}" && echo "$d" && exit 0; '
        'rm -rf "$d"; done; exit 1'
    )
    text = run_checked(shell, f"({script})", f"a new folder in {' or '.join(parents)}")
    for line in text.splitlines():
        if _is_ours(line, parents):
            return line
    raise DeviceError(expected="the name of a new folder", found=repr(text[-200:]), fix="check mktemp on the device")


def _remove_stale(shell: Shell, parents: Sequence[str], leftovers: set[str]) -> None:
    """Remove folders of earlier measurements: those of ended processes of this machine, and all that are older than a day."""
    places = " ".join(f"{shlex.quote(parent)}/{PREFIX}*" for parent in parents)
    script = (
        f'for d in {places}; do [ -d "$d" ] && echo "$d $(cat "$d/{OWNER}" 2>/dev/null)"; done; '
        f"find {_quoted(parents)} -maxdepth 1 -name '{PREFIX}*' -mtime +0 2>/dev/null; true"
    )
    stale = set(leftovers)
    for line in run_checked(shell, script, "a list of leftover folders").splitlines():
        folder, blank, owner = line.partition(" ")
        node, _, pid = owner.rpartition(" ")
        if not blank or (node == platform.node() and pid.isdigit() and not is_alive(int(pid))):
            stale.add(folder)
    _remove(shell, sorted(folder for folder in stale if _is_ours(folder, parents)), leftovers)


def _remove(shell: Shell, folders: Sequence[str], leftovers: set[str]) -> None:
    for folder in folders:
        quoted = shlex.quote(folder)
        run_checked(shell, f"{_kill_script(quoted)}\nrm -rf {quoted}", f"to remove {folder} on the device")
        leftovers.discard(folder)


def _kill_script(quoted: str) -> str:
    """A script that ends the runner of that folder; checks its working directory, as the process number may have been reused."""
    return (
        f"p=$(cat {quoted}/{PID} 2>/dev/null); d=$(cd {quoted} 2>/dev/null && pwd -P); "
        '[ -n "$p" ] && [ -n "$d" ] && [ "$(readlink "/proc/$p/cwd")" = "$d" ] && kill "$p"; true'
    )


def _is_ours(folder: str, parents: Sequence[str]) -> bool:
    parent, _, name = folder.rpartition("/")
    return parent in parents and re.fullmatch(rf"{PREFIX}[A-Za-z0-9]{{6,}}", name) is not None


def is_alive(pid: int) -> bool:
    """Whether a process of this machine lives. One that has ended and that nobody has waited for does not: as process 1, a container may
    have a program that waits for nobody."""
    if os.name == "nt":  # os.kill with signal 0 would send Ctrl-C; leftover folders are removed after a day
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # a process of another user
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:
        return True  # another system, or hidden
    return not state.strip().startswith("Z")


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Complete lines that are not blank; an incomplete last line is dropped."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line.decode(errors="replace").strip()


def _quoted(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))
