"""A gate on counts: no file may execute more instructions than a limit, or than in an earlier result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobileseg.errors import GateError, RequestError
from mobileseg.latency.results.result import Result, Series, read_result

UNITS: Mapping[str, int] = {"k": 10**3, "M": 10**6, "G": 10**9}
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Budget:
    """``limit``: instructions per inference, for every file; if None, the counts of ``earlier`` are the limits. ``margin``: percent by
    which a count may exceed its limit."""

    limit: int | None
    earlier: Result | None
    margin: float

    @classmethod
    def of(cls, text: str, margin: float = 0.0) -> Budget:
        """``12000000``, ``12M``, or the JSON of an earlier ``latency --device emulated:CORE --json``. Raises ``RequestError``."""
        if not 0 <= margin < 1000:
            raise RequestError(
                expected="a margin from 0 to 1000 percent", found=f"{margin}", fix="give --margin in percent"
            )
        number, unit = (text[:-1], UNITS[text[-1]]) if text[-1:] in UNITS else (text, 1)
        if number.isascii() and number.replace(".", "", 1).isdigit():
            limit = _count(number, unit)
            if not Path(text).exists():
                return cls(limit, None, margin)
        return cls(None, read_result(Path(text)), margin)

    def check(self, result: Result) -> None:
        """Raise ``GateError`` if a count exceeds its limit, ``RequestError`` for a file without a count or without a limit."""
        over = []
        for series in result.series:
            if series.counts is None:
                raise RequestError(
                    expected="counts to compare with the budget",
                    found=f"none from {result.device}",
                    fix="use --device emulated:CORE",
                )
            limit = self.limit if self.limit is not None else self._earlier(series, result.device)
            allowed = limit * (1 + self.margin / 100)
            found = series.counts.instructions
            if found > allowed:
                over.append(f"{series.file}: {found} instructions, {100 * (found / limit - 1):.2f} % above {limit}")
        if over:
            within = f", and {self.margin:g} %" if self.margin else ""
            raise GateError(
                expected=f"counts within the budget{within} on {result.device}",
                found="; ".join(over),
                fix="find the change that added instructions, or raise the budget deliberately",
            )

    def _earlier(self, series: Series, device: str) -> int:
        assert self.earlier is not None  # else there is a limit
        if self.earlier.device != device:
            raise RequestError(
                expected=f"a budget for {device}",
                found=f"one for {self.earlier.device}",
                fix="give a result of the same core",
            )
        limits = [old.counts.instructions for old in self.earlier.series if old.counts and old.key == series.key]
        if not limits:
            wanted = f"{series.model}, {series.precision}, {series.size[0]}x{series.size[1]}, {series.emit}"
            raise RequestError(
                expected=f"a budget that contains {wanted}",
                found="no count of it in the file",
                fix="count it with --json, and use that file as the budget",
            )
        return min(limits)


def _count(number: str, unit: int) -> int:
    """``1.5`` of a million is 1500000. Raises ``RequestError`` for more than a counter holds."""
    found = float(number) * unit
    if found > LARGEST:
        raise RequestError(
            expected=f"a budget of at most {LARGEST} instructions",
            found=f"{found:g}",
            fix="give the instructions of one inference",
        )
    return int(found)
