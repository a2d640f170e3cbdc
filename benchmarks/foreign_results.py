"""results/foreign.json: what ``benchmarks/foreign.py`` writes and the table in docs/guides/network.md is made of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from mobileseg.document import Decibel, Document, Part, parse_document
from mobileseg.errors import RequestError

SCHEMA_VERSION: Final = 1
PLAIN, OURS = "plain", "ours"


class ForeignFile(Part):
    """One export. ``form``: plain, as ExecuTorch's guide does it, or ours. ``failure``: why there is no file, or why it does not load;
    None where it runs. ``outside``: operators outside the delegate and their number. ``median_ms``: of runs in turns with the other
    files of the network, None where it does not run. ``arm_instructions``: of one inference on the emulated core, None where none was
    counted. ``sqnr_db``, ``agreement``: with the float network, over ``images``."""

    form: Literal["plain", "ours"]
    precision: str
    failure: str | None = None
    partitions: int | None = None
    operators_outside: int | None = None
    outside: dict[str, int] = Field(default_factory=dict)
    size_bytes: int | None = None
    median_ms: float | None = None
    runs: int = 0
    arm_instructions: int | None = None
    sqnr_db: Decibel | None = None
    agreement: float | None = None


class ForeignRow(Part):
    """One network. ``notes``: what was found by trying, and rewrites that were not applied."""

    name: str
    package: str
    package_version: str
    size: tuple[int, int]
    parameters: int
    images: int
    notes: tuple[str, ...]
    files: tuple[ForeignFile, ...]

    def file(self, form: str, precision: str) -> ForeignFile:
        """The export of this form."""
        return next(one for one in self.files if (one.form, one.precision) == (form, precision))


class Foreign(Document):
    """``machine``: what ran it, in words. ``core``: the emulated one that instructions were counted on."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    machine: str
    core: str
    versions: dict[str, str]
    rows: tuple[ForeignRow, ...]


def read_foreign(path: Path) -> Foreign:
    """The results at ``path``. Raises ``RequestError`` for anything else."""
    text = path.read_text(encoding="utf-8")
    return parse_document(
        Foreign, text, path, "results of foreign networks", RequestError, "python benchmarks/foreign.py"
    )
