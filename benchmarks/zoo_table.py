"""results/zoo.json as Markdown: every row with everything for docs/results.md, one row a kind of model for the README."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_results import ZooFile, ZooRow

from mobileseg.latency.results.summary import Ratio
from mobileseg.models.registry import MODELS

Pair = tuple[str, str]  # form, precision
FLOAT32, INT8 = ("deploy", "float32"), ("deploy", "int8")
NOT_MEASURED = "not measured"
FULL = (
    "model", "input", "MB", "partitions, outside", "plain export's", "float32 ms", "float32 : plain", "int8 : float32",
    "int8 : plain int8", "peak RSS, MB", "plain export's", "int8 SQNR",
)  # fmt: skip
SHORT = ("model", "input", "MB", "float32 ms", "int8 ms", "float32 : plain", "int8 : plain int8", "int8 : float32")


def full_table(rows: Sequence[ZooRow]) -> list[str]:
    """All figures of ``rows``."""
    return _markdown(FULL, [_full(row) for row in rows])


def short_table(rows: Sequence[ZooRow]) -> list[str]:
    """Times and sizes, of every family and task the first model alone."""
    firsts: dict[tuple[str, str], ZooRow] = {}
    for row in rows:
        firsts.setdefault((MODELS[row.model].family, MODELS[row.model].task), row)
    return _markdown(SHORT, [_short(row) for row in firsts.values()])


def _markdown(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(line)} |" for line in (head, ("---",) * len(head), *lines)]


def _head(row: ZooRow) -> tuple[str, str, str]:
    sizes = " / ".join(_value(row.file(*pair).size_bytes, 1e6, 2) for pair in (FLOAT32, INT8))
    return row.model, f"{row.size[0]}x{row.size[1]}", sizes


def _full(row: ZooRow) -> tuple[str, ...]:
    float32, int8 = row.file(*FLOAT32), row.file(*INT8)
    plain, bases = (tuple(row.file(form, p) for p in ("float32", "int8")) for form in ("plain", row.base))
    return (
        *_head(row),
        " / ".join(_held(file) for file in (float32, int8)),
        " / ".join(_held(file) for file in plain),
        _median(row, FLOAT32),
        *_ratios(row),
        " / ".join(_value(file.running_peak_bytes, 1e6, 0) for file in (float32, int8)),
        " / ".join(_value(file.running_peak_bytes, 1e6, 0) for file in bases) + _of(row.base),
        _value(int8.sqnr_db, 1.0, 1, " dB"),
    )


def _short(row: ZooRow) -> tuple[str, ...]:
    over_plain, int8_over_float, int8_over_plain = _ratios(row)
    return (*_head(row), _median(row, FLOAT32), _median(row, INT8), over_plain, int8_over_plain, int8_over_float)


def _ratios(row: ZooRow) -> tuple[str, str, str]:
    base = row.base
    return (
        _ratio(row.ratio(FLOAT32, (base, "float32")), base),
        _ratio(row.ratio(INT8, FLOAT32)),
        _ratio(row.ratio(INT8, (base, "int8")), base),
    )


def _median(row: ZooRow, pair: Pair) -> str:
    series = row.series(*pair)
    return _value(None if series is None else series.median_ms, 1.0, 1)


def _value(figure: float | None, unit: float, digits: int, suffix: str = "") -> str:
    return NOT_MEASURED if figure is None else f"{figure / unit:.{digits}f}{suffix}"


def _held(file: ZooFile) -> str:
    """How the delegate holds it: one partition and nothing outside is what is wanted."""
    if file.partitions is None:
        return str(file.failure).partition(":")[0]
    held = f"{file.partitions}, {file.operators_outside}"
    return f"{held}, {file.failure.partition(':')[0]}" if file.failure else held


def _ratio(found: Ratio | None, base: str = "plain") -> str:
    if found is None:
        return NOT_MEASURED
    interval = "" if found.interval is None else f" ({found.interval[0]:.2f} .. {found.interval[1]:.2f})"
    return f"{found.value:.2f}{interval}{_of(base)}"


def _of(base: str) -> str:
    return "" if base == "plain" else f" of {base}"
