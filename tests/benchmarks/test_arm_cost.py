"""The committed counts, what is made of them, and how they are made."""

import copy
import json
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from made_results import counts, result, series

from mobileseg.errors import UnknownNameError
from mobileseg.latency.results.result import Result
from mobileseg.models.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
CONTENT = json.loads((ROOT / "results" / "arm_cost.json").read_text(encoding="utf-8"))


def test_the_document_is_that_of_the_results(benchmark: Any) -> None:
    document = benchmark("arm_table").document(CONTENT)
    assert document == (ROOT / "docs" / "arm_cost.md").read_text(encoding="utf-8")


def test_every_family_is_a_case_and_what_is_committed_are_cases(benchmark: Any) -> None:
    script = benchmark("arm_cost")
    assert {MODELS[name].family for name, _ in script.CASES} == {spec.family for spec in MODELS.values()}
    wanted = {(name, size, precision) for name, size in script.CASES for precision in ("float32", "int8")}
    possible = {(name, size, precision) for name, size in script.CASES for precision in script.PRECISIONS}
    assert [found["emulated"]["name"] for found in CONTENT["results"]] == list(script.CORES)
    for found in map(Result.model_validate, CONTENT["results"]):
        assert found.command and wanted <= {(s.model, s.size, s.precision) for s in found.series} <= possible
        assert all(s.counts and s.vs_host and s.vs_reference for s in found.series)


def test_the_short_table_has_the_first_model_of_every_kind_and_its_counts(benchmark: Any) -> None:
    lines = benchmark("arm_table").instruction_lines(CONTENT)
    for found in map(Result.model_validate, CONTENT["results"]):
        kinds = set()
        for one in found.series:
            mine = [line for line in lines if line.startswith(f"| {one.model} | {one.size[0]}x{one.size[1]} |")]
            if mine:
                kinds.add((MODELS[one.model].family, MODELS[one.model].task))
                assert one.counts is not None and f"{one.counts.instructions / 1e6:.2f}" in mine[0]
        assert kinds == {(MODELS[one.model].family, MODELS[one.model].task) for one in found.series}


def test_other_precisions_are_shown_where_they_were_measured(benchmark: Any) -> None:
    table, content = benchmark("arm_table"), copy.deepcopy(CONTENT)
    for found in content["results"]:
        half = copy.deepcopy(found["series"][0])
        half["precision"], half["counts"]["instructions"] = "float16", half["counts"]["instructions"] // 2
        found["series"].append(half)
    document, lines = table.document(content), table.instruction_lines(content)
    first = content["results"][0]["series"][0]
    halved = f"{first['counts']['instructions'] // 2 / 1e6:.2f} (0.50)"
    (row,) = (line for line in document.splitlines() if f"| {halved} |" in line and f"| {first['model']} |" in line)
    assert "| not measured |" in row  # int8-float16
    assert any(f"; float16 {halved}" in line for line in lines)


def test_cases_are_those_that_are_asked_for(benchmark: Any) -> None:
    cases = partial(benchmark("cases").chosen, benchmark("arm_cost").CASES)
    assert cases(["van-b0", "van-b1"], None) == [("van-b0", (224, 224)), ("van-b1", MODELS["van-b1"].size)]
    assert cases(["van-b0"], (96, 64)) == [("van-b0", (96, 64))]
    assert {size for _, size in cases([], (64, 64))} == {(64, 64)}
    with pytest.raises(UnknownNameError, match="did you mean van-b"):
        cases(["van-b9"], (96, 64))


def test_a_file_is_counted_once(benchmark: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module: ModuleType = benchmark("kept")
    calls: list[str] = []

    def count_all(files: list[Path], device: str, *_: object) -> Result:
        calls.append(device)
        return result(series([], counts=counts(len(calls))), quantity="counts")

    monkeypatch.setattr(module, "count_all", count_all)
    kept = object.__new__(module.Kept)  # without an emulator
    kept._place, kept._tools = tmp_path, "these"
    file = SimpleNamespace(path=Path("a.pte"), manifest=SimpleNamespace(artifact=SimpleNamespace(sha256="1")))
    first = kept.count(file, "emulated:cortex-a76", "a")
    assert kept.count(file, "emulated:cortex-a76", "b") == first and len(calls) == 1
    kept.count(file, "emulated:cortex-a53", "a")
    file.manifest.artifact.sha256 = "2"
    kept.count(file, "emulated:cortex-a76", "a")
    kept._tools = "others"
    last = kept.count(file, "emulated:cortex-a76", "a")
    assert len(calls) == 4
    joined = benchmark("arm_cost").join([first, last])
    assert [one.counts.instructions for one in joined.series if one.counts] == [1, 4]
    assert joined.created == max(first.created, last.created) and Result.model_validate_json(joined.to_json()) == joined
