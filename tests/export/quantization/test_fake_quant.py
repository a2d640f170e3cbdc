"""The fake-quantized graph equals the quantizer's graph for the same choice of layers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import thorough_but

import mobileseg
from mobileseg.data.images import Batch
from mobileseg.export.quantization.fake_quant import FakeQuantGraph, Rounding
from mobileseg.export.quantization.quantize import fake_quantized, quantize
from mobileseg.export.quantization.quantizer import WEIGHT_EPS
from mobileseg.export.quantization.recipes import RECIPES
from mobileseg.models.deploy import DeployedModel

SIZE = (64, 96)
GROUPS = ("network.backbone.smb1", "network.backbone.trans1", "network.head", "network.head.classify")


@pytest.fixture(scope="module")
def deployed() -> DeployedModel:
    return mobileseg.deploy(mobileseg.create_model("seaformer-tiny", weights="street"), *SIZE)


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    random = np.random.default_rng(0)
    return [random.uniform(0, 255, (1, 3, *SIZE)).astype(np.float32) for _ in range(3)]


@pytest.fixture(scope="module")
def graph(deployed: DeployedModel, batches: list[Batch]) -> FakeQuantGraph:
    return fake_quantized(deployed, batches)


def run(module: torch.nn.Module, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = module(torch.from_numpy(batch))
        return found


def test_with_all_layers_float_it_is_the_deploy_model(
    deployed: DeployedModel, graph: FakeQuantGraph, batches: list[Batch]
) -> None:
    graph.quantize_only(())
    assert torch.equal(run(graph.module, batches[0]), run(deployed, batches[0]))


@pytest.mark.parametrize("groups", thorough_but(["none", *GROUPS, "two"], ["none", "two"]))
def test_it_equals_the_graph_quantized_with_the_same_layers_float(
    deployed: DeployedModel, graph: FakeQuantGraph, batches: list[Batch], groups: str
) -> None:
    kept = {"none": (), "two": GROUPS[:2]}.get(groups, (groups,))
    wanted, floats = quantize(deployed, batches, kept)
    assert 1 - sum(part.multiply_adds or 0.0 for part in floats) == pytest.approx(graph.int8_share(kept))
    graph.keep_float(kept)
    assert torch.equal(run(graph.module, batches[0]), run(wanted, batches[0]))
    requested = sum(part.count for part in floats if part.reason == "kept float on request")
    assert requested == sum(graph.layers[key].operators for key in graph.below(kept))


@pytest.mark.parametrize("kept", [GROUPS[:2]])
def test_with_corrected_biases_it_equals_that_graph_too(
    deployed: DeployedModel, batches: list[Batch], kept: tuple[str, ...]
) -> None:
    recipe = RECIPES["histogram+bias"]
    wanted, _ = quantize(deployed, batches, kept, recipe=recipe)
    found = fake_quantized(deployed, batches, recipe, kept)
    assert len(found.shifts) > 40
    found.keep_float(kept)
    assert torch.equal(run(found.module, batches[0]), run(wanted, batches[0]))
    found.quantize_only(())
    assert torch.equal(run(found.module, batches[0]), run(deployed, batches[0]))


def test_layers_know_their_names_and_their_share(graph: FakeQuantGraph) -> None:
    assert "network.head.classify" in graph.layers
    assert any(key.endswith("/add") for key in graph.layers)
    assert graph.below(["network.head"]) == {key for key in graph.layers if key.startswith("network.head.")}
    assert graph.int8_share(["network"]) == 0.0
    assert 0.9 < graph.int8_share() < 1.0  # the attention's products are float
    parts = [layer.multiply_adds for layer in graph.layers.values()]
    assert sum(parts) == pytest.approx(graph.int8_share() * graph.multiply_adds)


@given(st.lists(st.floats(-50, 50, width=32), min_size=4, max_size=40), st.integers(0, 1))
@settings(deadline=None)
def test_a_live_weight_scale_is_that_of_its_observer(values: list[float], axis: int) -> None:
    weight = torch.tensor(values[: len(values) // 4 * 4]).reshape(4, -1)
    rounding = Rounding(torch.ones(weight.shape[axis]), torch.zeros(weight.shape[axis]).int(), -127, 127, axis)
    largest = weight.abs().amax(1 - axis)
    assert torch.allclose(rounding.symmetric_scale(weight), (largest / 127).clamp(min=WEIGHT_EPS))
    rounding.live = True
    step = rounding.symmetric_scale(weight).unsqueeze(1 - axis)
    assert ((rounding(weight) - weight).abs() <= step / 2 * (1 + 1e-5)).all()


def test_gradients_pass_straight_through() -> None:
    rounding = Rounding(torch.tensor(0.1), torch.tensor(0, dtype=torch.int32), -128, 127, None)
    x = torch.tensor([0.04, 1.0, 100.0], requires_grad=True)
    rounding(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0, 0.0]  # beyond the range there is nothing to learn from
