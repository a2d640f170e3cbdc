"""What the screen says of results."""

import io

import pytest
from made_results import around, counts, result, series
from rich.console import Console

from mobileseg.cli.latency_tables import show, show_diff
from mobileseg.latency.conditions.sensors import Properties
from mobileseg.latency.measuring.counting import ONCE
from mobileseg.latency.results.diff import compare
from mobileseg.latency.results.result import Operator, Profile

ODD = ("[/bold].pte", "a [red]b.pte", ":smile:.pte")


def shown(action: object, *arguments: object) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    action(*arguments, console)  # type: ignore[operator]
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("name", ODD)
def test_names_of_files_are_shown_as_they_are(name: str) -> None:
    times = result(series(around(10), file=name), series(around(9, 1), file="b.pte"))
    assert name in shown(show, times)
    assert name in shown(show_diff, compare(times, times))
    assert name in shown(show, result(series([], file=name, counts=counts(7)), quantity="counts", protocol=ONCE))


def test_a_profile_says_what_its_figures_are() -> None:
    operators = tuple(Operator(name=f"Op {n} [/x]", calls=2, ms=1.0) for n in range(14))
    profile = Profile(runs=10, total_ms=15.0, operators=operators, modules=None, note="a note")
    text = shown(show, result(series(around(10), profile=profile)))
    assert "15.00 ms an inference while recorded, median of 10; a note" in text
    assert "Op 0 [/x]" in text and "2 others" in text and "Op 13" not in text
    between = next(line for line in text.splitlines() if line.startswith("between them"))
    assert between.split()[-2:] == ["1.000", "6.7%"]


def test_what_was_not_measured_says_so_and_the_first_is_what_others_are_compared_with() -> None:
    text = shown(show, result(series(around(10)), series(around(5, 1), file="b.pte"), series([], file="c.pte")))
    lines = {line.split()[0]: line for line in text.splitlines() if ".pte" in line}
    assert " .. " not in lines["a.pte"] and "0.5" in lines["b.pte"].split()[-4] and " .. " in lines["b.pte"]
    assert lines["c.pte"].count("not measured") == 8
    unknown = Properties(model=None, soc=None, os="Linux", kernel=None, architecture="aarch64", cores=())
    assert "host: unknown, aarch64, 0 cores, Linux" in shown(show, result(series(around(10)), properties=unknown))
