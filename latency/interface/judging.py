"""Two results against each other, and counts against a budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError

if TYPE_CHECKING:
    from mobileseg.latency.results.diff import Diff
    from mobileseg.latency.results.result import Result


def diff(
    old: str | Path | Result, new: str | Path | Result, margin: float | None = None, allow: Sequence[str] = ()
) -> Diff:
    """Which files are faster or slower in ``new`` than in ``old``, or whether that cannot be said.

    ``old``, ``new``: results of ``measure``, or their JSON files; files are paired by model, target, precision, size, output,
    threads and cores. ``margin``: what two measurements of one file may differ by, as a share (0.05 is 5 %); default: the
    protocol's. ``allow``: differences between the two that do not refuse: ``protocol``, ``device``, ``complete``, ``refused``,
    ``files``: others took turns with them.

    Raises ``RequestError`` where the two do not compare, ``EnvironmentLackError`` for another schema version.
    """
    if margin is not None and not 0 <= margin < 1:
        raise RequestError(
            expected="a --margin of 0 to 100 percent", found=f"{100 * margin:g}", fix="0 trusts the interval alone"
        )
    from mobileseg.latency.results.diff import compare

    return compare(_read(old), _read(new), margin, tuple(allow))


def check_budget(result: Result, budget: str | Path, margin: float = 0.0) -> None:
    """Raise ``GateError`` where a file executes more instructions than the budget allows.

    ``result``: of an emulated device. ``budget``: a number such as ``12M``, or the JSON of an earlier result of the same core.
    ``margin``: percent that a count may be above. Raises ``RequestError`` where there is nothing to compare.
    """
    from mobileseg.latency.results.budget import Budget

    Budget.of(str(budget), margin).check(result)


def check_times(result: Result, max_ms: float) -> None:
    """Raise ``GateError`` where a file's figure is above ``max_ms``, ``NotMeasuredError`` where its 95 % interval does not decide.

    ``result``: of a device that measures times; the figure is that of its protocol, over all repetitions. Raises ``RequestError`` for
    counts.
    """
    from mobileseg.latency.results import cases

    cases.check(cases.below(result, max_ms), "make the file faster, allow more, or measure longer")


def _read(result: str | Path | Result) -> Result:
    from mobileseg.latency.results.result import Result, read_result

    return result if isinstance(result, Result) else read_result(Path(result))
