"""The result of a measurement: samples, and what was measured where, in versioned JSON."""

from __future__ import annotations

import statistics
from datetime import datetime
from typing import Final, Literal

from mobileseg.export.manifest import Part
from mobileseg.latency.protocol import Protocol

SCHEMA_VERSION: Final = 1


class Series(Part):
    """One file's times in ms, in the order in which they were taken. ``note``: what the manifest says of untrained weights."""

    file: str
    sha256: str
    model: str
    target: str
    precision: str
    size: tuple[int, int]
    emit: str
    note: str | None = None
    samples_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        """The median: it does not mind the odd interruption."""
        return statistics.median(self.samples_ms)

    @property
    def quartiles_ms(self) -> tuple[float, float]:
        """First and third quartile."""
        low, _, high = statistics.quantiles(self.samples_ms, n=4)
        return low, high


class Result(Part):
    """Several files in one run. Ratios of medians within one result are what compares; times across results drift."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    device: str
    hardware: str
    protocol: Protocol
    versions: dict[str, str]
    series: tuple[Series, ...]

    def ratio(self, index: int, base: int = 0) -> float:
        """Median of one series over the median of another."""
        return self.series[index].median_ms / self.series[base].median_ms

    def to_json(self) -> str:
        """Indented JSON with a final newline."""
        return self.model_dump_json(indent=1) + "\n"
