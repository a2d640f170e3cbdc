"""Drives the installed app over adb: pushes files to its storage, starts its benchmark activity and fetches the result.

The contract is in android_demo/README.md. Tested with Debian's adbd in an emulated ARM userland and a stand-in for the app, not yet
on a real phone.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from mobileseg.document import Part
from mobileseg.errors import EnvironmentLackError, GateError, MobilesegError, RequestError
from mobileseg.latency.devices.contract import DeviceError, RunnerFailedError
from mobileseg.latency.devices.remote import RemoteWorkspace, Shell, run_checked
from mobileseg.latency.results.result import Result, read_result

PACKAGE: Final = "org.mobileseg.demo"
ACTIVITY: Final = f"{PACKAGE}/.benchmark.BenchmarkActivity"
FOLDER: Final = f"/sdcard/Android/data/{PACKAGE}/files/benchmark"
RESULT: Final = "result.json"
POLL_S = 1.0
START_S = 20  # for the app's first start, which creates its folder

Extras = Mapping[str, str | int | bool]


class AppError(Part):
    """What the app writes instead of a result. ``status``: the exit code of the command line for it."""

    expected: str
    found: str
    fix: str
    status: int

    def error(self) -> MobilesegError:
        """The exception for it: ``GateError``, ``RequestError`` or ``RunnerFailedError``."""
        kinds: Mapping[int, type[MobilesegError]] = {
            GateError.exit_code: GateError,
            RequestError.exit_code: RequestError,
        }
        kind = kinds.get(self.status, RunnerFailedError)
        return kind(expected=self.expected, found=f"in the app: {self.found}", fix=self.fix)


class AndroidApp:
    """The app and its folder in external storage. ``shell``: connection to the phone; ``local``: folder here for results."""

    def __init__(self, shell: Shell, local: Path) -> None:
        self._shell, self._local = shell, local
        self._storage = RemoteWorkspace(shell, FOLDER, ())

    def push(self, local: Path, name: str) -> None:
        """Copy a file to the app's folder as ``name``. Raises ``DeviceError``."""
        self._storage.push(local, name)

    def measure(self, extras: Extras, progress: Callable[[str], None]) -> Result:
        """Start the app in a new process and wait for its result. Raises the app's error (see ``AppError``) or ``DeviceError``."""
        stop = f"am force-stop {PACKAGE}; rm -f {FOLDER}/{RESULT} {FOLDER}/{RESULT}.error"
        run_checked(self._shell, stop, "the app to stop")
        output = run_checked(self._shell, start_command({**extras, "result": RESULT}), "the app's benchmark to start")
        if "Error" in output:
            found = output.strip().splitlines()[-1]
            raise RunnerFailedError(expected=f"{ACTIVITY} to start", found=found, fix="install the app of this version")
        self._wait(progress)
        local = self._local / RESULT
        self._storage.pull(RESULT, local)
        return read_result(local)

    def _wait(self, progress: Callable[[str], None]) -> None:
        """Wait until there is a result or an error, as long as the app is running."""
        began = time.monotonic()
        # pidof first: if the app has ended by then, its files are complete.
        poll = (
            f"p=$(pidof {PACKAGE}); if [ -f {FOLDER}/{RESULT} ]; then echo done; "
            f"elif [ -f {FOLDER}/{RESULT}.error ]; then cat {FOLDER}/{RESULT}.error; "
            'elif [ -z "$p" ]; then echo ended; fi'
        )
        while True:
            answer = run_checked(self._shell, poll, "the app's storage to be readable").strip()
            if answer == "done":
                return
            if answer == "ended":
                raise RunnerFailedError(
                    expected="a result from the app",
                    found="it ended without one",
                    fix="check that the phone has enough memory, then check adb logcat",
                )
            if answer:
                raise _error_of(answer)
            progress(f"the app is measuring: {time.monotonic() - began:.0f} s")
            time.sleep(POLL_S)


@contextmanager
def installed_app(shell: Shell, phone: str, local: Path) -> Iterator[AndroidApp]:
    """The app with its folder emptied, and emptied again afterwards. ``phone``: its name, for errors; ``local``: a folder here.

    Raises ``EnvironmentLackError`` if the app is not installed, ``DeviceError``.
    """
    listed = run_checked(shell, f"pm list packages {PACKAGE}", "a list of the phone's packages")
    if f"package:{PACKAGE}" not in listed.split():
        raise EnvironmentLackError(
            expected=f"the app {PACKAGE} on {phone}",
            found="it is not installed",
            fix="build it with Android Studio (android_demo/README.md) and install it",
        )
    # The app creates its folder when it is started without extras: since Android 11 it cannot read a folder made by the shell.
    wait = f"i=0; while [ $i -lt {START_S} ] && ! [ -d {FOLDER} ]; do sleep 1; i=$((i+1)); done"
    script = f"[ -d {FOLDER} ] || am start -W -n {ACTIVITY}; {wait}; cd {FOLDER} && rm -rf ./*"
    run_checked(shell, script, "access to the app's storage")
    try:
        yield AndroidApp(shell, local)
    finally:
        with suppress(DeviceError):  # the phone is gone: the next measurement empties it
            run_checked(shell, f"am force-stop {PACKAGE}; cd {FOLDER} && rm -rf ./*", "to empty the app's storage")


def start_command(extras: Extras) -> str:
    """The ``am start`` command with typed extras, quoted for a POSIX shell; empty strings are left out."""
    words = ["am", "start", "-W", "-n", ACTIVITY]
    for name, value in extras.items():
        if isinstance(value, bool):
            words += ["--ez", name, str(value).lower()]
        elif value != "":
            words += ["--ei" if isinstance(value, int) else "--es", name, str(value)]
    return " ".join(map(shlex.quote, words))


def storage_name(number: int, name: str) -> str:
    """A file's name in the app's storage: unique, without commas, blanks or a leading dot."""
    return f"{number}-{re.sub(r'[^A-Za-z0-9._-]', '_', name)}"


def _error_of(text: str) -> MobilesegError:
    try:
        return AppError.model_validate_json(text).error()
    except ValidationError:
        return RunnerFailedError(
            expected="an error report of the app", found=repr(text[-200:]), fix="install the app of this version"
        )
