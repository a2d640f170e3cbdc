"""The app's own measurement over adb: files are pushed to its storage, its benchmark activity is started, its result is fetched.

The contract is in android_demo/README.md. An app's figures and a shell's differ on phones: a result says which it is, and the two are
never mixed. Tried with Debian's adbd in an emulated ARM userland and a stand-in for the app; it has not run on a real phone yet.
"""

from __future__ import annotations

import json
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mobileseg.data.dataset import first_sample
from mobileseg.data.images import read_image
from mobileseg.errors import EnvironmentLackError, GateError, MobilesegError, RequestError
from mobileseg.export.artifact import Artifact, read_artifact
from mobileseg.export.manifest import manifest_path
from mobileseg.latency import assemble
from mobileseg.latency.adb import Adb
from mobileseg.latency.conditions import judge
from mobileseg.latency.device import DeviceError, DeviceLostError, RunnerFailedError
from mobileseg.latency.devices import split
from mobileseg.latency.picture import told, write_input
from mobileseg.latency.protocol import PROTOCOLS, Protocol, check_gates
from mobileseg.latency.remote import RemoteWorkspace, must
from mobileseg.latency.result import Result, read_result
from mobileseg.registry import choose

PACKAGE = "org.mobileseg.demo"
ACTIVITY = f"{PACKAGE}/.benchmark.BenchmarkActivity"
FOLDER = f"/sdcard/Android/data/{PACKAGE}/files/benchmark"
TARGETS = ("executorch", "onnx")  # whose runtimes the app holds
INPUT, RESULT = "input.bin", "result.json"
Extras = dict[str, str | int]
POLL_S = 1.0
PATIENCE_S = 600.0  # beyond what the protocol takes, for loading and warming up
TRIED = "driven over adb with a stand-in for the app; the app has not run on a real phone yet"


def measure(
    artifacts: Sequence[str | Path],
    device: str,
    protocol: str = "quick",
    *,
    threads: Sequence[int | str] = (1,),
    allow: Sequence[str] = (),
    command: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Measure one file inside the installed app, by a protocol of ``mobileseg latency``; every repetition in a new process of it.

    What goes wrong after the first repetition, on a phone that is lost or too hot by then, gives a result that is not ``complete``,
    with the reason. Raises ``RequestError`` (files, names), ``EnvironmentLackError`` (no device, no app), ``GateError`` (what the
    app refuses).
    """
    how = choose(PROTOCOLS, protocol, "protocol")
    check_gates(tuple(allow))
    artifact, count, serial = _checked(artifacts, device, threads)
    phone = Adb(serial)
    results: list[Result] = []
    reason: str | None = None
    try:
        with _storage(phone) as storage, tempfile.TemporaryDirectory(prefix="mobileseg-app-") as folder:
            _push(storage, artifact, Path(folder), progress)
            for repeat in range(how.repeats):
                if repeat and "cool-down" not in allow:
                    progress(f"cool down for {how.cool_down_s:.0f} s")
                    time.sleep(how.cool_down_s)
                extras: Extras = {
                    "artifact": artifact.path.name, "input": INPUT, "input_name": told(first_sample()),
                    "protocol": how.name, "threads": count, "repeat": repeat, "result": RESULT,
                    "allow": ",".join(allow), "command": command or "",
                }  # fmt: skip
                _start(phone, extras)
                _wait(phone, how, progress)
                results.append(_fetch(storage, Path(folder)))
    except (DeviceError, GateError) as error:
        if not results:
            raise
        reason = f"expected {error.expected}; found {error.found}"
    return merge(results, artifact, phone.name, tuple(allow), reason)


def _checked(
    artifacts: Sequence[str | Path], device: str, threads: Sequence[int | str]
) -> tuple[Artifact, int, str | None]:
    """The file, the threads and the serial. Raises ``RequestError``."""
    spec, serial = split(device)
    if spec.name != "adb":
        raise RequestError(expected="--in-app with --device adb", found=device, todo="the app runs on phones alone")
    if len(artifacts) != 1:
        raise RequestError(
            expected="one file with --in-app", found=str(len(artifacts)), todo="the app measures one at a time"
        )
    if len(threads) != 1 or not isinstance(threads[0], int):
        raise RequestError(
            expected="one number of --threads with --in-app",
            found=",".join(map(str, threads)),
            todo="measure once for each",
        )
    artifact = read_artifact(artifacts[0])
    if artifact.manifest.target not in TARGETS:
        raise RequestError(
            expected="a .pte or an .onnx for the app",
            found=artifact.path.name,
            todo="export it with --target executorch",
        )
    return artifact, threads[0], serial


@contextmanager
def _storage(phone: Adb) -> Iterator[RemoteWorkspace]:
    """The app's folder for files that come from outside; emptied afterwards. Raises ``EnvironmentLackError``."""
    listed = must(phone.shell, f"pm list packages {PACKAGE}", "the packages on the phone")
    if f"package:{PACKAGE}" not in listed.split():
        raise EnvironmentLackError(
            expected=f"the app {PACKAGE} on {phone.name}",
            found="it is not installed",
            todo="build it with Android Studio (android_demo/README.md) and install it",
        )
    must(phone.shell, f"rm -rf {FOLDER} && mkdir -p {FOLDER}", "the app's storage")
    try:
        yield RemoteWorkspace(phone.shell, FOLDER, ())
    finally:
        with suppress(DeviceError):  # gone: the next measurement empties it
            must(phone.shell, f"am force-stop {PACKAGE}; rm -rf {FOLDER}", "the app's storage to be emptied")


def _push(storage: RemoteWorkspace, artifact: Artifact, folder: Path, progress: Callable[[str], None]) -> None:
    progress(f"push {artifact.path.name} to the app")
    pixels = folder / INPUT
    write_input(artifact, read_image(first_sample()), pixels)
    for local, name in (
        (artifact.path, artifact.path.name),
        (manifest_path(artifact.path), manifest_path(artifact.path).name),
        (pixels, INPUT),
    ):
        storage.push(local, name)


def start_command(extras: Extras) -> str:
    """``am start`` with typed extras, for a POSIX shell; empty strings are left out."""
    words = ["am", "start", "-W", "-n", ACTIVITY]
    for name, value in extras.items():
        if value != "":
            words += ["--ei" if isinstance(value, int) else "--es", name, str(value)]
    return " ".join(map(shlex.quote, words))


def _start(phone: Adb, extras: Extras) -> None:
    """In a process of its own: what ran before is stopped."""
    must(phone.shell, f"am force-stop {PACKAGE}; rm -f {FOLDER}/{RESULT} {FOLDER}/{RESULT}.error", "the app to stop")
    said = must(phone.shell, start_command(extras), "the app's benchmark to start")
    if "Error" in said:
        raise RunnerFailedError(
            expected=f"{ACTIVITY} to start", found=said.strip().splitlines()[-1], todo="install the app of this version"
        )


def _wait(phone: Adb, protocol: Protocol, progress: Callable[[str], None]) -> None:
    """Until there is a result or an error. Raises ``GateError`` with the app's own words, ``DeviceLostError``."""
    begin = time.monotonic()
    while True:
        said = must(
            phone.shell,
            f"if [ -f {FOLDER}/{RESULT} ]; then echo done; elif [ -f {FOLDER}/{RESULT}.error ]; then "
            f"cat {FOLDER}/{RESULT}.error; fi",
            "the app's storage to be readable",
        ).strip()
        if said == "done":
            return
        if said:
            raise refusal(said)
        waited = time.monotonic() - begin
        if waited > protocol.min_seconds + protocol.wait_s + PATIENCE_S:
            raise DeviceLostError(
                expected="a result from the app", found=f"none after {waited:.0f} s", todo="look at the phone's screen"
            )
        progress(f"the app measures: {waited:.0f} s")
        time.sleep(POLL_S)


def refusal(said: str) -> MobilesegError:
    """What the app wrote instead of a result, as an error: ``GateError``, or ``RunnerFailedError`` where it is none of its words."""
    try:
        expected, found, todo = map(json.loads(said).__getitem__, ("expected", "found", "todo"))
    except (ValueError, LookupError, AttributeError, TypeError):
        return RunnerFailedError(
            expected="the app's word on what is wrong", found=repr(said[:200]), todo="install the app of this version"
        )
    return GateError(expected=str(expected), found=f"in the app: {found}", todo=str(todo))


def _fetch(storage: RemoteWorkspace, folder: Path) -> Result:
    local = folder / RESULT
    storage.pull(RESULT, local)
    return read_result(local)


def merge(
    results: Sequence[Result], artifact: Artifact, device: str, allow: tuple[str, ...] = (), reason: str | None = None
) -> Result:
    """One result of the repetitions, which the app writes one by one; the protocol judges how far they are apart. ``reason``: why
    there are not all of them."""
    first, by = results[0], results[0].protocol
    for found in results:
        if [told.sha256 for told in found.series] != [artifact.manifest.artifact.sha256]:
            raise RunnerFailedError(
                expected=f"figures of {artifact.path.name}", found="another file's", todo="measure again"
            )
    series = [found.series[0].model_copy(update={"session": n}) for n, found in enumerate(results)]
    deviations = [d.model_copy(update={"session": n}) for n, found in enumerate(results) for d in found.deviations]
    turns = [[list(turn) for turn in one.turns] for one in series]
    far = list(assemble.far_apart(artifact.path.name, turns, by))
    deviations += judge(far, "after", by.refuse_after, allow, None)
    return first.model_copy(
        update={
            "device": f"{device} in app",
            "tried": TRIED,
            "sessions": tuple(found.sessions[0] for found in results),
            "series": tuple(series),
            "deviations": tuple(deviations),
            "complete": reason is None,
            "reason": reason,
        }
    )
