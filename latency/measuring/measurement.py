"""The measurement: files take turns, so that drift affects all alike; one process per setting; conditions before and after."""

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
    gate_error,
    inspect,
    wait_for_gates,
)
from mobileseg.latency.conditions.identity import IN_APP, hidden
from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.table import split
from mobileseg.latency.measuring import assemble, resume, stages
from mobileseg.latency.measuring.agreement import host_outputs, output_agreement
from mobileseg.latency.measuring.picture import describe, write_input
from mobileseg.latency.measuring.request import Request, check_counting, check_in_app, profile_folder
from mobileseg.latency.measuring.session import Bench, Record, Setting
from mobileseg.latency.protocol import DEFAULT
from mobileseg.latency.results.result import OutputAgreement, Profile, Result, Series, Session, Stage
from mobileseg.postprocess.class_map import Outputs
from mobileseg.progress import count
from mobileseg.provenance import public_text
from mobileseg.registry import load

Progress = Callable[[str], None]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a measurement. ``result``: what was measured until then, marked as incomplete."""

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
    in_app: bool = False,
    alias: str | None = None,
) -> Result:
    """Measure files against each other on one device.

    ``artifacts``: exported files with their manifests beside them. ``device``: a name as ``mobileseg devices`` lists them.
    ``protocol``: a name in ``PROTOCOLS``. ``threads``: numbers, or "big" for one thread per big core, bound to them; each is measured
    in a process of its own. ``cores``: "all", "big", "little" or numbers such as "0,1". ``allow``: gates that are recorded instead of
    refused. ``profile``: existing folder for per-operator profiles. ``compute_units``: Core ML's. ``command``: stamped on the result.
    ``progress``: called with a line of text now and then. ``earlier``: the incomplete result of an interrupted measurement of the
    same request; what it has is not measured again. ``in_app``: by the installed Android app, in its own process. ``alias``: what
    the result calls the device; default: its kind and a hash, as no result says a serial number.

    Returns a result with all samples. If the device is lost or the runner dies after the first turn, the result is not
    ``complete`` and names the reason; Ctrl-C raises ``Interrupted`` with such a result. A result with ``refused`` deviations is not
    valid by its protocol. Raises ``RequestError`` (names, files), ``EnvironmentLackError`` (runtimes, devices), ``GateError``
    (conditions).
    """
    spec, _ = split(device)
    if in_app:
        check_in_app(device, threads, cores, profile, compute_units)
    if spec.count is not None:
        check_counting(device, protocol, threads, cores, allow, earlier)
        folder = profile_folder(profile)
        counted: Result = load(spec.count)(artifacts, device, command, progress, folder)
        return counted
    request = Request.of(artifacts, device, protocol, threads, cores, allow, profile, compute_units, in_app, alias)
    if earlier is not None:
        resume.check(earlier, request)
    run = _Measurement(request, progress, earlier)
    reason: str | None = None
    try:
        with request.device.lease(progress):
            run.run()
    except KeyboardInterrupt:
        if run.has_samples:
            raise Interrupted(run.result("interrupted", command)) from None
        raise
    except (DeviceError, GateError) as error:
        if not run.has_samples:
            raise
        reason = f"expected {error.expected}; found {error.found}"
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
    """A measurement in progress, with what was measured so far."""

    def __init__(self, request: Request, progress: Progress, earlier: Result | None) -> None:
        self._request, self._progress, self._earlier = request, progress, earlier
        self._sessions: list[_Session] = []
        self._deviations: list[Deviation] = list(earlier.deviations) if earlier else []
        self._agreement: dict[int, OutputAgreement | None] = {}
        self._written: dict[int, str] = {}
        self._stages: dict[int, tuple[Stage, Stage | None]] = {}
        self._profiles: dict[int, Profile] = {}
        self._picture = first_sample()

    def _hidden(self, text: str | None) -> str | None:
        """``text`` without serial numbers: it names the device as the result does."""
        word = self._request.label.removesuffix(IN_APP).partition(":")[2] or "DEVICE"
        return None if text is None else hidden(text, self._request.device.secrets, word)

    @property
    def _on_host(self) -> bool:
        """Whether preprocessing and postprocessing can be timed too."""
        return self._request.device.name == "host"

    @property
    def has_samples(self) -> bool:
        """Whether anything was measured."""
        return any(track.turns or track.counts for session in self._sessions for track in session.record.tracks)

    def run(self) -> None:
        """Measure every repetition of every setting, then preprocessing, postprocessing, outputs and profiles."""
        request = self._request
        pixels = read_image(self._picture)
        with tempfile.TemporaryDirectory(prefix="mobileseg-input-") as folder:
            inputs = [write_input(a, pixels, Path(folder) / f"{i}.bin") for i, a in enumerate(request.artifacts)]
            with Bench(request.device, [artifact.path for artifact in request.artifacts], inputs) as bench:
                for repeat in range(request.protocol.repeats):
                    for setting in request.settings:
                        self._session(bench, setting, repeat)
                for i, artifact in enumerate(request.artifacts):
                    if not request.device.gives_outputs(artifact.manifest):
                        continue
                    outputs = self._outputs(bench, i, artifact)
                    if self._on_host:
                        self._host_stages(i, artifact, outputs, pixels)
                    else:
                        self._compare(i, artifact, outputs, inputs[i])
                if request.profile is not None:
                    for i in range(len(request.artifacts)):
                        self._profile(bench, i, request.profile)
        self._check_repeats()

    def _session(self, bench: Bench, setting: Setting, repeat: int) -> None:
        request, number = self._request, len(self._sessions)
        record = Record(len(request.artifacts), lambda turns: count(where, turns, self._turns(record, turns), "turns"))
        solo: dict[int, Record] = {}
        if self._earlier is not None and number < len(self._earlier.sessions):
            solo = resume.restore(self._earlier, number, record)
            old = self._earlier.sessions[number]
            self._sessions.append(_Session(setting, repeat, record, old.before, old.after, solo))
            if old.after is not None:
                return
            record.resume()
        self._deviations += cool_down(request.protocol, request.allow, number, self._progress)
        self._check_setting(setting, number)
        before, found = wait_for_gates(request.device, request.protocol, request.allow, number, self._progress)
        self._deviations += found
        where = f"{setting.threads} thread{'s' * (setting.threads > 1)}" + (
            f", cores {setting.cores_asked}" if setting.cores else ""
        )
        if len(request.artifacts) > 1 and not solo:
            for i, artifact in enumerate(request.artifacts):
                self._progress(f"{where}: load {artifact.path.name}, first run, memory")
                solo[i] = bench.solo(i, setting, self._folder(bench, i) if number == 0 else None)
        session = _Session(setting, repeat, record, before, solo=solo)
        self._sessions[number:] = [session]
        if request.device.quantity == "time":
            record.watch(request.device.watch(setting.cores))
        self._progress(f"{where}: load, warm up")
        bench.measure(setting, request.protocol, record)
        session.after = request.device.sensors()
        found_after = inspect(session.after, before) if request.device.quantity == "time" else []
        files, refuse = [artifact.path.name for artifact in request.artifacts], request.protocol.refuse_after
        found_after += assemble.run_findings(setting, record, files, request.protocol)
        during = assemble.course_findings(record)
        self._deviations += deviations_of(during, "during", refuse, request.allow, number)
        self._deviations += deviations_of(found_after, "after", refuse, request.allow, number)

    def _turns(self, record: Record, done: int) -> int:
        """Estimated number of turns, by the pace so far: the protocol has a minimum of turns and of seconds."""
        protocol, seconds = self._request.protocol, record.seconds
        by_time = math.ceil(done * protocol.min_seconds / seconds) if seconds > 0 else 0
        return max(protocol.turns, by_time, done)

    def _check_setting(self, setting: Setting, number: int) -> None:
        """Raise ``GateError`` for what no waiting changes."""
        request = self._request
        findings, there = [], len(setting.cores or request.properties.cores)
        if setting.threads > there:
            findings.append(Finding("threads", f"at most {there}, one per core", str(setting.threads)))
        if request.properties.emulated:
            findings.append(Finding("emulated", "a real phone", "an emulator: its times mean nothing"))
        found = deviations_of(findings, "before", request.protocol.refuse_before, request.allow, number)
        if any(d.verdict == "refused" for d in found):
            raise gate_error(found, request.protocol)
        self._deviations += found

    def _check_repeats(self) -> None:
        """Compare the figures of one file in one setting over its repetitions."""
        request, by = self._request, self._request.protocol
        if request.device.quantity == "counts":
            return
        findings: list[Finding] = []
        for i, artifact in enumerate(request.artifacts):
            for setting in request.settings:
                same = [s.record.tracks[i].turns for s in self._sessions if s.setting == setting]
                findings += assemble.repeat_findings(artifact.path.name, same, by)
        self._deviations += deviations_of(findings, "after", by.refuse_after, request.allow, None)

    def _folder(self, bench: Bench, index: int) -> str:
        """The folder for the file's outputs. Its path is kept, to notice a new workspace after the device was lost."""
        name = f"outputs{index}"
        self._written[index] = bench.space.path(name)
        return name

    def _outputs(self, bench: Bench, index: int, artifact: Artifact) -> Outputs:
        """The file's outputs on the device; run again if the folder with them was lost."""
        written, folder = self._written.get(index), self._folder(bench, index)
        if written != self._written[index]:
            self._progress(f"outputs of {artifact.path.name}")
            bench.solo(index, self._request.settings[0], folder)
        with tempfile.TemporaryDirectory(prefix="mobileseg-output-") as here:
            for number in range(max(1, len(artifact.manifest.output.tensors))):
                bench.space.pull(f"{folder}/0.{number}.bin", Path(here) / f"0.{number}.bin")
            return stages.read_outputs(artifact, Path(here))

    def _host_stages(self, index: int, artifact: Artifact, outputs: Outputs, pixels: Pixels) -> None:
        self._progress(f"preprocess and postprocess for {artifact.path.name}")
        self._stages[index] = stages.preprocess(artifact, pixels), stages.postprocess(artifact, outputs)

    def _compare(self, index: int, artifact: Artifact, outputs: Outputs, data: Path) -> None:
        self._progress(f"run {artifact.path.name} on this machine, to compare its outputs")
        here = host_outputs(artifact, data)
        self._agreement[index] = None if here is None else output_agreement(artifact, here, outputs)

    def _profile(self, bench: Bench, index: int, folder: Path) -> None:
        from mobileseg.latency.profiling import recording

        artifact = self._request.artifacts[index]
        self._progress(f"profile {artifact.path.name}")
        record, name = bench.profile(index, self._request.settings[0])
        local = folder / f"{artifact.path.name}.profile{Path(name).suffix}"
        bench.space.pull(name, local)
        self._profiles[index] = recording.read(local, artifact, sum(map(len, record.tracks[0].turns)))

    def result(self, reason: str | None, command: str | None) -> Result:
        """The result so far, complete unless there is a ``reason``."""
        request = self._request
        series: list[Series] = []
        sessions: list[Session] = []
        for number, session in enumerate(self._sessions):
            sessions.append(
                assemble.session(session.setting, session.repeat, session.record, session.before, session.after)
            )
            for i, artifact in enumerate(request.artifacts):
                first = number == 0  # stages, profile and outputs are of the first session
                pair = self._stages.get(i, (None, None)) if first else (None, None)
                profile = self._profiles.get(i) if first else None
                agreement = self._agreement.get(i) if first else None
                series.append(
                    assemble.series(artifact, i, number, session.record, session.solo.get(i), pair, profile, agreement)
                )
        return Result(
            created=datetime.now(UTC).replace(microsecond=0),
            command=self._hidden(command),
            device=request.label,
            quantity=request.device.quantity,
            tested_on=request.device.tested_on,
            properties=request.properties,
            protocol=request.protocol,
            deviations=tuple(self._deviations),
            compute_units=request.settings[0].compute_units,
            versions=installed(),
            input=describe(self._picture),
            sessions=tuple(sessions),
            series=tuple(series),
            complete=reason is None,
            reason=None if reason is None else self._hidden(public_text(reason)),
        )
