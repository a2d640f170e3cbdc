"""results/rewrites.json: what ``benchmarks/rewrites.py`` writes and a table in docs/guides/network.md is made of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from mobileseg.document import Document, Part, parse_document
from mobileseg.errors import RequestError

SCHEMA_VERSION: Final = 1


class RewriteFile(Part):
    """A float32 file. ``state``: runs, gives other numbers, or why it does not run. ``arm_instructions``: of one inference on the emulated
    core, None where none was counted."""

    partitions: int
    operators_outside: int
    state: str
    arm_instructions: int | None


class RewriteRow(Part):
    """``rewrite``: its name in the table of rewrites. ``network``: in words. ``applied``: the file with all rewrites; ``without``: with
    all but this one."""

    rewrite: str
    network: str
    without: RewriteFile
    applied: RewriteFile


class RewriteEffects(Document):
    """``core``: the emulated one."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    core: str
    versions: dict[str, str]
    rows: tuple[RewriteRow, ...]


def read_effects(path: Path) -> RewriteEffects:
    """The results at ``path``. Raises ``RequestError`` for anything else."""
    text = path.read_text(encoding="utf-8")
    return parse_document(
        RewriteEffects, text, path, "effects of rewrites", RequestError, "python benchmarks/rewrites.py"
    )
