"""Measures inside the installed Android app: each repetition in a new process of the app, merged into one result.

Times in an app and in a shell differ on phones: a result says which it is, and the two are never mixed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mobileseg.data.dataset import first_sample
from mobileseg.data.images import read_image
from mobileseg.errors import GateError, RequestError
from mobileseg.export.artifact import Artifact, read_artifact
from mobileseg.export.manifest import manifest_path
from mobileseg.latency.conditions.gates import Deviation, Finding, cool_down, deviations_of
from mobileseg.latency.devices.adb import Adb
from mobileseg.latency.devices.app import AndroidApp, Extras, installed_app, storage_name
from mobileseg.latency.devices.contract import DeviceError, RunnerFailedError
from mobileseg.latency.devices.table import split
from mobileseg.latency.measuring import assemble, resume
from mobileseg.latency.measuring.measurement import Interrupted
from mobileseg.latency.measuring.picture import describe, write_input
from mobileseg.latency.measuring.request import BIG
from mobileseg.latency.protocol import PROTOCOLS, Protocol, check_gates
from mobileseg.latency.results.result import Result, Series
from mobileseg.provenance import public_text
from mobileseg.registry import choose

TARGETS = ("executorch", "onnx")  # the runtimes in the app
TESTED_ON = "a stand-in for the app, driven over adb; the app has not run on a real phone yet"
ALONE = ("load_ms", "first_ms", "peak_kb", "process_peak_kb")  # measured in the file's own process if there are several

Progress = Callable[[str], None]


@dataclass(frozen=True)
class AppRequest:
    """A checked request. ``phone``: the name of the device."""

    artifacts: tuple[Artifact, ...]
    protocol: Protocol
    threads: tuple[int, ...]
    allow: tuple[str, ...] = ()
    phone: str = "adb"
    command: str | None = None

    @property
    def starts(self) -> list[tuple[int, int]]:
        """``(repetition, threads)`` of each start of the app with all files."""
        return [(repeat, count) for repeat in range(self.protocol.repeats) for count in self.threads]


def measure(
    artifacts: Sequence[str | Path],
    device: str,
    protocol: str = "quick",
    *,
    threads: Sequence[int | str] = (1,),
    allow: Sequence[str] = (),
    command: str | None = None,
    progress: Progress = lambda _: None,
    earlier: Result | None = None,
) -> Result:
    """Measure files against each other inside the installed app: in turns in one process, with a new process for every repetition
    and every number of ``threads``.

    ``device``: "adb" or "adb:SERIAL". ``protocol``, ``allow``, ``command``, ``progress``: as in ``measurement.measure``. ``earlier``:
    the incomplete result of an interrupted measurement of the same request.

    If the phone is lost after the first start, or a gate closes, the result is not ``complete`` and names the reason; Ctrl-C raises
    ``Interrupted`` with such a result. Raises ``RequestError`` (files, names), ``EnvironmentLackError`` (no device, no app),
    ``GateError`` (the app's gates).
    """
    how = choose(PROTOCOLS, protocol, "protocol")
    check_gates(tuple(allow))
    opened, counts, serial = _checked(artifacts, device, threads)
    phone = Adb(serial)
    run = _Measurement(AppRequest(opened, how, counts, tuple(allow), phone.name, command), progress)
    if earlier is not None:
        run.resume_from(earlier)
    reason: str | None = None
    try:
        with (
            tempfile.TemporaryDirectory(prefix="mobileseg-app-") as folder,
            installed_app(phone.shell, phone.name, Path(folder)) as app,
        ):
            run.run(app, Path(folder))
    except KeyboardInterrupt:
        if run.results:
            raise Interrupted(merge(run.results, run.request, run.skipped, "interrupted")) from None
        raise
    except (DeviceError, GateError) as error:
        if not run.results:
            raise
        reason = public_text(f"expected {error.expected}; found {error.found}")
    return merge(run.results, run.request, run.skipped, reason)


def _checked(
    artifacts: Sequence[str | Path], device: str, threads: Sequence[int | str]
) -> tuple[tuple[Artifact, ...], tuple[int, ...], str | None]:
    """The files, the numbers of threads and the serial. Raises ``RequestError``."""
    spec, serial = split(device)
    if spec.name != "adb":
        raise RequestError(
            expected="--in-app with --device adb", found=device, fix="use --device adb: the app runs only on phones"
        )
    if not artifacts:
        raise RequestError(expected="at least one artifact", found="none", fix="name exported files")
    if BIG in threads:
        raise RequestError(
            expected="a number for --threads with --in-app",
            found=BIG,
            fix="give a number: an app cannot choose its cores",
        )
    opened = tuple(read_artifact(path) for path in artifacts)
    for artifact in opened:
        if artifact.manifest.target not in TARGETS:
            raise RequestError(
                expected="a .pte or an .onnx for the app",
                found=artifact.path.name,
                fix="export it with --target executorch",
            )
    return opened, tuple(count for count in threads if isinstance(count, int)), serial


@dataclass
class _Measurement:
    """A measurement in progress. ``results``: one of each start of the app; ``skipped``: pauses that were left out."""

    request: AppRequest
    progress: Progress
    results: list[Result] = field(default_factory=list)
    skipped: list[Deviation] = field(default_factory=list)

    def resume_from(self, earlier: Result) -> None:
        """Resume an interrupted measurement. Raises ``RequestError`` if ``earlier`` is of another request."""
        request, starts = self.request, [(s.repeat, s.threads) for s in earlier.sessions]
        resume.check_same(
            {
                "device": (earlier.device, name_of(request.phone)),
                "protocol": (earlier.protocol, request.protocol),
                "files": resume.files(earlier, request.artifacts),
                "threads": (starts, request.starts[: len(starts)]),
            }
        )
        self.results = [_session_of(earlier, number) for number in range(len(starts))]

    def run(self, app: AndroidApp, folder: Path) -> None:
        """Start the app for every measurement that is still missing."""
        request = self.request
        names = self._push(app, folder)
        for repeat, threads in request.starts[len(self.results) :]:
            self.skipped += cool_down(request.protocol, request.allow, len(self.results), self.progress)
            extras: Extras = {
                "input_name": describe(first_sample()), "protocol": request.protocol.name, "threads": threads,
                "repeat": repeat, "allow": ",".join(request.allow), "command": request.command or "",
            }  # fmt: skip
            alone: list[Series] = []
            if len(names) > 1:
                for name, artifact in zip(names, request.artifacts, strict=True):
                    self.progress(f"app with {artifact.path.name} alone: load, first run, memory")
                    short = self._start(app, {**extras, "brief": True}, [name], [artifact])
                    alone.append(short.series[0])
            result = self._start(app, extras, names, request.artifacts)
            series = result.series if not alone else [_with(s, a) for s, a in zip(result.series, alone, strict=True)]
            self.results.append(result.model_copy(update={"series": tuple(series)}))

    def _push(self, app: AndroidApp, folder: Path) -> list[str]:
        """Push every file with its manifest and its input; return the files' names in the app's storage."""
        pixels, names = read_image(first_sample()), []
        for number, artifact in enumerate(self.request.artifacts):
            self.progress(f"push {artifact.path.name} to the app")
            name = storage_name(number, artifact.path.name)
            data = write_input(artifact, pixels, folder / f"{number}.bin")
            for local, there in ((artifact.path, name), (manifest_path(artifact.path), f"{name}.json")):
                app.push(local, there)
            app.push(data, f"{name}.bin")
            names.append(name)
        return names

    def _start(self, app: AndroidApp, extras: Extras, names: Sequence[str], artifacts: Sequence[Artifact]) -> Result:
        files = {"artifact": ",".join(names), "input": ",".join(f"{name}.bin" for name in names)}
        result = app.measure({**files, **extras}, self.progress)
        if [s.sha256 for s in result.series] != [a.manifest.artifact.sha256 for a in artifacts]:
            wanted = ", ".join(a.path.name for a in artifacts)
            raise RunnerFailedError(expected=f"a result for {wanted}", found="one for other files", fix="measure again")
        return result


def name_of(phone: str) -> str:
    """The device name in a result: times in the app are a device of their own."""
    return f"{phone} in app"


def merge(
    results: Sequence[Result], request: AppRequest, skipped: Sequence[Deviation] = (), reason: str | None = None
) -> Result:
    """Merge the results of the app's starts, and compare the repetitions by the protocol. ``reason``: why some are missing."""
    series = [
        one.model_copy(update={"session": number, "file": artifact.path.name})
        for number, result in enumerate(results)
        for one, artifact in zip(result.series, request.artifacts, strict=True)
    ]
    deviations = [
        *(d.model_copy(update={"session": number}) for number, result in enumerate(results) for d in result.deviations),
        *skipped,
    ]
    if reason is None:
        found = list(_repeat_findings(results, request))
        deviations += deviations_of(found, "after", request.protocol.refuse_after, request.allow, None)
    return results[0].model_copy(
        update={
            "device": name_of(request.phone),
            "tested_on": TESTED_ON,
            "sessions": tuple(result.sessions[0] for result in results),
            "series": tuple(series),
            "deviations": tuple(deviations),
            "complete": reason is None,
            "reason": reason,
        }
    )


def _repeat_findings(results: Sequence[Result], request: AppRequest) -> Iterator[Finding]:
    """Repetitions of one file with one number of threads that differ by too much."""
    for i, artifact in enumerate(request.artifacts):
        for threads in request.threads:
            same = [result.series[i] for result in results if result.sessions[0].threads == threads]
            turns = [[list(turn) for turn in one.turns] for one in same]
            yield from assemble.repeat_findings(artifact.path.name, turns, request.protocol)


def _with(together: Series, alone: Series) -> Series:
    return together.model_copy(update={name: getattr(alone, name) for name in ALONE})


def _session_of(result: Result, number: int) -> Result:
    """The result of start ``number``, out of a merged result."""
    return result.model_copy(
        update={
            "sessions": (result.sessions[number],),
            "series": tuple(s for s in result.series if s.session == number),
            "deviations": tuple(d for d in result.deviations if d.session == number),
        }
    )
