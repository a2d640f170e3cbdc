"""Reads the results for a page: finds the kind of each file and refuses duplicates."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.document import parse_document
from mobileseg.errors import RequestError
from mobileseg.files import sha256
from mobileseg.latency.results.diff import Diff
from mobileseg.latency.results.result import Result
from mobileseg.registry import load, require

if TYPE_CHECKING:
    from mobileseg.document import Document
    from mobileseg.export.evaluation.compared import Comparison


@dataclass(frozen=True)
class Kind:
    """A kind of JSON. ``key``: a field that only this kind has; ``document``: dotted path of its class; ``made_by``: the command that
    writes it; ``packages``: packages that reading it needs."""

    name: str
    key: str
    document: str
    made_by: str
    packages: tuple[str, ...] = ()


KINDS = (
    Kind("comparison", "artifact_sha256", "mobileseg.export.evaluation.compared:Comparison", "mobileseg compare --json", ("torch",)),
    Kind("measurement", "series", "mobileseg.latency.results.result:Result", "mobileseg latency --json"),
    Kind("difference", "changes", "mobileseg.latency.results.diff:Diff", "mobileseg latency --diff OLD NEW --json"),
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A file that was read: its kind and its sha256."""

    path: Path
    kind: str
    sha256: str


@dataclass(frozen=True)
class Results:
    """All results for one page, each with its source, in the given order."""

    comparisons: tuple[tuple[Source, Comparison], ...]
    measurements: tuple[tuple[Source, Result], ...]
    differences: tuple[tuple[Source, Diff], ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The source files of all results."""
        return tuple(source for part in (self.comparisons, self.measurements, self.differences) for source, _ in part)


def read_results(paths: Sequence[Path]) -> Results:
    """Read and check results.

    Raises ``RequestError`` for an empty list, a file that is no result, or two results for the same thing, and
    ``EnvironmentLackError`` for another schema version or a missing package.
    """
    if not paths:
        raise RequestError(
            expected="results to show",
            found="none",
            fix=f"make some with {', '.join(f'`{kind.made_by}`' for kind in KINDS)}",
        )
    read: dict[str, list[tuple[Source, Any]]] = {kind.name: [] for kind in KINDS}
    for path in paths:
        kind, document = _read(path)
        read[kind.name].append((Source(path, kind.name, sha256(path)), document))
    found = Results(*(tuple(read[kind.name]) for kind in KINDS))
    _check_distinct(found)
    return found


def _read(path: Path) -> tuple[Kind, Document]:
    try:
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise RequestError(expected="a result in JSON", found=f"{path}: {error}", fix="check the path") from error
    kind = next((kind for kind in KINDS if isinstance(fields, dict) and kind.key in fields), None)
    if kind is None:
        raise RequestError(
            expected=f"the JSON of {', or of '.join(f'`{k.made_by}`' for k in KINDS)}",
            found=f"{path}: {_keys(fields)}",
            fix="remove it, or make a result with one of these commands",
        )
    require(kind.packages, f"reading {path.name}", "torch")
    what = f"result of `{kind.made_by}`"
    return kind, parse_document(load(kind.document), text, path, what, RequestError, "make it again")


def _keys(fields: object) -> str:
    if not isinstance(fields, dict):
        return f"a JSON {type(fields).__name__}"
    return f"a JSON with {', '.join(list(fields)[:6]) or 'nothing'}"


def _check_distinct(found: Results) -> None:
    """Raise ``RequestError`` for two results for the same file on the same data, or in the same setting."""
    _refuse_duplicates(
        (source, (one.artifact_sha256, one.data, one.data_sha256), f"{one.artifact_file} on {one.data}")
        for source, one in found.comparisons
    )
    _refuse_duplicates(
        (source, (series.sha256, result.device, result.protocol.name, session.threads, session.cores_asked),
         f"{series.file} on {result.device}, {session.threads} threads, protocol {result.protocol.name}")
        for source, result in found.measurements
        for series, session in {(s.sha256, s.session): (s, result.sessions[s.session]) for s in result.series}.values()
    )  # fmt: skip
    _refuse_duplicates((source, source.sha256, "the same differences") for source, _ in found.differences)


def _refuse_duplicates(facts: Iterable[tuple[Source, Hashable, str]]) -> None:
    seen: dict[Hashable, Source] = {}
    for source, key, what in facts:
        other = seen.setdefault(key, source)
        if other is not source:
            raise RequestError(
                expected="one result per file and setting",
                found=f"two for {what}: {other.path} and {source.path}",
                fix="remove one; to compare two measurements use `mobileseg latency --diff`",
            )
