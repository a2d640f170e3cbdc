"""What devices behind a shell share: a folder there, files that are checked after they were brought, the runner and its lines.

Text that comes from outside reaches the device's shell through ``shlex.quote`` alone; what the device answers is checked before use.
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
OWNER, PID, CHATTER = "owner", "runner.pid", "stderr"
DONE = "=== status "
"""Before the exit status, behind everything that a script prints: what ends without it was cut off."""

LAST_LINES = 3
SIGNALLED = 128  # a shell's status for a child that a signal ended, and its number on top
NOT_EXECUTABLE = 126
KIT = "kit"
"""Where the runner is in the folder."""

ARM_RUNNER = (f"./{KIT}/{build.LOADER}", "--library-path", f"./{KIT}", f"./{KIT}/{build.RUNNER}")


class Shell(Protocol):
    """A connection to a device. All of it raises ``DeviceLostError`` where the device is gone, ``DeviceError`` else."""

    def stream(self, script: str) -> Generator[bytes, None, None]:
        """Standard output of a script for a POSIX shell, as it comes; ended where the connection ends."""

    def send(self, local: Path, remote: str) -> None:
        """Write a file there that may be executed. What arrived is checked by the caller."""

    def fetch(self, remote: str, local: Path) -> None:
        """Bring a file here. What arrived is checked by the caller."""

    def broken(self) -> DeviceError:
        """Why the last script was cut off: ``DeviceLostError`` where the device is gone."""


class Answer(NamedTuple):
    """Exit status and all output of a script."""

    status: int
    text: str


def ask(shell: Shell, script: str) -> Answer:
    """Run a short script to its end."""
    wrapped = f"{{\n{script}\n}} 2>&1 </dev/null; printf '\\n{DONE}%s\\n' \"$?\""
    text = b"".join(shell.stream(wrapped)).decode(errors="replace").replace("\r\n", "\n")
    body, mark, status = text.rpartition(f"\n{DONE}")
    if not mark or not status.strip().isdigit():
        raise shell.broken()
    return Answer(int(status), body)


def must(shell: Shell, script: str, what: str) -> str:
    """The output of a script that has to succeed. Raises ``NoSpaceError``, ``DeviceError``."""
    status, text = ask(shell, script)
    if status != 0:
        said = "; ".join(text.strip().splitlines()[-LAST_LINES:]) or f"status {status}"
        if "No space left" in said:
            raise NoSpaceError(expected=what, found=said, fix="free some space on the device")
        raise DeviceError(expected=what, found=said, fix="try it by hand in the device's shell")
    return text


class RemoteWorkspace:
    """A folder on the device. ``runner``: the command that starts the runner, from that folder."""

    def __init__(self, shell: Shell, folder: str, runner: Sequence[str]) -> None:
        self._shell, self._folder, self._runner = shell, folder, runner

    def path(self, name: str) -> str:
        """In the folder."""
        return f"{self._folder}/{name}"

    def push(self, local: Path, name: str) -> str:
        """A file, or a folder with all in it. Raises ``NoSpaceError``, ``DeviceError``."""
        remote = self.path(name)
        files = {remote: local}
        if local.is_dir():
            found = [file for file in sorted(local.rglob("*")) if file.is_file() and file.parent.name != "__pycache__"]
            files = {f"{remote}/{file.relative_to(local).as_posix()}": file for file in found}
        folders = sorted({path.rpartition("/")[0] for path in files})
        must(self._shell, f"mkdir -p {_words(folders)}", f"a folder for {local.name} on the device")
        size = sum(file.stat().st_size for file in files.values())
        try:
            for path, file in files.items():
                self._shell.send(file, path)
            self._check(files)
        except DeviceError:
            self._check_space(local, size)
            raise
        return remote

    def pull(self, name: str, local: Path) -> None:
        """Bring a file back, checked. Raises ``DeviceError``."""
        remote = self.path(name)
        self._shell.fetch(remote, local)
        self._check({remote: local})

    def _check(self, files: dict[str, Path]) -> None:
        wanted = [sha256(file) for file in files.values()]
        text = must(
            self._shell, f"sha256sum {_words(list(files))}", "sha256sum on the device (Android has it since version 8)"
        )
        found = re.findall(r"^\\?([0-9a-f]{64}) ", text, re.MULTILINE)
        for path, right, there in zip(files, wanted, found + [None] * len(files), strict=False):
            if there != right:
                raise DeviceError(
                    expected=f"{path} on the device with sha256 {right[:16]}...",
                    found="none" if there is None else f"{there[:16]}...",
                    fix="measure again; if it stays so, check cable and storage",
                )

    def _check_space(self, local: Path, size: int) -> None:
        """Raise ``NoSpaceError`` where less is free than is wanted, after something failed that may have filled it."""
        text = must(self._shell, f"df -Pk {shlex.quote(self._folder)}", "the free space on the device")
        words = text.strip().splitlines()[-1].split()
        free = int(words[3]) * 1024 if len(words) > 3 and words[3].isdigit() else None
        if free is not None and free < size:
            raise NoSpaceError(
                expected=f"room for {local.name}, {size / 1e6:.1f} MB, on the device",
                found=f"{free / 1e6:.1f} MB left in {self._folder}",
                fix="free some space there",
            )

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        """The runner in the folder; it is ended there when the generator is closed, or when the folder is removed."""
        start = f"""sh -c 'echo $$ >{PID}; exec "$@"' sh {_words([*self._runner, *arguments])}"""
        script = f"cd {shlex.quote(self._folder)} && {start} </dev/null 2>{CHATTER}; printf '\\n{DONE}%s\\n' \"$?\""
        status: int | None = None
        stream = self._shell.stream(script)
        try:
            for line in _lines(stream):
                if line.startswith(DONE):
                    status = int(line.removeprefix(DONE))
                    break
                yield line
        finally:
            stream.close()
            if status is None:
                with contextlib.suppress(DeviceError):
                    ask(self._shell, _end(shlex.quote(self._folder)))
        if status is None:
            raise self._shell.broken()
        if status != 0:
            raise self._failed(status)

    def _failed(self, status: int) -> DeviceError:
        said = ask(self._shell, f"tail -n {LAST_LINES} {shlex.quote(self.path(CHATTER))}").text.strip()
        how = f"it was ended by signal {status - SIGNALLED}" if status > SIGNALLED else f"exit status {status}"
        fix = "killed: is there memory enough? otherwise report it with the file's name"
        if status == NOT_EXECUTABLE:
            fix = f"may files be executed in {self._folder}? the file system may be mounted noexec"
        return RunnerFailedError(expected="the runner to finish", found="; ".join([how, *said.splitlines()]), fix=fix)


@contextlib.contextmanager
def workspace(
    shell: Shell, parents: Sequence[str], kit: Path, runner: Sequence[str], left: set[str], place: str = KIT
) -> Iterator[RemoteWorkspace]:
    """A new folder in the first of ``parents`` that can be written, with the folder ``kit`` in it as ``place``; removed afterwards.

    ``left``: folders that could not be removed because the device was gone; they are removed first, and those of processes of
    this machine that are no more. Raises ``NoSpaceError``, ``DeviceError``.
    """
    _sweep(shell, parents, left)
    folder = _make(shell, parents)
    try:
        space = RemoteWorkspace(shell, folder, runner)
        space.push(kit, place)
        yield space
    finally:
        left.add(folder)
        with contextlib.suppress(DeviceError):  # gone: removed when it is there again
            _remove(shell, [folder], left)


def comes_back(
    reach: Callable[[], object], seconds: float, pause: float, away: tuple[type[MobilesegError], ...] = (DeviceError,)
) -> bool:
    """Whether ``reach`` succeeds within that time, tried again after every ``pause`` where it raises one of ``away``."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(*away):
            reach()
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(min(pause, max(0.0, end - time.monotonic())))


def _make(shell: Shell, parents: Sequence[str]) -> str:
    template = _words([f"{parent}/{PREFIX}XXXXXXXX" for parent in parents])
    owner = shlex.quote(f"{platform.node()} {os.getpid()}")
    script = (
        f'for f in {template}; do d=$(mktemp -d "$f") || continue; echo {owner} >"$d/{OWNER}" && echo "$d" && exit 0; '
        'rm -rf "$d"; done; exit 1'
    )
    text = must(shell, f"({script})", f"a new folder in {' or '.join(parents)}")
    for line in text.splitlines():
        if _ours(line, parents):
            return line
    raise DeviceError(expected="the name of a new folder", found=repr(text[-200:]), fix="is its mktemp broken?")


def _sweep(shell: Shell, parents: Sequence[str], left: set[str]) -> None:
    """What earlier measurements could not remove: this machine's, whose process is no more, and whatever is older than a day."""
    places = " ".join(f"{shlex.quote(parent)}/{PREFIX}*" for parent in parents)
    script = (
        f'for d in {places}; do [ -d "$d" ] && echo "$d $(cat "$d/{OWNER}" 2>/dev/null)"; done; '
        f"find {_words(parents)} -maxdepth 1 -name '{PREFIX}*' -mtime +0 2>/dev/null; true"
    )
    stale = set(left)
    for line in must(shell, script, "a listing of what is left there").splitlines():
        folder, blank, owner = line.partition(" ")
        node, _, pid = owner.rpartition(" ")
        if not blank or (node == platform.node() and pid.isdigit() and not _lives(int(pid))):
            stale.add(folder)
    _remove(shell, sorted(folder for folder in stale if _ours(folder, parents)), left)


def _remove(shell: Shell, folders: Sequence[str], left: set[str]) -> None:
    for folder in folders:
        quoted = shlex.quote(folder)
        must(shell, f"{_end(quoted)}\nrm -rf {quoted}", "to remove what was brought there")
        left.discard(folder)


def _end(quoted: str) -> str:
    """Ends the runner that works in that folder, and no other process that has got its number meanwhile."""
    return (
        f"p=$(cat {quoted}/{PID} 2>/dev/null); d=$(cd {quoted} 2>/dev/null && pwd -P); "
        '[ -n "$p" ] && [ -n "$d" ] && [ "$(readlink "/proc/$p/cwd")" = "$d" ] && kill "$p"; true'
    )


def _ours(folder: str, parents: Sequence[str]) -> bool:
    parent, _, name = folder.rpartition("/")
    return parent in parents and re.fullmatch(rf"{PREFIX}[A-Za-z0-9]{{6,}}", name) is not None


def _lives(pid: int) -> bool:
    if (
        os.name == "nt"
    ):  # there, os.kill with signal 0 sends Ctrl-C; what was left behind is removed when it is a day old
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # another user's
    return True


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Whole lines that say something; what follows the last line's end was cut off and is dropped."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line.decode(errors="replace").strip()


def _words(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))
