"""The result of a measurement as versioned JSON: all samples, their statistics, and the conditions under which they were taken."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
from pydantic import model_validator

from mobileseg.document import Decibel, Document, Part, parse_document
from mobileseg.errors import RequestError
from mobileseg.latency.conditions.course import Course
from mobileseg.latency.conditions.gates import Deviation
from mobileseg.latency.conditions.sensors import Properties, Sensors
from mobileseg.latency.emulation.counts import CorePart, Counts
from mobileseg.latency.protocol import Protocol
from mobileseg.latency.results import summary

SCHEMA_VERSION: Final = 4
"""4 has more: what happened between turns, the effective number of runs, the unit. Files of version 3 are read as they are."""

CLOSE = 1e-6  # relative tolerance between the statistics in a file and those of its samples


class Session(Part):
    """One runner process, and the device before and after it.

    ``cores_asked``: the ``--cores`` option; ``cores``: the cores that the process reports to be bound to, None if it does not report
    them; ``repeat``: number of the repetition, from 0; ``runner``: its name; ``versions``: of its runtimes; ``course``: what it saw
    between turns, None where it did not look.
    """

    threads: int
    cores_asked: str
    cores: tuple[int, ...] | None
    repeat: int
    runner: str
    versions: str
    before: Sensors
    after: Sensors | None
    course: Course | None = None


class Stage(Part):
    """Preprocessing or postprocessing on the host. ``description``: in words, with sizes."""

    description: str
    samples_ms: tuple[float, ...]
    median_ms: float


class Operator(Part):
    """One operator or module in a profile. ``calls``: calls per inference; ``ms``: time of all calls in one inference."""

    name: str
    calls: float
    ms: float


class Profile(Part):
    """The time of one inference by operator and by module.

    ``total_ms``: the whole inference while profiling; the operators may add up to less. ``modules``: None if the file does not say
    which operator belongs to which module. ``note``: what the figures do not cover.
    """

    runs: int
    total_ms: float
    operators: tuple[Operator, ...]
    modules: tuple[Operator, ...] | None
    note: str


class CountedOperator(Part):
    """One kind of operator in the counts of an inference. ``calls``: in one inference; ``counts``: of all of them together."""

    name: str
    calls: int
    counts: Counts


class CountedCall(Part):
    """One call of an operator: its name in the runtime's record, and its instructions."""

    name: str
    instructions: int


class CountedProfile(Part):
    """What an inference executes, by operator.

    ``operators``: by kind, the most instructions first. ``calls``: every call, in the order of execution. ``total``: instructions of the
    inference while nothing is recorded; what the operators lack of it is the runtime's own. ``note``: what the figures do not cover.
    """

    total: int
    operators: tuple[CountedOperator, ...]
    calls: tuple[CountedCall, ...]
    note: str


class OutputAgreement(Part):
    """Agreement of a file's outputs with others for the same input.

    ``agreement``: share of the pixels with the same class, 0..1; ``sqnr_db`` and ``max_error`` of the logits, None for class maps.
    """

    agreement: float
    sqnr_db: Decibel | None
    max_error: float | None


class Series(Part):
    """One file in one session. None always means: not measured.

    ``size_bytes``: of the file. ``note``: the manifest's note on the weights, such as that they are untrained. ``samples_ms``: timed runs
    in the order in which they were taken, in turns of equal length that began ``at_s`` after the start of the process. ``median_ms`` to
    ``outliers``: see ``summary.summarize``; ``effective_runs``: how many independent runs would tell as much (``blocks.effective``).

    ``load_ms``, ``first_ms``, ``peak_kb``: of the file's own process if several files were measured. ``peak_kb``: peak of the resident
    set (RSS) above what the runtime had before; ``process_peak_kb``: peak of the process' RSS; pages that processes share count.

    ``counts``: of one inference, from a device that counts instead of timing; ``counted``: the same by operator. ``vs_host``,
    ``vs_reference``: the file's outputs on the device against those of the same file on this machine, and against those of the
    reference model.
    """

    file: str
    sha256: str
    model: str
    target: str
    precision: str
    size: tuple[int, int]
    emit: Literal["logits", "mask", "panoptic"]
    size_bytes: int | None = None
    note: str | None = None
    session: int = 0
    load_ms: float | None = None
    first_ms: float | None = None
    peak_kb: int | None = None
    process_peak_kb: int | None = None
    warmup_ms: tuple[float, ...] = ()
    warmup_stable: bool | None = None
    samples_ms: tuple[float, ...] = ()
    at_s: tuple[float, ...] = ()
    median_ms: float | None = None
    p90_ms: float | None = None
    p99_ms: float | None = None
    mean_ms: float | None = None
    min_ms: float | None = None
    mad_ms: float | None = None
    variation: float | None = None
    drift: float | None = None
    outliers: float | None = None
    effective_runs: float | None = None
    counts: Counts | None = None
    vs_host: OutputAgreement | None = None
    vs_reference: OutputAgreement | None = None
    preprocess: Stage | None = None
    postprocess: Stage | None = None
    profile: Profile | None = None
    counted: CountedProfile | None = None

    @model_validator(mode="after")
    def _figures_are_those_of_the_samples(self) -> Self:
        if (len(self.samples_ms) % len(self.at_s) if self.at_s else len(self.samples_ms)) != 0:
            raise ValueError(f"{len(self.samples_ms)} samples do not make {len(self.at_s)} turns of equal length")
        wanted = summary.summarize(self.turns)._asdict() if self.samples_ms else {}
        for name in summary.Summary._fields:
            found, right = getattr(self, name), wanted.get(name)
            if (found is None) != (right is None) or (
                right is not None and abs(found - right) > CLOSE * max(abs(right), CLOSE)
            ):
                raise ValueError(f"{name} is {found}, but {right} from the samples")
        right = summary.effective_runs(self.turns) if self.samples_ms else None
        if self.effective_runs is not None and (right is None or abs(self.effective_runs - right) > CLOSE * right):
            raise ValueError(f"effective_runs is {self.effective_runs}, but {right} from the samples")
        return self

    @property
    def turns(self) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
        """The samples of each turn, in ms."""
        return list(np.asarray(self.samples_ms, dtype=np.float64).reshape(len(self.at_s), -1)) if self.at_s else []

    @property
    def key(self) -> tuple[object, ...]:
        """Identifies the same file in another result, even if it was exported again."""
        return self.model, self.target, self.precision, self.size, self.emit


class Result(Document):
    """Several files in one measurement. Compare ratios within one result: absolute times drift from one measurement to the next.

    ``quantity``: times, or instruction counts. ``emulated``: the emulated core, for counts. ``tested_on``: what this kind of device
    was tested on so far, if not on real hardware. ``input``: the input image. ``complete``: whether nothing is missing; if not,
    ``reason`` says why.
    """

    schema_version: Literal[3, 4] = SCHEMA_VERSION
    created: datetime
    command: str | None = None
    device: str
    quantity: Literal["time", "counts"] = "time"
    emulated: CorePart | None = None
    tested_on: str | None = None
    properties: Properties
    protocol: Protocol
    deviations: tuple[Deviation, ...] = ()
    compute_units: str | None = None
    versions: dict[str, str]
    input: str
    sessions: tuple[Session, ...]
    series: tuple[Series, ...]
    complete: bool
    reason: str | None = None

    @model_validator(mode="after")
    def _series_are_of_its_sessions(self) -> Self:
        for series in self.series:
            if not 0 <= series.session < len(self.sessions):
                raise ValueError(f"{series.file} is of session {series.session}, of {len(self.sessions)}")
        return self

    @property
    def refused(self) -> tuple[Deviation, ...]:
        """The deviations that invalidate the result by its own protocol."""
        return tuple(d for d in self.deviations if d.verdict == "refused")

    def ratio(self, index: int, base: int = 0) -> summary.Ratio:
        """Ratio of the protocol's figure of series ``index`` to that of ``base``, with its interval; paired within a session."""
        new, old = self.series[index], self.series[base]
        return summary.ratio(new.turns, old.turns, self.protocol.figure, paired=new.session == old.session)


def read_result(path: Path) -> Result:
    """Read a result. Raises ``RequestError`` for any other file, ``EnvironmentLackError`` for another schema version."""
    what = "result of `mobileseg latency --json`"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(expected=f"a {what}", found=f"{path}: {error}", fix="check the path") from error
    return parse_document(Result, text, path, what, RequestError, "measure again")
