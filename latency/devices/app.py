"""The installed app over adb: files come to its storage, its benchmark activity is started, its answer is fetched.

The contract is in android_demo/README.md. Tried with Debian's adbd in an emulated ARM userland and a stand-in for the app; it has not
run on a real phone yet.
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

from mobileseg.errors import EnvironmentLackError, GateError, MobilesegError, RequestError
from mobileseg.export.manifest import Part
from mobileseg.latency.devices.contract import DeviceError, RunnerFailedError
from mobileseg.latency.devices.remote import RemoteWorkspace, Shell, must
from mobileseg.latency.results.result import Result, read_result

PACKAGE: Final = "org.mobileseg.demo"
ACTIVITY: Final = f"{PACKAGE}/.benchmark.BenchmarkActivity"
FOLDER: Final = f"/sdcard/Android/data/{PACKAGE}/files/benchmark"
RESULT: Final = "result.json"
POLL_S = 1.0
START_S = 20  # for the app's first start, which makes its folder

Extras = Mapping[str, str | int | bool]


class Refused(Part):
    """What the app leaves instead of a result. ``status``: the command line's exit code for it."""

    expected: str
    found: str
    fix: str
    status: int

    def error(self) -> MobilesegError:
        """The same in this tree of errors."""
        kinds: Mapping[int, type[MobilesegError]] = {
            GateError.exit_code: GateError,
            RequestError.exit_code: RequestError,
        }
        kind = kinds.get(self.status, RunnerFailedError)
        return kind(expected=self.expected, found=f"in the app: {self.found}", fix=self.fix)


class AndroidApp:
    """The app, and its folder for files that come from outside."""

    def __init__(self, shell: Shell, local: Path) -> None:
        self._shell, self._local = shell, local
        self._storage = RemoteWorkspace(shell, FOLDER, ())

    def push(self, local: Path, name: str) -> None:
        """A file, as ``name``. Raises ``DeviceError``."""
        self._storage.push(local, name)

    def measure(self, extras: Extras, progress: Callable[[str], None]) -> Result:
        """One start in a process of its own, to its result. Raises what the app refuses, as its own words; ``DeviceError``."""
        stop = f"am force-stop {PACKAGE}; rm -f {FOLDER}/{RESULT} {FOLDER}/{RESULT}.error"
        must(self._shell, stop, "the app to stop")
        said = must(self._shell, start_command({**extras, "result": RESULT}), "the app's benchmark to start")
        if "Error" in said:
            found = said.strip().splitlines()[-1]
            raise RunnerFailedError(expected=f"{ACTIVITY} to start", found=found, fix="install the app of this version")
        self._wait(progress)
        local = self._local / RESULT
        self._storage.pull(RESULT, local)
        return read_result(local)

    def _wait(self, progress: Callable[[str], None]) -> None:
        """Until there is a result or an error, as long as the app lives."""
        began = time.monotonic()
        # Whether it lives is asked first: what it left before it ended is then there.
        look = (
            f"p=$(pidof {PACKAGE}); if [ -f {FOLDER}/{RESULT} ]; then echo done; "
            f"elif [ -f {FOLDER}/{RESULT}.error ]; then cat {FOLDER}/{RESULT}.error; "
            'elif [ -z "$p" ]; then echo ended; fi'
        )
        while True:
            said = must(self._shell, look, "the app's storage to be readable").strip()
            if said == "done":
                return
            if said == "ended":
                raise RunnerFailedError(
                    expected="a result from the app",
                    found="it ended without one",
                    fix="killed: is there memory enough? otherwise see adb logcat",
                )
            if said:
                raise _refused(said)
            progress(f"the app measures: {time.monotonic() - began:.0f} s")
            time.sleep(POLL_S)


@contextmanager
def installed_app(shell: Shell, phone: str, local: Path) -> Iterator[AndroidApp]:
    """The app with its storage empty, and empty again afterwards; ``local``: a folder here. Raises ``EnvironmentLackError``."""
    listed = must(shell, f"pm list packages {PACKAGE}", "the packages on the phone")
    if f"package:{PACKAGE}" not in listed.split():
        raise EnvironmentLackError(
            expected=f"the app {PACKAGE} on {phone}",
            found="it is not installed",
            fix="build it with Android Studio (android_demo/README.md) and install it",
        )
    # The app makes its folder itself when it is started without extras: from Android 11 on it may not read what a shell made there.
    wait = f"i=0; while [ $i -lt {START_S} ] && ! [ -d {FOLDER} ]; do sleep 1; i=$((i+1)); done"
    must(shell, f"[ -d {FOLDER} ] || am start -W -n {ACTIVITY}; {wait}; cd {FOLDER} && rm -rf ./*", "the app's storage")
    try:
        yield AndroidApp(shell, local)
    finally:
        with suppress(DeviceError):  # gone: the next measurement empties it
            must(shell, f"am force-stop {PACKAGE}; cd {FOLDER} && rm -rf ./*", "the app's storage to be emptied")


def start_command(extras: Extras) -> str:
    """``am start`` with typed extras, for a POSIX shell; empty strings are left out."""
    words = ["am", "start", "-W", "-n", ACTIVITY]
    for name, value in extras.items():
        if isinstance(value, bool):
            words += ["--ez", name, str(value).lower()]
        elif value != "":
            words += ["--ei" if isinstance(value, int) else "--es", name, str(value)]
    return " ".join(map(shlex.quote, words))


def storage_name(number: int, name: str) -> str:
    """A file's name in the app's storage: no two are the same, and none has a comma, a blank or a dot in front."""
    return f"{number}-{re.sub(r'[^A-Za-z0-9._-]', '_', name)}"


def _refused(said: str) -> MobilesegError:
    try:
        return Refused.model_validate_json(said).error()
    except ValidationError:
        return RunnerFailedError(
            expected="the app's reason", found=repr(said[-200:]), fix="install the app of this version"
        )
