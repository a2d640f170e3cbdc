"""The committed table of benchmarks/zoo.py keeps the bars that it exists for, and how peak memory is measured."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower
from torch import nn

from mobileseg.errors import UnknownNameError
from mobileseg.models.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
CONTENT = json.loads((ROOT / "results" / "zoo.json").read_text(encoding="utf-8"))
ROWS = {row["model"]: {(f["form"], f["precision"]): f for f in row["files"]} for row in CONTENT["rows"]}
PRECISIONS = ("float32", "int8")
MEGABYTE = 1_000_000


def test_every_case_is_in_the_results_and_in_the_readme(benchmark: Any) -> None:
    assert {(row["model"], tuple(row["size"])) for row in CONTENT["rows"]} == set(benchmark("zoo").CASES)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "\n".join(benchmark("readme").zoo_lines(CONTENT)) in readme


def test_cases_are_those_that_are_asked_for(benchmark: Any) -> None:
    rows = benchmark("zoo").CASES
    cases = partial(benchmark("cases").chosen, rows)
    assert cases([], None) == list(rows)
    assert cases(["van-b0", "van-b1"], None) == [("van-b0", (224, 224)), ("van-b1", MODELS["van-b1"].size)]
    assert cases(["van-b0"], (96, 64)) == [("van-b0", (96, 64))]
    with pytest.raises(UnknownNameError, match="did you mean van-b"):
        cases(["van-b9"], (96, 64))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("model", ROWS)
def test_one_delegate_holds_everything(model: str, precision: str) -> None:
    file = ROWS[model]["deploy", precision]
    assert (file["partitions"], file["operators_outside"], file["failure"]) == (1, 0, None)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("model", ROWS)
def test_no_file_takes_more_memory_than_the_form_it_replaces(model: str, precision: str) -> None:
    file, base = ROWS[model]["deploy", precision], ROWS[model]["original", precision]
    if "peak_bytes" not in base:
        assert base["failure"]  # nothing to compare with: the original does not lower or does not load
        return
    assert file["peak_bytes"] <= base["peak_bytes"]


@pytest.mark.parametrize(
    ("model", "precision", "base", "bar"),
    [
        ("seaformer-tiny", "float32", "original", 0.9),
        ("seaformer-tiny", "int8", "original", 0.85),
        ("van-b0", "float32", "original", 0.55),
        ("van-b0", "int8", "original", 0.48),
        ("van-b0-fpn", "float32", "original", 0.7),
        ("axial-resnet26-s", "float32", "original", 0.45),
        ("sasa-resnet26", "float32", "ResNet-26", 2.0),
    ],
)
def test_committed_times_keep_the_bars(model: str, precision: str, base: str, bar: float) -> None:
    deploy, other = ROWS[model]["deploy", precision], ROWS[model][base, precision]
    assert deploy["median_ms"] / other["median_ms"] <= bar


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
    assert weights + 2 * plane <= found["peak_bytes"] < 2 * weights + 2 * plane - 2 * MEGABYTE
