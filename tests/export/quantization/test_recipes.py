"""Ranges and biases: what each recipe promises, on small networks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from street_net import NAME
from torch import Tensor, nn
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.errors import RequestError, UnknownNameError
from mobileseg.export import export_model
from mobileseg.export.quantization.bias_correction import _means, bias_shifts, correct_biases
from mobileseg.export.quantization.observers import LEFT_OUT, LeastSquaresObserver, PercentileObserver, squared_errors
from mobileseg.export.quantization.operators import WEIGHTED
from mobileseg.export.quantization.quantizer import Int8Quantizer
from mobileseg.export.quantization.recipes import BY_FAMILY, DEFAULT, RECIPES, default_recipe
from mobileseg.quiet import quiet
from mobileseg.registry import load
from mobileseg.weights.records import bundled
from mobileseg.weights.resolve import RANDOM

ROOT = Path(__file__).parents[3]


class Depthwise(nn.Module):
    """Convolutions with and without a bias, one depthwise, and a linear layer: what biases are corrected of."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.last = nn.Conv2d(8, 4, 1)
        self.linear = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.relu6(self.depthwise(nn.functional.relu6(self.first(x))))
        return self.linear(self.last(x).mean((2, 3)))


def images(seed: int, count: int = 4) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).normal(0, 2, (count, 1, 3, 10, 12)).astype(np.float32))


def graphs(module: nn.Module, batches: list[np.ndarray]) -> tuple[GraphModule, GraphModule]:
    """Float and quantized."""
    example = (torch.zeros(1, 3, 10, 12),)
    with quiet(), torch.no_grad():
        prepared = prepare_pt2e(torch.export.export(module, example).module(), Int8Quantizer(module))
        for batch in batches:
            prepared(torch.from_numpy(batch))
        return torch.export.export(module, example).module(), convert_pt2e(prepared)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000))
def test_no_channel_has_a_mean_error_afterwards(seed: int) -> None:
    batches = images(seed)
    pixels = [torch.from_numpy(batch) for batch in batches]
    reference, graph = graphs(Depthwise(seed).eval(), batches)
    wanted, before = dict(_means(reference, pixels)), dict(_means(graph, pixels))
    added = bias_shifts(graph, reference, batches)
    correct_biases(graph, added)
    after = dict(_means(graph, pixels))
    assert wanted.keys() == after.keys() == added.keys()
    assert len(added) == 4
    errors = [max(float((wanted[name] - means[name]).abs().max()) for name in wanted) for means in (before, after)]
    assert errors[0] > 1e-4
    assert errors[1] < errors[0] / 10  # not nothing: a value on the edge of two steps may fall on either side


def test_every_operator_has_a_bias_of_its_own() -> None:
    """Two that share one are corrected apart, and one that had none gets one."""
    module = Depthwise(3).eval()
    batches = images(3)
    reference, graph = graphs(module, batches)
    correct_biases(graph, bias_shifts(graph, reference, batches))
    biases = [node.args[2] for node in graph.graph.nodes if node.target in WEIGHTED]
    assert len({bias.target for bias in biases if isinstance(bias, Node)}) == 4
    with torch.no_grad():
        lowered = torch.export.export(graph, (torch.zeros(1, 3, 10, 12),)).module()
        torch.testing.assert_close(lowered(torch.from_numpy(batches[0])), graph(torch.from_numpy(batches[0])))


@pytest.mark.parametrize("family", BY_FAMILY)
def test_a_family_has_its_recipe_because_it_was_measured(family: str) -> None:
    rows = json.loads((ROOT / "results" / "recipes.json").read_text(encoding="utf-8"))["rows"]
    measured = [row["recipes"] for row in rows if row["family"] == family and row["weights"] != RANDOM]
    assert measured
    for recipes in measured:
        assert recipes[BY_FAMILY[family]]["miou"] > recipes[DEFAULT]["miou"]


def test_weights_from_quantization_aware_training_are_not_corrected() -> None:
    plain = bundled("seaformer-tiny")["camvid11-v1"]
    assert default_recipe("SeaFormer", plain).correct_bias
    assert default_recipe("SeaFormer", None).correct_bias
    rounded = replace(plain, config={"epochs": 2, "int8": True})
    assert default_recipe("SeaFormer", rounded) == RECIPES[DEFAULT]
    assert default_recipe("TopFormer", plain) == RECIPES[DEFAULT]


values = st.lists(st.floats(-50, 50, width=32), min_size=20, max_size=300)


@settings(deadline=None)
@given(values, st.integers(0, 99))
def test_least_squares_is_no_worse_than_the_whole_range(seen: list[float], seed: int) -> None:
    observer = LeastSquaresObserver(dtype=torch.int8, quant_min=-128, quant_max=127, qscheme=torch.per_tensor_affine)
    noise = np.random.default_rng(seed).normal(0, 1, 2000)
    observer(torch.tensor([*seen, *noise], dtype=torch.float32))
    low, high = observer._non_linear_param_search()
    assert low <= 0 <= high
    assert low >= min(float(observer.min_val), 0.0) - 1e-5
    assert high <= max(float(observer.max_val), 0.0) + 1e-5
    width = (observer.max_val - observer.min_val) / observer.bins
    centres = observer.min_val + width * (torch.arange(observer.bins) + 0.5)
    ends = [torch.stack(pair) for pair in ((low, observer.min_val.clamp(max=0)), (high, observer.max_val.clamp(min=0)))]
    chosen, whole = squared_errors(centres, observer.histogram, *ends)
    assert chosen <= whole * (1 + 1e-5)


def test_squared_errors_are_those_of_quantization() -> None:
    x = torch.linspace(-3, 5, 400)
    found = squared_errors(x, torch.ones(400), torch.tensor([-2.0]), torch.tensor([4.0]))
    scale = 6.0 / 255
    wanted = torch.fake_quantize_per_tensor_affine(x, scale, round(2.0 / scale) - 128, -128, 127)
    torch.testing.assert_close(found[0], ((wanted - x) ** 2).sum(), rtol=1e-4, atol=1e-6)


def test_percentiles_leave_out_few_and_outliers() -> None:
    observer = PercentileObserver(dtype=torch.int8, quant_min=-128, quant_max=127, qscheme=torch.per_tensor_affine)
    x = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    observer(torch.cat([x, torch.tensor([-40.0, 60.0])]))
    low, high = observer._non_linear_param_search()
    share = float(((x < low) | (x > high)).float().mean())
    assert -5.5 < low < -3
    assert 3 < high < 5.5
    assert share <= 2 * LEFT_OUT


def test_every_recipe_names_an_existing_observer() -> None:
    for recipe in RECIPES.values():
        assert callable(load(recipe.observer).with_args)
        assert recipe.correct_bias == recipe.name.endswith("+bias")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"precision": "int8", "recipe": "histogramm"}, UnknownNameError, "histogram"),
        ({"recipe": "mse"}, RequestError, "--recipe with precision int8"),
    ],
)
def test_unknown_recipes_are_refused(
    options: dict[str, str], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        export_model("seaformer-tiny", "onnx", output=tmp_path / "x.onnx", **options)


@pytest.mark.slow
def test_the_manifest_names_the_recipe_that_the_file_was_made_with(tmp_path: Path) -> None:
    made = export_model(NAME, "onnx", precision="int8", size=(64, 96), recipe="mse+bias", output=tmp_path / "x.onnx")
    assert made.manifest.precision.recipe == "mse+bias"
    assert made.manifest.verification.status == "passed"
