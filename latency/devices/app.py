"""A phone's installed app as a device: files go to its storage, each run is a start of its benchmark activity in a new process, and the
events that it appends to a file are those of every runner.

The contract is in android_demo/README.md. Tested with Debian's adbd in an emulated ARM userland and a stand-in for the app, not yet
on a real phone.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.export.manifest import Manifest, manifest_path
from mobileseg.latency.conditions.identity import IN_APP
from mobileseg.latency.devices.adb import Adb
from mobileseg.latency.devices.contract import DeviceError, RunnerFailedError
from mobileseg.latency.devices.remote import RemoteWorkspace, Shell, run_checked

PACKAGE: Final = "org.mobileseg.demo"
OWNER: Final = "0"  # the phone's first user: a second one, or a Secure Folder, has other apps and another storage
ACTIVITY: Final = f"{PACKAGE}/.benchmark.BenchmarkActivity"
FOLDER: Final = f"/sdcard/Android/data/{PACKAGE}/files/benchmark"
EVENTS: Final = "events.jsonl"
TARGETS = ("executorch", "onnx")  # the runtimes in the app
TESTED_ON = "a stand-in for the app, driven over adb; the app has not run on a real phone yet"
POLL_S = 1.0
START_S = 20  # for the app's first start, which creates its folder
SILENCE_S = 120.0
"""The app gives a sign of life between runs; a phone that dozes, or freezes what its user does not see, gives none."""

ENDED = "=== ended"
LIST = ("artifact", "input", "watch")  # extras with several values, separated by commas
OPTIONS: Mapping[str, str] = {
    "--model": "artifact", "--input": "input", "--watch": "watch", "--threads": "threads", "--protocol": "protocol", "--output": "output",
}  # fmt: skip

Extras = Mapping[str, str | int | bool]


class AdbApp(Adb):
    """``argument``: as for ``Adb``. An x86 emulator will do, to try it out: its times mean nothing, and results say so."""

    tested_on = TESTED_ON
    architectures = ("aarch64", "x86_64")

    @property
    def name(self) -> str:
        """``adb:SERIAL in app``: times in the app are those of a device of their own."""
        return f"{super().name}{IN_APP}"

    def check_manifest(self, manifest: Manifest) -> None:
        """Raise ``RequestError`` for files whose runtime the app does not have."""
        if manifest.target not in TARGETS:
            raise RequestError(
                expected="a .pte or an .onnx for the app",
                found=manifest.artifact.file,
                fix="export it with --target executorch",
            )

    def gives_outputs(self, manifest: Manifest) -> bool:
        """The app reads one output, that with the classes."""
        return len(manifest.output.tensors) <= 1

    @contextlib.contextmanager
    def workspace(self) -> Iterator[AppWorkspace]:  # type: ignore[override]  # another kind of Workspace
        """The app's storage, emptied, and emptied again afterwards. Raises ``EnvironmentLackError`` if the app is not installed."""
        with installed_app(self.shell, self.name.removesuffix(IN_APP)):
            yield AppWorkspace(self.shell)


class AppWorkspace:
    """The folder of the app in external storage, where files have plain names."""

    def __init__(self, shell: Shell) -> None:
        self._shell, self._storage = shell, RemoteWorkspace(shell, FOLDER, ())

    def push(self, local: Path, name: str) -> str:
        """Copy a file, and its manifest if it has one. Returns the name. Raises ``DeviceError``."""
        self._storage.push(local, name)
        manifest = manifest_path(local)
        if manifest.is_file():
            self._storage.push(manifest, f"{name}.json")
        return name

    def path(self, name: str) -> str:
        """The name itself: the app takes no paths."""
        return name

    def pull(self, name: str, local: Path) -> None:
        """Copy a file from the app's folder. Raises ``DeviceError``."""
        self._storage.pull(name, local)

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        """Start the app in a new process and yield its events as they arrive. Raises ``DeviceError``."""
        stop = f"am force-stop --user {OWNER} {PACKAGE}"
        run_checked(self._shell, f"{stop}; rm -f {FOLDER}/{EVENTS}", "the app to stop")
        output = run_checked(self._shell, start_command(extras_of(arguments)), "the app's benchmark to start")
        if "Error" in output:
            found = output.strip().splitlines()[-1]
            raise RunnerFailedError(expected=f"{ACTIVITY} to start", found=found, fix="install the app of this version")
        try:
            yield from self._events()
        finally:
            with contextlib.suppress(DeviceError):
                run_checked(self._shell, stop, "the app to stop")

    def _events(self) -> Iterator[str]:
        """Complete lines of the file of events, until the last event."""
        offset, heard = 0, time.monotonic()
        while True:
            text, ended = self._read(offset)
            whole = text[: text.rfind("\n") + 1]
            offset += len(whole.encode())
            for line in whole.splitlines():
                yield line
                if re.search(r'"event":\s*"(end|error)"', line):
                    return
            now = time.monotonic()
            heard = now if whole else heard
            if ended:
                raise RunnerFailedError(
                    expected="the app to finish",
                    found="it ended early",
                    fix="check that the phone has enough memory, then check adb logcat",
                )
            if now - heard > SILENCE_S:
                raise RunnerFailedError(
                    expected=f"a sign of life of the app within {SILENCE_S:.0f} s",
                    found="none: the phone has frozen it, or one run takes longer",
                    fix="unlock the phone, keep its screen on, and take the app out of battery optimisation",
                )
            if not whole:
                time.sleep(POLL_S)

    def _read(self, offset: int) -> tuple[str, bool]:
        """What the app wrote after ``offset`` bytes, and whether it has ended. pidof first: if it has ended by then, that is all."""
        script = (
            f'p=$(pidof {PACKAGE}); tail -c +{offset + 1} {FOLDER}/{EVENTS} 2>/dev/null; [ -n "$p" ] || echo "{ENDED}"'
        )
        text = run_checked(self._shell, f"{script}; true", "the app's storage to be readable")
        body, mark, _ = text.rpartition(ENDED)
        return (body, True) if mark else (text, False)


@contextlib.contextmanager
def installed_app(shell: Shell, phone: str) -> Iterator[None]:
    """The app's folder, emptied, and emptied again afterwards. ``phone``: its name, for errors.

    Raises ``EnvironmentLackError`` if the app is not installed, ``DeviceError``.
    """
    listed = run_checked(shell, f"pm list packages --user {OWNER} {PACKAGE}", "a list of the phone's packages")
    if f"package:{PACKAGE}" not in listed.split():
        raise EnvironmentLackError(
            expected=f"the app {PACKAGE} on {phone}",
            found="it is not installed",
            fix="build it with Android Studio (android_demo/README.md) and install it",
        )
    # The app creates its folder when it is started without extras: since Android 11 it cannot read a folder made by the shell.
    wait = f"i=0; while [ $i -lt {START_S} ] && ! [ -d {FOLDER} ]; do sleep 1; i=$((i+1)); done"
    script = f"[ -d {FOLDER} ] || am start --user {OWNER} -W -n {ACTIVITY}; {wait}; cd {FOLDER} && rm -rf ./*"
    run_checked(shell, script, "access to the app's storage")
    try:
        yield
    finally:
        with contextlib.suppress(DeviceError):  # the phone is gone: the next measurement empties it
            run_checked(
                shell,
                f"am force-stop --user {OWNER} {PACKAGE}; cd {FOLDER} && rm -rf ./*",
                "to empty the app's storage",
            )


def extras_of(arguments: Sequence[str]) -> Extras:
    """The arguments of a runner as the app's extras: lists are separated by commas."""
    found: dict[str, list[str]] = {}
    for option, value in zip(arguments[::2], arguments[1::2], strict=True):
        found.setdefault(OPTIONS[option], []).append(value)
    extras = {name: ",".join(values) if name in LIST else values[-1] for name, values in found.items()}
    return {**extras, "threads": int(extras["threads"]), "events": EVENTS}


def start_command(extras: Extras) -> str:
    """The ``am start`` command with typed extras, quoted for a POSIX shell; empty strings are left out."""
    words = ["am", "start", "--user", OWNER, "-W", "-n", ACTIVITY]
    for name, value in extras.items():
        if isinstance(value, bool):
            words += ["--ez", name, str(value).lower()]
        elif value != "":
            words += ["--ei" if isinstance(value, int) else "--es", name, str(value)]
    return " ".join(map(shlex.quote, words))
