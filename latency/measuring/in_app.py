"""The app's own measurement: every repetition in a new process of the installed app, put together into one result.

An app's figures and a shell's differ on phones: a result says which it is, and the two are never mixed.
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
from mobileseg.latency.measuring.picture import told, write_input
from mobileseg.latency.measuring.request import BIG
from mobileseg.latency.protocol import PROTOCOLS, Protocol, check_gates
from mobileseg.latency.results.result import Result, Series
from mobileseg.provenance import public_text
from mobileseg.registry import choose

TARGETS = ("executorch", "onnx")  # whose runtimes the app holds
TRIED = "driven over adb with a stand-in for the app; the app has not run on a real phone yet"
ALONE = ("load_ms", "first_ms", "peak_kb", "whole_peak_kb")  # of a process of its own, where there are several files

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What was asked for, checked. ``phone``: the device's name."""

    artifacts: tuple[Artifact, ...]
    protocol: Protocol
    threads: tuple[int, ...]
    allow: tuple[str, ...] = ()
    phone: str = "adb"
    command: str | None = None

    @property
    def starts(self) -> list[tuple[int, int]]:
        """Repetition and threads of each start of the app with all files."""
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
    """Measure files against each other inside the installed app, by a protocol of ``mobileseg latency``: in turns in one process, a
    new process for every repetition and every number of ``threads``. ``earlier``: a result of the same request that broke off.

    A phone that is lost after the first start, or a gate that closes, gives a result that is not ``complete``, with the reason;
    Ctrl-C raises ``Interrupted`` with such a result. Raises ``RequestError`` (files, names), ``EnvironmentLackError`` (no device, no
    app), ``GateError`` (what the app refuses).
    """
    how = choose(PROTOCOLS, protocol, "protocol")
    check_gates(tuple(allow))
    opened, counts, serial = _checked(artifacts, device, threads)
    phone = Adb(serial)
    run = _Measurement(Asked(opened, how, counts, tuple(allow), phone.name, command), progress)
    if earlier is not None:
        run.take(earlier)
    reason: str | None = None
    try:
        with (
            tempfile.TemporaryDirectory(prefix="mobileseg-app-") as folder,
            installed_app(phone.shell, phone.name, Path(folder)) as app,
        ):
            run.all(app, Path(folder))
    except KeyboardInterrupt:
        if run.told:
            raise Interrupted(merge(run.told, run.asked, run.skipped, "interrupted")) from None
        raise
    except (DeviceError, GateError) as error:
        if not run.told:
            raise
        reason = public_text(f"expected {error.expected}; found {error.found}")
    return merge(run.told, run.asked, run.skipped, reason)


def _checked(
    artifacts: Sequence[str | Path], device: str, threads: Sequence[int | str]
) -> tuple[tuple[Artifact, ...], tuple[int, ...], str | None]:
    """The files, the numbers of threads and the serial. Raises ``RequestError``."""
    spec, serial = split(device)
    if spec.name != "adb":
        raise RequestError(expected="--in-app with --device adb", found=device, fix="the app runs on phones alone")
    if not artifacts:
        raise RequestError(expected="at least one artifact", found="none", fix="name exported files")
    if BIG in threads:
        raise RequestError(
            expected="numbers of --threads with --in-app", found=BIG, fix="an app chooses no cores: give a number"
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
    """What was measured so far. ``told``: a result of each start; ``skipped``: pauses that were left out."""

    asked: Asked
    progress: Progress
    told: list[Result] = field(default_factory=list)
    skipped: list[Deviation] = field(default_factory=list)

    def take(self, earlier: Result) -> None:
        """Go on with a result that broke off. Raises ``RequestError`` where it is another measurement's."""
        asked, starts = self.asked, [(s.repeat, s.threads) for s in earlier.sessions]
        resume.refuse_other(
            {
                "device": (earlier.device, name_of(asked.phone)),
                "protocol": (earlier.protocol, asked.protocol),
                "files": resume.files(earlier, asked.artifacts),
                "threads": (starts, asked.starts[: len(starts)]),
            }
        )
        self.told = [_session_of(earlier, number) for number in range(len(starts))]

    def all(self, app: AndroidApp, folder: Path) -> None:
        """Every start that is not there yet."""
        asked = self.asked
        names = self._push(app, folder)
        for repeat, threads in asked.starts[len(self.told) :]:
            self.skipped += cool_down(asked.protocol, asked.allow, len(self.told), self.progress)
            extras: Extras = {
                "input_name": told(first_sample()), "protocol": asked.protocol.name, "threads": threads,
                "repeat": repeat, "allow": ",".join(asked.allow), "command": asked.command or "",
            }  # fmt: skip
            alone: list[Series] = []
            if len(names) > 1:
                for name, artifact in zip(names, asked.artifacts, strict=True):
                    self.progress(f"the app alone with {artifact.path.name}: load, first run, memory")
                    short = self._start(app, {**extras, "brief": True}, [name], [artifact])
                    alone.append(short.series[0])
            result = self._start(app, extras, names, asked.artifacts)
            series = result.series if not alone else [_with(s, a) for s, a in zip(result.series, alone, strict=True)]
            self.told.append(result.model_copy(update={"series": tuple(series)}))

    def _push(self, app: AndroidApp, folder: Path) -> list[str]:
        """Names of the files in the app's storage, each with its manifest and its input beside it."""
        pixels, names = read_image(first_sample()), []
        for number, artifact in enumerate(self.asked.artifacts):
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
            raise RunnerFailedError(expected=f"figures of {wanted}", found="another file's", fix="measure again")
        return result


def name_of(phone: str) -> str:
    """As what a result names its device: figures of an app are no others'."""
    return f"{phone} in app"


def merge(told: Sequence[Result], asked: Asked, skipped: Sequence[Deviation] = (), reason: str | None = None) -> Result:
    """One result of the app's starts; the protocol judges how far repetitions are apart. ``reason``: why some are missing."""
    series = [
        one.model_copy(update={"session": number, "file": artifact.path.name})
        for number, result in enumerate(told)
        for one, artifact in zip(result.series, asked.artifacts, strict=True)
    ]
    deviations = [
        *(d.model_copy(update={"session": number}) for number, result in enumerate(told) for d in result.deviations),
        *skipped,
    ]
    if reason is None:
        far = list(_far_apart(told, asked))
        deviations += deviations_of(far, "after", asked.protocol.refuse_after, asked.allow, None)
    return told[0].model_copy(
        update={
            "device": name_of(asked.phone),
            "tried": TRIED,
            "sessions": tuple(result.sessions[0] for result in told),
            "series": tuple(series),
            "deviations": tuple(deviations),
            "complete": reason is None,
            "reason": reason,
        }
    )


def _far_apart(told: Sequence[Result], asked: Asked) -> Iterator[Finding]:
    """Of one file with one number of threads, over its repetitions."""
    for i, artifact in enumerate(asked.artifacts):
        for threads in asked.threads:
            same = [result.series[i] for result in told if result.sessions[0].threads == threads]
            turns = [[list(turn) for turn in one.turns] for one in same]
            yield from assemble.far_apart(artifact.path.name, turns, asked.protocol)


def _with(together: Series, alone: Series) -> Series:
    return together.model_copy(update={name: getattr(alone, name) for name in ALONE})


def _session_of(result: Result, number: int) -> Result:
    """What one start told, out of a result that was put together."""
    return result.model_copy(
        update={
            "sessions": (result.sessions[number],),
            "series": tuple(s for s in result.series if s.session == number),
            "deviations": tuple(d for d in result.deviations if d.session == number),
        }
    )
