"""One runner process, listened to; what arrived is kept whatever happens then."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from mobileseg.latency.devices.contract import Device, DeviceLostError, RunnerFailedError, Workspace
from mobileseg.latency.measuring.stream import (
    Counted,
    End,
    Failure,
    Memory,
    Once,
    ProfileWritten,
    Start,
    Turn,
    Warmup,
    parse_event,
)
from mobileseg.latency.protocol import Protocol

PROGRESS_S = 1.0  # between two words on how far it is
RETURN_S = 60.0  # that a lost device gets to come back
SOLO = ("--turns", "1", "--runs", "2", "--warmup-min", "2", "--warmup-max", "2")
PROFILED = ("--turns", "10", "--runs", "1", "--warmup-min", "4", "--warmup-max", "10")


@dataclass(frozen=True)
class Setting:
    """Threads, the cores to bind to, and as what they were asked for. ``compute_units``: Core ML's."""

    threads: int
    cores: tuple[int, ...]
    cores_asked: str
    compute_units: str | None = None

    def arguments(self) -> list[str]:
        """For the runner."""
        found = ["--threads", str(self.threads)]
        found += ["--cores", ",".join(map(str, self.cores))] if self.cores else []
        return found + (["--compute-units", self.compute_units] if self.compute_units else [])


@dataclass
class Track:
    """What was said of one model."""

    once: dict[str, float] = field(default_factory=dict)  # load, first
    warmup: Warmup | None = None
    turns: list[tuple[float, ...]] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)
    counts: dict[str, int] | None = None
    profile: str | None = None


class Record:
    """What a runner said. A second process may go on where the first was cut off. ``progress`` is called with the whole turns."""

    def __init__(self, models: int, progress: Callable[[int], None] = lambda _: None) -> None:
        self.tracks = [Track() for _ in range(models)]
        self.start: Start | None = None
        self.memory: Memory | None = None
        self.ended = False
        self.resumed = 0
        self._progress, self._began, self._offset, self._said = progress, time.monotonic(), 0.0, 0.0

    @property
    def whole_turns(self) -> int:
        """That all models have had."""
        return min(len(track.turns) for track in self.tracks)

    @property
    def seconds(self) -> float:
        """Of timed runs, of the model with the least."""
        return min(sum(map(sum, track.turns)) / 1e3 for track in self.tracks)

    def resume(self) -> None:
        """Another process follows."""
        self.resumed += 1
        ends = [at + sum(turn[-1]) / 1e3 for turn, at in ((t.turns, t.at_s[-1]) for t in self.tracks if t.turns)]
        self._offset = max(
            [time.monotonic() - self._began, *ends]
        )  # turns of an earlier command came before all of ours

    def hear(self, line: str) -> None:
        """Raises ``RunnerFailedError`` for a line that is no event, and with the runner's own words for its ``error``."""
        event = parse_event(line)
        if isinstance(event, Failure):
            raise RunnerFailedError(expected=event.expected, found=event.found, fix=event.fix)
        if isinstance(event, (Once, Warmup, Turn, Counted, ProfileWritten)) and event.model >= len(self.tracks):
            raise RunnerFailedError(
                expected=f"models below {len(self.tracks)}",
                found=f"model {event.model}",
                fix="report it: the runner miscounts",
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
                expected=f"{len(track.turns[0])} samples a turn", found=str(len(event.samples_ms)), fix="report it"
            )
        track.turns.append(event.samples_ms)
        track.at_s.append(round(event.at_s + self._offset, 4))
        now = time.monotonic()
        if event.model == len(self.tracks) - 1 and now - self._said >= PROGRESS_S:
            self._said = now
            self._progress(self.whole_turns)


class Bench:
    """The device's folder with the files in it; opened again where the device was lost and came back."""

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
                record.hear(line)
        if not record.ended:
            raise RunnerFailedError(expected="the runner to finish", found="its events broke off", fix="measure again")

    def solo(self, index: int, setting: Setting, output: str | None = None) -> Record:
        """One file in a short process of its own: cold load, first inference, peak memory."""
        record = Record(1)
        more = ["--output", self.space.path(output)] if output else []
        self._run([index], [*setting.arguments(), *SOLO, *more], record)
        return record

    def profile(self, index: int, setting: Setting) -> tuple[Record, str]:
        """One file with its runtime's recording on; gives the record's name in the folder."""
        record = Record(1)
        self._run([index], [*setting.arguments(), *PROFILED, "--profile", self.space.path(f"profile{index}")], record)
        file = record.tracks[0].profile
        if file is None:
            raise RunnerFailedError(expected="a profile", found="the runner wrote none", fix="leave --profile out")
        return record, f"profile{index}/{Path(file).name}"

    def measure(self, setting: Setting, protocol: Protocol, record: Record) -> None:
        """All files in turns, by the protocol, into ``record``. Raises ``DeviceError``; a lost device may come back."""
        while True:
            arguments = [
                *setting.arguments(),
                *("--warmup-min", str(protocol.warmup_min), "--warmup-max", str(protocol.warmup_max)),
                *("--stable-within", str(protocol.stable_within), "--runs", str(protocol.runs)),
                *("--turns", str(max(1, protocol.turns - record.whole_turns))),
                *("--min-seconds", str(max(0.0, protocol.min_seconds - record.seconds))),
            ]
            try:
                return self._run(range(len(self._files)), arguments, record)
            except DeviceLostError:
                self._stack.close()
                if not self._device.returns(RETURN_S):
                    raise
                self._open()
                record.resume()
