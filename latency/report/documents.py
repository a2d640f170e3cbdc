"""Reads the results for a page: finds the kind of each file and refuses the same file twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.document import parse_document
from mobileseg.errors import RequestError
from mobileseg.files import sha256
from mobileseg.latency.results.diff import Diff
from mobileseg.latency.results.live import Live
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
    Kind("live view", "live", "mobileseg.latency.results.live:Live", "Share report in the Android app"),
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A file that was read: its kind, its sha256, and what it is called on the page."""

    path: Path
    kind: str
    sha256: str
    name: str


@dataclass(frozen=True)
class Failed:
    """A cell of a sweep without a result. ``what``: the cell in words; ``stage``: that failed."""

    what: str
    stage: str
    reason: str


@dataclass(frozen=True)
class Results:
    """All results for one page, each with its source, in the given order. ``failed``: what there is no result of, from a sweep."""

    comparisons: tuple[tuple[Source, Comparison], ...] = ()
    measurements: tuple[tuple[Source, Result], ...] = ()
    differences: tuple[tuple[Source, Diff], ...] = ()
    live: tuple[tuple[Source, Live], ...] = ()
    failed: tuple[Failed, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The source files of all results."""
        parts = (self.comparisons, self.measurements, self.differences, self.live)
        return tuple(source for part in parts for source, _ in part)


def read_results(paths: Sequence[Path], names: Mapping[Path, str] | None = None) -> Results:
    """Read and check results. ``names``: what a file is called on the page, where that is not its own name.

    Raises ``RequestError`` for an empty list, a file that is no result, or one that is there twice, and ``EnvironmentLackError`` for
    another schema version or a missing package.
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
        read[kind.name].append((Source(path, kind.name, sha256(path), (names or {}).get(path, path.name)), document))
    comparisons, measurements, differences, live = (tuple(read[kind.name]) for kind in KINDS)
    found = Results(comparisons, measurements, differences, live)
    _refuse_twice(found.sources)
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


def _refuse_twice(sources: Iterable[Source]) -> None:
    seen: dict[str, Source] = {}
    for source in sources:
        other = seen.setdefault(source.sha256, source)
        if other is not source:
            raise RequestError(
                expected="every result once",
                found=f"the same {source.kind} twice: {other.path} and {source.path}",
                fix="remove one; several measurements of one file are welcome, they make a trend",
            )
