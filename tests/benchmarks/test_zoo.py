"""The committed measurements of benchmarks/zoo.py keep the bars that they exist for, and how peak memory is measured."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower
from torch import nn

from mobileseg.errors import EnvironmentLackError, UnknownNameError
from mobileseg.models.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
PRECISIONS = ("float32", "int8")
MODEL_NAMES = (
    "seaformer-tiny", "seaformer-small", "seaformer-base", "seaformer-large", "van-b0", "van-b0-fpn", "van-b0-upernet", "van-b0-light",
    "axial-resnet26-s", "axial-deeplab-s", "sasa-resnet26", "topformer-tiny",
)  # fmt: skip
MEGABYTE = 1_000_000


@pytest.fixture
def rows(benchmark: Any) -> dict[str, Any]:
    zoo = benchmark("zoo_results").read_zoo(ROOT / "results" / "zoo.json")
    return {row.model: row for row in zoo.rows}


def test_every_case_is_in_the_results(benchmark: Any, rows: dict[str, Any]) -> None:
    cases = benchmark("zoo_results").CASES
    assert tuple(name for name, _ in cases) == MODEL_NAMES
    assert {(row.model, row.size) for row in rows.values()} == set(cases)


def test_cases_are_those_that_are_asked_for(benchmark: Any) -> None:
    cases_of_zoo = benchmark("zoo_results").CASES
    cases = partial(benchmark("cases").chosen, cases_of_zoo)
    assert cases([], None) == list(cases_of_zoo)
    assert cases(["van-b0", "van-b1"], None) == [("van-b0", (224, 224)), ("van-b1", MODELS["van-b1"].size)]
    assert cases(["van-b0"], (96, 64)) == [("van-b0", (96, 64))]
    with pytest.raises(UnknownNameError, match="did you mean van-b"):
        cases(["van-b9"], (96, 64))


def test_results_of_an_older_schema_are_refused(benchmark: Any, tmp_path: Path) -> None:
    old = tmp_path / "zoo.json"
    old.write_text('{"schema_version": 1, "created": "2026-11-22T16:12:01+00:00", "rows": []}')
    with pytest.raises(
        EnvironmentLackError, match=r"schema version 2; found .*zoo\.json: version 1.*measure all of it again"
    ):
        benchmark("zoo_results").read_zoo(old)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("model", MODEL_NAMES)
def test_one_delegate_holds_everything(model: str, precision: str, rows: dict[str, Any]) -> None:
    file = rows[model].file("deploy", precision)
    assert (file.partitions, file.operators_outside, file.failure) == (1, 0, None)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("model", MODEL_NAMES)
def test_no_file_takes_more_memory_than_the_plain_export(model: str, precision: str, rows: dict[str, Any]) -> None:
    deploy, plain = (rows[model].file(form, precision) for form in ("deploy", "plain"))
    if plain.running_peak_bytes is None:
        assert plain.failure  # nothing to compare with: the plain export does not lower or does not load
        return
    assert deploy.running_peak_bytes <= plain.running_peak_bytes


@pytest.mark.parametrize(
    ("model", "precision", "base", "bar"),
    [
        ("seaformer-tiny", "float32", "plain", 0.9),
        ("seaformer-tiny", "int8", "plain", 0.85),
        ("van-b0", "float32", "plain", 0.55),
        ("van-b0", "int8", "plain", 0.48),
        ("van-b0-fpn", "float32", "plain", 0.7),
        ("axial-resnet26-s", "float32", "plain", 0.45),
        ("sasa-resnet26", "float32", "ResNet-26", 2.0),
    ],
)
def test_committed_times_keep_the_bars(model: str, precision: str, base: str, bar: float, rows: dict[str, Any]) -> None:
    found = rows[model].ratio(("deploy", precision), (base, precision))
    assert found.interval is not None and found.interval[0] <= found.value <= found.interval[1]
    assert found.value <= bar


@pytest.mark.thorough
def test_loading_and_running_are_weighed_apart(benchmark: Any, tmp_path: Path) -> None:
    """Loading holds the weights twice, in the file and packed; running holds two planes of 8.4 MB, and the weights once."""
    network = nn.Sequential(
        nn.Conv2d(3, 512, 3, padding=1), nn.Conv2d(512, 512, 3, padding=1), nn.Conv2d(512, 1, 1)
    ).eval()
    weights = sum(parameter.numel() * 4 for parameter in network.parameters())
    plane = 512 * 64 * 64 * 4
    program = torch.export.export(network, (torch.zeros(1, 3, 64, 64),))
    edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    file = tmp_path / "network.pte"
    file.write_bytes(edge.to_executorch().buffer)
    found = benchmark("zoo").peaks(file, (64, 64))
    assert 2 * weights <= found["load_peak_bytes"] <= 2 * weights + 2 * MEGABYTE
    assert weights + 2 * plane <= found["running_peak_bytes"] < 2 * weights + 2 * plane - 2 * MEGABYTE
