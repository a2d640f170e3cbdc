"""The measurement: files in turns, so that drift hits all of them alike; a process a setting; conditions before and after."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mobileseg.data.dataset import first_sample
from mobileseg.data.images import Pixels, read_image
from mobileseg.errors import GateError
from mobileseg.export.artifact import Artifact
from mobileseg.export.versions import installed
from mobileseg.latency.conditions.gates import (
    Deviation,
    Finding,
    cool_down,
    deviations_of,
    inspect,
    refusal,
    wait_until_fit,
)
from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.table import split
from mobileseg.latency.measuring import assemble, resume, stages
from mobileseg.latency.measuring.likeness import host_outputs, likeness
from mobileseg.latency.measuring.picture import told, write_input
from mobileseg.latency.measuring.request import Request, check_counting
from mobileseg.latency.measuring.session import Bench, Record, Setting
from mobileseg.latency.protocol import DEFAULT
from mobileseg.latency.results.result import Likeness, Profile, Result, Series, Session, Stage
from mobileseg.postprocess.class_map import Outputs
from mobileseg.progress import count
from mobileseg.provenance import public_text
from mobileseg.registry import load

Progress = Callable[[str], None]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with what was measured until then."""

    def __init__(self, result: Result) -> None:
        super().__init__("interrupted")
        self.result = result


def measure(
    artifacts: Sequence[str | Path],
    device: str = "host",
    protocol: str = DEFAULT,
    *,
    threads: Sequence[int | str] = (1,),
    cores: str = "all",
    allow: Sequence[str] = (),
    profile: str | Path | None = None,
    compute_units: str = "ALL",
    command: str | None = None,
    progress: Progress = lambda _: None,
    earlier: Result | None = None,
) -> Result:
    """Measure files against each other.

    ``threads``: numbers, or "big" for as many as there are big cores, bound to them; one measurement each. ``cores``: all, big,
    little or "0,1". ``allow``: gates of the protocol that are recorded instead of refused. ``profile``: a folder. ``earlier``: a result
    of the same request that broke off; what it has is not measured again.

    A device that is lost, or a runner that dies, after the first turn gives a result that is not ``complete``, with the reason;
    Ctrl-C raises ``Interrupted`` with such a result. A result with ``refused`` deviations is not good by its protocol.
    Raises ``RequestError`` (names, files), ``EnvironmentLackError`` (runtimes, devices), ``GateError`` (conditions).
    """
    spec, _ = split(device)
    if spec.count is not None:
        check_counting(device, protocol, threads, cores, allow, profile, earlier)
        counted: Result = load(spec.count)(artifacts, device, command, progress)
        return counted
    request = Request.of(artifacts, device, protocol, threads, cores, allow, profile, compute_units)
    if earlier is not None:
        resume.check(earlier, request)
    run = _Measurement(request, progress, earlier)
    reason: str | None = None
    try:
        run.all()
    except KeyboardInterrupt:
        if run.samples:
            raise Interrupted(run.result("interrupted", command)) from None
        raise
    except (DeviceError, GateError) as error:
        if not run.samples:
            raise
        reason = public_text(f"expected {error.expected}; found {error.found}")
    return run.result(reason, command)


@dataclass
class _Session:
    setting: Setting
    repeat: int
    record: Record
    before: Sensors
    after: Sensors | None = None
    solo: dict[int, Record] = field(default_factory=dict)


class _Measurement:
    """What was measured so far."""

    def __init__(self, request: Request, progress: Progress, earlier: Result | None) -> None:
        self._asked, self._progress, self._earlier = request, progress, earlier
        self._sessions: list[_Session] = []
        self._deviations: list[Deviation] = list(earlier.deviations) if earlier else []
        self._likeness: dict[int, Likeness | None] = {}
        self._written: dict[int, str] = {}
        self._stages: dict[int, tuple[Stage, Stage | None]] = {}
        self._profiles: dict[int, Profile] = {}
        self._picture = first_sample()

    @property
    def _here(self) -> bool:
        """Whether what is around the files can be timed too."""
        return self._asked.device.name == "host"

    @property
    def samples(self) -> bool:
        """Whether there are any."""
        return any(track.turns or track.counts for session in self._sessions for track in session.record.tracks)

    def all(self) -> None:
        """Every repetition of every setting, then what is around the files and inside them."""
        asked = self._asked
        pixels = read_image(self._picture)
        with tempfile.TemporaryDirectory(prefix="mobileseg-input-") as folder:
            inputs = [write_input(a, pixels, Path(folder) / f"{i}.bin") for i, a in enumerate(asked.artifacts)]
            with Bench(asked.device, [artifact.path for artifact in asked.artifacts], inputs) as bench:
                for repeat in range(asked.protocol.repeats):
                    for setting in asked.settings:
                        self._session(bench, setting, repeat)
                for i, artifact in enumerate(asked.artifacts):
                    outputs = self._outputs(bench, i, artifact)
                    if self._here:
                        self._host_stages(i, artifact, outputs, pixels)
                    else:
                        self._compare(i, artifact, outputs, inputs[i])
                if asked.profile is not None:
                    for i in range(len(asked.artifacts)):
                        self._profile(bench, i, asked.profile)
        self._judge_repeats()

    def _session(self, bench: Bench, setting: Setting, repeat: int) -> None:
        asked, number = self._asked, len(self._sessions)
        record = Record(len(asked.artifacts), lambda turns: count(where, turns, self._turns(record, turns), "turns"))
        solo: dict[int, Record] = {}
        if self._earlier is not None and number < len(self._earlier.sessions):
            solo = resume.record(self._earlier, number, record)
            told = self._earlier.sessions[number]
            self._sessions.append(_Session(setting, repeat, record, told.before, told.after, solo))
            if told.after is not None:
                return
            record.resume()
        self._deviations += cool_down(asked.protocol, asked.allow, number, self._progress)
        self._check_threads(setting, number)
        before, found = wait_until_fit(asked.device, asked.protocol, asked.allow, number, self._progress)
        self._deviations += found
        where = f"{setting.threads} thread{'s' * (setting.threads > 1)}" + (
            f", cores {setting.cores_asked}" if setting.cores else ""
        )
        if len(asked.artifacts) > 1 and not solo:
            for i, artifact in enumerate(asked.artifacts):
                self._progress(f"{where}: load {artifact.path.name}, first run, memory")
                solo[i] = bench.solo(i, setting, self._folder(bench, i) if number == 0 else None)
        session = _Session(setting, repeat, record, before, solo=solo)
        self._sessions[number:] = [session]
        self._progress(f"{where}: load, warm up")
        bench.measure(setting, asked.protocol, record)
        session.after = asked.device.sensors()
        found_after = inspect(session.after, before) if asked.device.gives == "time" else []
        for artifact, track in zip(asked.artifacts, record.tracks, strict=True):
            if track.warmup is not None and not track.warmup.stable:
                wanted = f"{artifact.path.name} within {asked.protocol.stable_within:.0%} of itself"
                found_after.append(
                    Finding("warm-up", wanted, f"still moving after {len(track.warmup.samples_ms)} runs")
                )
        if record.resumed:
            found_after.append(
                Finding("resumed", "one process", f"{record.resumed + 1}: the device was lost meanwhile")
            )
        self._deviations += deviations_of(found_after, "after", asked.protocol.refuse_after, asked.allow, number)

    def _turns(self, record: Record, done: int) -> int:
        """How many there will be, by the pace so far: the protocol wants a number of turns and a time."""
        protocol, seconds = self._asked.protocol, record.seconds
        by_time = math.ceil(done * protocol.min_seconds / seconds) if seconds > 0 else 0
        return max(protocol.turns, by_time, done)

    def _check_threads(self, setting: Setting, number: int) -> None:
        there = len(setting.cores or self._asked.properties.cores)
        if setting.threads <= there:
            return
        finding = Finding("threads", f"at most {there}, one a core", str(setting.threads))
        asked = self._asked
        found = deviations_of([finding], "before", asked.protocol.refuse_before, asked.allow, number)
        if any(d.verdict == "refused" for d in found):
            raise refusal(found, asked.protocol)
        self._deviations += found

    def _judge_repeats(self) -> None:
        """Figures of one file in one setting, over its repetitions."""
        asked, by = self._asked, self._asked.protocol
        if asked.device.gives == "counts":
            return
        findings: list[Finding] = []
        for i, artifact in enumerate(asked.artifacts):
            for setting in asked.settings:
                same = [s.record.tracks[i].turns for s in self._sessions if s.setting == setting]
                findings += assemble.far_apart(artifact.path.name, same, by)
        self._deviations += deviations_of(findings, "after", by.refuse_after, asked.allow, None)

    def _folder(self, bench: Bench, index: int) -> str:
        """Where a short process writes what the file gives; remembered with the workspace, which a lost device has anew."""
        name = f"outputs{index}"
        self._written[index] = bench.space.path(name)
        return name

    def _outputs(self, bench: Bench, index: int, artifact: Artifact) -> Outputs:
        """What the file gives on the device."""
        written, folder = self._written.get(index), self._folder(bench, index)
        if written != self._written[index]:
            self._progress(f"outputs of {artifact.path.name}")
            bench.solo(index, self._asked.settings[0], folder)
        with tempfile.TemporaryDirectory(prefix="mobileseg-output-") as here:
            for number in range(max(1, len(artifact.manifest.output.tensors))):
                bench.space.pull(f"{folder}/0.{number}.bin", Path(here) / f"0.{number}.bin")
            return stages.read_outputs(artifact, Path(here))

    def _host_stages(self, index: int, artifact: Artifact, outputs: Outputs, pixels: Pixels) -> None:
        self._progress(f"preprocess and postprocess for {artifact.path.name}")
        self._stages[index] = stages.preprocess(artifact, pixels), stages.postprocess(artifact, outputs)

    def _compare(self, index: int, artifact: Artifact, outputs: Outputs, data: Path) -> None:
        self._progress(f"{artifact.path.name} on this machine, to compare its outputs")
        here = host_outputs(artifact, data)
        self._likeness[index] = None if here is None else likeness(artifact, here, outputs)

    def _profile(self, bench: Bench, index: int, folder: Path) -> None:
        from mobileseg.latency.profiling import recording

        artifact = self._asked.artifacts[index]
        self._progress(f"profile {artifact.path.name}")
        record, name = bench.profile(index, self._asked.settings[0])
        local = folder / f"{artifact.path.name}.profile{Path(name).suffix}"
        bench.space.pull(name, local)
        self._profiles[index] = recording.read(local, artifact, sum(map(len, record.tracks[0].turns)))

    def result(self, reason: str | None, command: str | None) -> Result:
        """All of it, complete where there is no reason why not."""
        asked = self._asked
        series: list[Series] = []
        sessions: list[Session] = []
        for number, session in enumerate(self._sessions):
            sessions.append(
                assemble.session(session.setting, session.repeat, session.record, session.before, session.after)
            )
            for i, artifact in enumerate(asked.artifacts):
                around = self._stages.get(i, (None, None)) if number == 0 else (None, None)
                inside = self._profiles.get(i) if number == 0 else None
                alike = self._likeness.get(i) if number == 0 else None
                series.append(
                    assemble.series(artifact, i, number, session.record, session.solo.get(i), around, inside, alike)
                )
        return Result(
            created=datetime.now(UTC).replace(microsecond=0),
            command=command,
            device=asked.device.name,
            gives=asked.device.gives,
            tried=split(asked.device.name)[0].tried,
            properties=asked.properties,
            protocol=asked.protocol,
            deviations=tuple(self._deviations),
            compute_units=asked.settings[0].compute_units,
            versions=installed(),
            input=told(self._picture),
            sessions=tuple(sessions),
            series=tuple(series),
            complete=reason is None,
            reason=reason,
        )
