"""One runner process and the events that it sends; what has arrived is kept even if the process fails later."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from mobileseg.latency.conditions.course import SCALE, Course, Trace, Watched
from mobileseg.latency.devices.contract import Device, DeviceLostError, RunnerFailedError, Workspace
from mobileseg.latency.measuring.stream import (
    Counted,
    End,
    Failure,
    Memory,
    Once,
    ProfileWritten,
    Start,
    State,
    Turn,
    Warmup,
    parse_event,
)
from mobileseg.latency.protocol import Protocol

PROGRESS_S = 1.0  # between two progress messages
RECONNECT_S = 60.0  # how long to wait for a lost device
SOLO = json.dumps({"turns": 1, "runs": 2, "warmup_min": 2, "warmup_max": 2})
PROFILED = json.dumps({"turns": 10, "runs": 1, "warmup_min": 4, "warmup_max": 10})


@dataclass(frozen=True)
class Setting:
    """Threads, the cores to bind to (none: no binding), the ``--cores`` that were asked for, and Core ML's compute units."""

    threads: int
    cores: tuple[int, ...]
    cores_asked: str
    compute_units: str | None = None

    def arguments(self) -> list[str]:
        """The runner's command-line arguments."""
        found = ["--threads", str(self.threads)]
        found += ["--cores", ",".join(map(str, self.cores))] if self.cores else []
        return found + (["--compute-units", self.compute_units] if self.compute_units else [])


@dataclass
class Track:
    """The events of one model. ``once``: ms of ``load`` and ``first``; ``at_s``: begin of each turn since the runner started."""

    once: dict[str, float] = field(default_factory=dict)
    warmup: Warmup | None = None
    turns: list[tuple[float, ...]] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)
    counts: dict[str, int] | None = None
    profile: str | None = None


class Record:
    """The events of a measurement. A second process may continue where the first was cut off. ``progress`` is called with the number
    of complete turns."""

    def __init__(self, models: int, progress: Callable[[int], None] = lambda _: None) -> None:
        self.tracks = [Track() for _ in range(models)]
        self.start: Start | None = None
        self.states: list[State] = []
        self.watched: tuple[Watched, ...] = ()
        self.memory: Memory | None = None
        self.ended = False
        self.resumed = 0
        self._progress, self._began, self._offset, self._said = progress, time.monotonic(), 0.0, 0.0

    def watch(self, files: tuple[Watched, ...]) -> None:
        """Name the files that runners read from now on. What was read of others is kept under its own names."""
        old = [(one.kind, one.name) for one in self.watched]
        named = [(one.kind, one.name) for one in files]
        lost = [one._replace(file="") for one in self.watched if (one.kind, one.name) not in named]
        self.watched = (*files, *lost)
        places = [old.index((one.kind, one.name)) if (one.kind, one.name) in old else None for one in self.watched]
        self.states = [
            state.model_copy(update={"values": tuple(None if i is None else state.values[i] for i in places)})
            for state in self.states
        ]

    @property
    def whole_turns(self) -> int:
        """Number of turns that all models have completed."""
        return min(len(track.turns) for track in self.tracks)

    @property
    def seconds(self) -> float:
        """Seconds of timed runs, of the model with the fewest."""
        return min(sum(map(sum, track.turns)) / 1e3 for track in self.tracks)

    @property
    def course(self) -> Course | None:
        """What was seen between turns; None if nothing was."""
        if not self.states:
            return None
        traces = [
            Trace(kind=one.kind, name=one.name, values=tuple(_scaled(one, state, i) for state in self.states))
            for i, one in enumerate(self.watched)
        ]
        return Course(
            at_s=tuple(state.at_s for state in self.states),
            core=tuple(state.core for state in self.states),
            switches=tuple(state.switches for state in self.states),
            thermal_status=tuple(state.thermal_status for state in self.states),
            traces=tuple(trace for trace in traces if any(value is not None for value in trace.values)),
        )

    def resume(self) -> None:
        """Continue with another process: its turns follow those that are here."""
        self.resumed += 1
        ends = [at + sum(turn[-1]) / 1e3 for turn, at in ((t.turns, t.at_s[-1]) for t in self.tracks if t.turns)]
        self._offset = max([time.monotonic() - self._began, *ends])  # restored turns may be longer than this process

    def add(self, line: str) -> None:
        """Add one line of the runner's output. Raises ``RunnerFailedError`` if it is no event, or an ``error`` event."""
        event = parse_event(line)
        if isinstance(event, Failure):
            raise RunnerFailedError(expected=event.expected, found=event.found, fix=event.fix)
        if isinstance(event, (Once, Warmup, Turn, Counted, ProfileWritten)) and event.model >= len(self.tracks):
            raise RunnerFailedError(
                expected=f"models below {len(self.tracks)}",
                found=f"model {event.model}",
                fix="report this bug of the runner",
            )
        match event:
            case Start():
                self.start = self.start or event
            case Once():
                self.tracks[event.model].once.setdefault(event.event, event.ms)
            case Warmup():
                track = self.tracks[event.model]
                track.warmup = track.warmup or event
            case Turn():
                self._turn(event)
            case State():
                moved = event.model_copy(update={"at_s": round(event.at_s + self._offset, 4)})
                self.states.append(moved)
            case Counted():
                self.tracks[event.model].counts = event.counts
            case Memory():
                self.memory = event
            case ProfileWritten():
                self.tracks[event.model].profile = event.file
            case End():
                self.ended = True

    def _turn(self, event: Turn) -> None:
        track = self.tracks[event.model]
        if track.turns and len(event.samples_ms) != len(track.turns[0]):
            raise RunnerFailedError(
                expected=f"{len(track.turns[0])} samples per turn",
                found=str(len(event.samples_ms)),
                fix="report this bug of the runner",
            )
        track.turns.append(event.samples_ms)
        track.at_s.append(round(event.at_s + self._offset, 4))
        now = time.monotonic()
        if self.whole_turns == len(track.turns) and now - self._said >= PROGRESS_S:
            self._said = now
            self._progress(self.whole_turns)


def _scaled(one: Watched, state: State, index: int) -> float | None:
    value = state.values[index] if index < len(state.values) else None
    return None if value is None else value * SCALE[one.kind]


class Bench:
    """A workspace on the device with the files and inputs in it; set up again when a lost device reconnects."""

    def __init__(self, device: Device, files: Sequence[Path], inputs: Sequence[Path]) -> None:
        self._device, self._files, self._inputs = device, files, inputs
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _open(self) -> None:
        self.space: Workspace = self._stack.enter_context(self._device.workspace())
        self._pushed = [
            (self.space.push(file, f"{i}{file.suffix}"), self.space.push(data, f"{i}.bin"))
            for i, (file, data) in enumerate(zip(self._files, self._inputs, strict=True))
        ]

    def _run(self, which: Sequence[int], arguments: Sequence[str], record: Record) -> None:
        named = [word for i in which for word in ("--model", self._pushed[i][0], "--input", self._pushed[i][1])]
        with contextlib.closing(self.space.run([*named, *arguments])) as lines:
            for line in lines:
                record.add(line)
        if not record.ended:
            raise RunnerFailedError(
                expected="the runner to finish", found="its output ends too early", fix="measure again"
            )

    def solo(self, index: int, setting: Setting, output: str | None = None) -> Record:
        """Run one file in its own short process: cold load, first inference, peak memory. ``output``: folder for its outputs."""
        record = Record(1)
        more = ["--output", self.space.path(output)] if output else []
        self._run([index], [*setting.arguments(), "--protocol", SOLO, *more], record)
        return record

    def profile(self, index: int, setting: Setting) -> tuple[Record, str]:
        """Run one file with its runtime's profiler on. Returns the events, and the profile's name in the workspace."""
        record = Record(1)
        more = ["--protocol", PROFILED, "--profile", self.space.path(f"profile{index}")]
        self._run([index], [*setting.arguments(), *more], record)
        file = record.tracks[0].profile
        if file is None:
            raise RunnerFailedError(expected="a profile", found="the runner wrote none", fix="remove --profile")
        return record, f"profile{index}/{Path(file).name}"

    def measure(self, setting: Setting, protocol: Protocol, record: Record) -> None:
        """Measure all files in turns, by the protocol, into ``record``.

        A lost device gets ``RECONNECT_S`` seconds to reconnect. Raises ``DeviceError``.
        """
        while True:
            plan = protocol.for_runner(
                turns=max(1, protocol.turns - record.whole_turns),
                min_seconds=max(0.0, protocol.min_seconds - record.seconds),
            )
            watch = [word for one in record.watched if one.file for word in ("--watch", one.file)]
            arguments = [*setting.arguments(), "--protocol", plan, *watch]
            try:
                return self._run(range(len(self._files)), arguments, record)
            except DeviceLostError:
                self._stack.close()
                if not self._device.reconnect(RECONNECT_S):
                    raise
                self._open()
                record.resume()
