"""results/zoo.json: what ``benchmarks/zoo.py`` writes and the tables are made of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

from places import read_text
from pydantic import model_validator

from mobileseg.document import Decibel, Document, Part, parse_document
from mobileseg.errors import RequestError
from mobileseg.latency.results.result import Result, Series
from mobileseg.latency.results.summary import Ratio

SCHEMA_VERSION: Final = 2  # 1 had samples of a loop of its own
CASES = (
    ("seaformer-tiny", (512, 512)),
    ("seaformer-small", (512, 512)),
    ("seaformer-base", (512, 512)),
    ("seaformer-large", (512, 512)),
    ("van-b0", (224, 224)),
    ("van-b0-fpn", (512, 512)),
    ("van-b0-upernet", (512, 512)),
    ("van-b0-light", (512, 512)),
    ("axial-resnet26-s", (224, 224)),
    ("axial-deeplab-s", (257, 257)),
    ("sasa-resnet26", (224, 224)),
    ("topformer-tiny", (512, 512)),
)


class ZooFile(Part):
    """``series``: its number in the row's ``timing``; None where the file could not be run, and ``failure`` says why.

    ``load_peak_bytes``, ``running_peak_bytes``: see ``peak.py``.
    """

    form: str
    precision: str
    weights: str | None = None
    num_classes: int | None = None
    partitions: int | None = None
    operators_outside: int | None = None
    size_bytes: int | None = None
    sqnr_db: Decibel | None = None
    failure: str | None = None
    load_peak_bytes: int | None = None
    running_peak_bytes: int | None = None
    series: int | None = None


class ZooRow(Part):
    """One model: all its files in one measurement, in turns."""

    model: str
    size: tuple[int, int]
    timing: Result
    files: tuple[ZooFile, ...]

    @model_validator(mode="after")
    def _series_are_there(self) -> Self:
        for file in self.files:
            if (file.series is None) == (file.failure is None):
                raise ValueError(f"{file.form} {file.precision}: a file has either a series or a failure")
            if file.series is not None and self.timing.series[file.series].precision != file.precision:
                raise ValueError(f"{file.form} {file.precision}: series {file.series} is of another file")
        return self

    @property
    def base(self) -> str:
        """What the deploy model is held against: its plain export, or the peer where that cannot be run."""
        return next((file.form for file in self.files if file.form not in ("deploy", "plain")), "plain")

    def file(self, form: str, precision: str) -> ZooFile:
        """Raises ``KeyError``."""
        for file in self.files:
            if (file.form, file.precision) == (form, precision):
                return file
        raise KeyError(form, precision)

    def series(self, form: str, precision: str) -> Series | None:
        """None where the file was not run."""
        number = self.file(form, precision).series
        return None if number is None else self.timing.series[number]

    def ratio(self, new: tuple[str, str], old: tuple[str, str]) -> Ratio | None:
        """The time of one file, by form and precision, over that of another; None where one was not run."""
        above, below = self.file(*new).series, self.file(*old).series
        return None if above is None or below is None else self.timing.ratio(above, below)


class Zoo(Document):
    """A row is replaced as a whole when its model is measured again."""

    schema_version: Literal[2] = SCHEMA_VERSION
    created: datetime
    rows: tuple[ZooRow, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Models of ``CASES`` that were not measured."""
        there = {(row.model, row.size) for row in self.rows}
        return tuple(model for model, size in CASES if (model, size) not in there)

    def row(self, model: str, size: tuple[int, int]) -> ZooRow | None:
        """None where the model was not measured at this size."""
        return next((row for row in self.rows if (row.model, row.size) == (model, size)), None)


def read_zoo(path: Path) -> Zoo:
    """Raises ``RequestError`` for anything else, ``EnvironmentLackError`` for another schema version."""
    text = read_text(path, "benchmarks/zoo.py")
    return parse_document(Zoo, text, path, "table of benchmarks/zoo.py", RequestError, "measure all of it again")
