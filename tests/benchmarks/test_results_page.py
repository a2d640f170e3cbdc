"""The generated tables are those of the results, and figures that do not compare are refused."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from made_results import MACHINE, around, result, series

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results.result import Result

ROOT = Path(__file__).resolve().parents[2]
OTHER = MACHINE.model_copy(update={"soc": "another"})
TOOLS = {"torch": "1", "executorch": "1"}
Change = Callable[[Result], Result]


@pytest.fixture
def results(benchmark: Any) -> Any:
    """The committed results, with times of nothing in particular."""
    contents = {
        name: json.loads((ROOT / "results" / f"{name}.json").read_text())
        for name in ("accuracy", "recipes", "arm_cost")
    }
    now = datetime.now(UTC)
    zoo, cost = (
        benchmark("zoo_results").Zoo(created=now),
        benchmark("mask").MaskCost(created=now, classes=2, timing=timing()),
    )
    return benchmark("results_page").Results(**contents, zoo=zoo, mask=cost)


def timing(count: int = 2, **changes: Any) -> Result:
    return result(*(series(around(2.0 + i, i)) for i in range(count)), **{"versions": TOOLS, **changes})


def made(benchmark: Any, results: Any, *timings: Result, mask: Result | None = None) -> Any:
    """``results`` with one small row for each of ``timings``."""
    files = [
        {"form": form, "precision": "int8", "series": number, "partitions": 1, "operators_outside": 0}
        for number, form in enumerate(("deploy", "plain"))
    ]
    rows = [
        {"model": name, "size": (1, 1), "timing": one, "files": files}
        for name, one in zip(("seaformer-tiny", "van-b0"), timings, strict=False)
    ]
    zoo = benchmark("zoo_results").Zoo(created=timings[0].created, rows=rows)
    cost = benchmark("mask").MaskCost(created=timings[0].created, classes=2, timing=mask or timings[0])
    return replace(results, zoo=zoo, mask=cost)


def test_the_documents_are_those_of_the_results(benchmark: Any) -> None:
    readme = benchmark("readme")
    results = readme.read_results(ROOT / "results")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert benchmark("results_page").page(results) == (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert readme.with_table(text, benchmark("results_page").readme_lines(results)) == text
    assert sum(line.startswith("| ") for line in benchmark("results_page").readme_lines(results)) <= 12


def test_rows_of_one_machine_stand_in_one_table(benchmark: Any, results: Any) -> None:
    made(benchmark, results, timing(), timing()).check()


CHANGES: dict[str, tuple[Change, str]] = {
    "hardware": (lambda r: r.model_copy(update={"properties": OTHER}), "one hardware.*m, s, aarch64.*m, another, aarch64"),
    "instruction sets": (
        lambda r: r.model_copy(update={"properties": MACHINE.model_copy(update={"features": ("i8mm",)})}),
        r"one hardware.*m, s, aarch64, .*m, s, aarch64 \+i8mm",
    ),
    "system": (
        lambda r: r.model_copy(update={"properties": MACHINE.model_copy(update={"os": "another"})}),
        "one system.*: o; .*: another",
    ),
    "device": (lambda r: r.model_copy(update={"device": "adb:1"}), "one device.*: host; .*: adb:1"),
    "schema": (lambda r: r.model_copy(update={"schema_version": 2}), "one result schema.*: 4; .*: 2"),
    "protocol": (lambda r: r.model_copy(update={"protocol": PROTOCOLS["standard"]}), "one protocol .*: quick; .*: standard"),
    "numbers of a protocol": (
        lambda r: r.model_copy(update={"protocol": r.protocol.model_copy(update={"runs": 7})}),
        "one protocol's runs .*: 5; .*: 7",
    ),
    "versions": (lambda r: r.model_copy(update={"versions": {**TOOLS, "torch": "2"}}), "version of torch.*: 1; .*: 2"),
    "a tool that one lacks": (
        lambda r: r.model_copy(update={"versions": {"torch": "1"}}),
        "version of executorch.*: 1; .*: unknown",
    ),
    "whole": (lambda r: r.model_copy(update={"complete": False, "reason": "unplugged"}), "whole measurements.*unplugged"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_rows_that_do_not_compare_are_refused(benchmark: Any, results: Any, name: str) -> None:
    change, said = CHANGES[name]
    with pytest.raises(RequestError, match=said) as refused:
        made(benchmark, results, timing(), change(timing())).check()
    assert "van-b0 1x1 in results/zoo.json" in str(refused.value) and "zoo.py" in str(refused.value)


@pytest.mark.parametrize("name", CHANGES)
def test_the_class_map_is_of_the_same_machine_as_the_table(benchmark: Any, results: Any, name: str) -> None:
    change, said = CHANGES[name]
    mixed = made(benchmark, results, timing(), mask=change(timing()))
    page = benchmark("results_page")
    for write in (page.page, page.readme_lines):
        with pytest.raises(RequestError, match=said) as refused:
            write(mixed)
        assert "results/mask.json" in str(refused.value)


def test_accuracy_of_different_tools_is_refused(benchmark: Any, results: Any) -> None:
    mixed = copy.deepcopy(results.accuracy)
    mixed["rows"][-1]["comparison"]["versions"]["torchao"] = "0.0"
    with pytest.raises(RequestError, match=r"version of torchao.*axial-deeplab-xs.*van-b0-light.*: 0\.0"):
        benchmark("accuracy_table").accuracy_lines(mixed)


def test_another_schema_of_accuracy_is_refused(benchmark: Any, results: Any) -> None:
    with pytest.raises(EnvironmentLackError, match="schema version 1; found version 9"):
        benchmark("accuracy_table").accuracy_lines(results.accuracy | {"schema_version": 9})


def test_another_schema_of_the_class_map_is_refused(benchmark: Any, tmp_path: Path) -> None:
    old = tmp_path / "mask.json"
    old.write_text('{"schema_version": 1}')
    with pytest.raises(EnvironmentLackError, match="schema version 2"):
        benchmark("mask").read_mask(old)


def test_the_class_map_on_the_host_is_shown_beside_its_file(benchmark: Any) -> None:
    made_of = benchmark("class_map")
    rows = (
        {"name": "a", "classes": 2, "file_ms": (4.0, 5.0), "class_map_ms": (1.0, 1.25), "interpolated_ms": (2.0, 2.5)},
        {"name": "b", "classes": 9, "file_ms": None, "class_map_ms": (3.0, 3.0), "interpolated_ms": (6.0, 6.0)},
    )
    head = {"created": datetime.now(UTC), "properties": MACHINE, "versions": TOOLS, "model": "m", "size": (6, 7)}
    cost = made_of.HostCost.model_validate_json(made_of.HostCost(**head, rows=rows).to_json())
    lines = benchmark("results_page").host_lines
    page = "\n".join(lines(cost))
    assert "| a | 2 | 1.12 | 0.250 (0.250 .. 0.250) | 0.500 (0.500 .. 0.500) |" in page
    assert "| b | 9 | 3.00 | not of a file | 0.500 (0.500 .. 0.500) |" in page
    assert "At 6x7" in page
    assert "`python benchmarks/class_map.py` does it" in lines(None)[0]


def test_cores_may_differ_and_tools_may_not(benchmark: Any, results: Any) -> None:
    table = benchmark("arm_table")
    assert any(line.startswith("| seaformer-tiny |") for line in table.instruction_lines(results.arm_cost))
    mixed = copy.deepcopy(results.arm_cost)
    mixed["results"][1]["versions"]["compiler"] = "another"
    for lines in (table.document, table.instruction_lines):
        with pytest.raises(RequestError, match=r"version of compiler.*cortex-a53.*cortex-a76: another"):
            lines(mixed)


def test_what_is_not_measured_says_so(benchmark: Any, results: Any) -> None:
    """A plain export that does not lower has no time, and no ratio to it."""
    zoo = benchmark("zoo_results")
    both = [
        {
            "form": "deploy",
            "precision": precision,
            "series": number,
            "partitions": 1,
            "operators_outside": 0,
            "size_bytes": 10,
        }
        for number, precision in enumerate(("float32", "int8"))
    ]
    none = [
        {"form": "plain", "precision": precision, "failure": "does not lower: why"} for precision in ("float32", "int8")
    ]
    one = result(*(series(around(2.0 + i, i), precision=p) for i, p in enumerate(("float32", "int8"))))
    row = zoo.ZooRow(model="seaformer-tiny", size=(1, 1), timing=one, files=(*both, *none))
    (_, _, line) = benchmark("zoo_table").full_table([row])
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[4] == "does not lower / does not lower"
    assert (cells[6], cells[8]) == ("not measured", "not measured")
    assert cells[7].startswith("1.5") and ".." in cells[7]


def test_a_file_that_is_not_there_is_an_error_with_its_maker(benchmark: Any, tmp_path: Path) -> None:
    for module, read in (("zoo_results", "read_zoo"), ("mask", "read_mask")):
        with pytest.raises(
            RequestError, match=r"No such file or directory; fix: run `python benchmarks/(zoo|mask)\.py`"
        ):
            getattr(benchmark(module), read)(tmp_path / "none.json")


def test_models_that_were_not_measured_are_named(benchmark: Any, results: Any) -> None:
    missing = made(benchmark, results, timing()).zoo.missing
    assert missing[:2] == ("seaformer-tiny", "seaformer-small")  # another size than the case's
    assert set(missing) == {name for name, _ in benchmark("zoo_results").CASES}
