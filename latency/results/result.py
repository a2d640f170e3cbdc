"""The result of a measurement: all samples, what they say, and what was measured where and how, in versioned JSON."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
from pydantic import model_validator

from mobileseg.errors import RequestError
from mobileseg.export.manifest import Decibel, Document, Part, parse_document
from mobileseg.latency.conditions.gates import Deviation
from mobileseg.latency.conditions.sensors import Properties, Sensors
from mobileseg.latency.emulation.counts import CorePart, Counts
from mobileseg.latency.protocol import Protocol
from mobileseg.latency.results import summary

SCHEMA_VERSION: Final = 3
CLOSE = 1e-6  # relative: figures in the file against those of its samples


class Session(Part):
    """One runner process, and the device before and after it. ``cores``: those that the process was bound to, as it says itself."""

    threads: int
    cores_asked: str
    cores: tuple[int, ...] | None
    repeat: int
    runner: str
    versions: str
    before: Sensors
    after: Sensors | None


class Stage(Part):
    """What happens around the file on the host. ``what``: in words, with sizes."""

    what: str
    samples_ms: tuple[float, ...]
    median_ms: float


class Operator(Part):
    """Time of all calls of one operator in one inference. ``module``: where it is known which of ours it serves."""

    name: str
    calls: float
    ms: float


class Profile(Part):
    """Where an inference's time goes. ``total_ms``: of the inference while it was recorded; the operators' sum may be less.
    ``modules`` is None where the file does not say which operator serves which module."""

    runs: int
    total_ms: float
    operators: tuple[Operator, ...]
    modules: tuple[Operator, ...] | None
    note: str


class Likeness(Part):
    """How far outputs are from others of the same input: share of pixels with the same class, and the logits' noise (None for class
    maps)."""

    agreement: float
    sqnr_db: Decibel | None
    max_error: float | None


class Series(Part):
    """One file in one session. ``samples_ms`` in the order in which they were taken, in turns of equal length that began ``at_s``
    after the process. ``note``: what the manifest says of untrained weights.

    ``load_ms``, ``first_ms``, ``peak_kb``: from a process of its own where several files were measured; ``peak_kb`` counts from
    the runtime's own memory, ``whole_peak_kb`` from nothing. Figures without samples are None: not measured. ``counts``: of one
    inference, from a device that counts instead of timing; ``with_host``, ``with_reference``: its outputs there against those of the
    same file on this machine, and against the reference model's.
    """

    file: str
    sha256: str
    model: str
    target: str
    precision: str
    size: tuple[int, int]
    emit: Literal["logits", "mask", "panoptic"]
    note: str | None = None
    session: int = 0
    load_ms: float | None = None
    first_ms: float | None = None
    peak_kb: int | None = None
    whole_peak_kb: int | None = None
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
    counts: Counts | None = None
    with_host: Likeness | None = None
    with_reference: Likeness | None = None
    preprocess: Stage | None = None
    postprocess: Stage | None = None
    profile: Profile | None = None

    @model_validator(mode="after")
    def _figures_are_those_of_the_samples(self) -> Self:
        if (len(self.samples_ms) % len(self.at_s) if self.at_s else len(self.samples_ms)) != 0:
            raise ValueError(f"{len(self.samples_ms)} samples are no {len(self.at_s)} turns of equal length")
        wanted = summary.summarize(self.turns)._asdict() if self.samples_ms else {}
        for name in summary.Summary._fields:
            found, right = getattr(self, name), wanted.get(name)
            if (found is None) != (right is None) or (
                right is not None and abs(found - right) > CLOSE * max(abs(right), CLOSE)
            ):
                raise ValueError(f"{name} {found} is not that of the samples, {right}")
        return self

    @property
    def turns(self) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
        """The samples of each turn."""
        return list(np.asarray(self.samples_ms, dtype=np.float64).reshape(len(self.at_s), -1)) if self.at_s else []

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two series of two results the same thing, whatever their files' numbers are."""
        return self.model, self.target, self.precision, self.size, self.emit


class Result(Document):
    """Several files in one measurement. Ratios within one result are what compares; times across results drift.

    ``input``: the picture that was put in. ``tried``: what this way of measuring has been tried on, where that is not the real thing.
    ``complete``: nothing is missing; else ``reason`` says why, and what arrived is here.
    """

    schema_version: Literal[3] = SCHEMA_VERSION
    created: datetime
    command: str | None = None
    device: str
    gives: Literal["time", "counts"] = "time"
    emulated: CorePart | None = None
    tried: str | None = None
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

    @property
    def refused(self) -> tuple[Deviation, ...]:
        """Why the result is not good, by its own protocol."""
        return tuple(d for d in self.deviations if d.verdict == "refused")

    def ratio(self, index: int, base: int = 0) -> summary.Ratio:
        """The protocol's figure of one series over another's, with its interval. Turns pair up within a session."""
        new, old = self.series[index], self.series[base]
        return summary.ratio(new.turns, old.turns, self.protocol.figure, paired=new.session == old.session)


def read_result(path: Path) -> Result:
    """A result of this schema. Raises ``RequestError``, or ``EnvironmentLackError`` for another schema version."""
    what = "result of `mobileseg latency --json`"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(expected=f"a {what}", found=f"{path}: {error}", fix="check the path") from error
    return parse_document(Result, text, path, what, RequestError, "measure again")
