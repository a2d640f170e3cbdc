"""The float16 graph: what it computes, and what stays float32 because float16 does not hold it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from reference_weights import fill
from thorough import thorough_but
from token_network import tokens
from torch import Tensor, nn
from torch.fx import Interpreter, Node
from zoo_cases import one_block_a_stage

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import Batch, find_images, read_batch
from mobileseg.export.quantization import half as halving
from mobileseg.export.quantization.half import GELU, LARGEST, LOGITS, half, half_of_float
from mobileseg.export.quantization.mixed import DEPTHWISE
from mobileseg.export.quantization.operators import WEIGHTED, is_depthwise, strides
from mobileseg.export.quantization.quantize import quantize
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import run_module

pytestmark = pytest.mark.slow
SIZE = (64, 96)
HEADS = [
    ("seaformer-tiny", None), ("seaformer-tiny", "mask"), ("topformer-tiny", None), ("van-b0", None), ("van-b0-light", None),
    ("van-b0-fpn", None), ("van-b0-upernet", None), ("sasa-resnet26", None), ("sasa-resnet26-seg", None), ("axial-resnet26-s", None),
    ("axial-deeplab-xs", None),
]  # fmt: skip


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    one_block_a_stage(monkeypatch)


@pytest.fixture(scope="module")
def images() -> list[Batch]:
    return [read_batch(path, *SIZE) for path in find_images(samples_folder() / "images")[::12]]


def deployed(name: str, emit: str | None = None) -> DeployedModel:
    return mobileseg.deploy(fill(mobileseg.create_model(name, num_classes=5), salt=2), *SIZE, emit=emit)


def kinds(graph: torch.fx.GraphModule, image: Batch) -> dict[torch.dtype, set[str]]:
    """The operators that give floats of each type."""
    found: dict[torch.dtype, set[str]] = {}

    class Watching(Interpreter):
        def run_node(self, n: Node) -> Any:
            out = super().run_node(n)
            if n.op == "call_function" and isinstance(out, Tensor) and out.is_floating_point():
                found.setdefault(out.dtype, set()).add(str(n.target).split(".")[1])
            return out

    with torch.no_grad():
        Watching(graph).run(torch.from_numpy(image))
    return found


@pytest.mark.parametrize(("name", "emit"), thorough_but(HEADS, HEADS[:1] + HEADS[-1:]))
def test_every_head_follows_its_deploy_model(images: list[Batch], name: str, emit: str | None) -> None:
    model = deployed(name, emit)
    graph, kept = half(model, images[:2])
    assert any(part.operator == "sub" and "mean" in part.reason for part in kept)
    for wanted, found in zip(
        run_module(model, torch.from_numpy(images[2])), run_module(graph, torch.from_numpy(images[2])), strict=True
    ):
        assert found.dtype == wanted.dtype
        assert found.shape == wanted.shape
        if emit == "mask":
            assert (wanted == found).mean() > 0.99
        else:
            assert 10 * np.log10((wanted**2).sum() / ((wanted - found) ** 2).sum()) > 40


def test_nothing_else_is_float32(images: list[Batch]) -> None:
    graph, kept = half(deployed("van-b0-light"), images[:1])
    found = kinds(graph, images[0])
    assert found[torch.float32] == {"sub", "to"}  # the mean, and the way out
    assert {"conv2d", "sigmoid", "mul", "add"} <= found[torch.float16]
    assert "gelu" not in found[torch.float16]
    assert [(part.operator, part.count) for part in kept] == [("sub", 1)]


def test_numbers_too_large_stay_float32(images: list[Batch]) -> None:
    model = deployed("seaformer-tiny")
    factor = 1e7
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    with torch.no_grad():  # one layer makes the numbers larger, the next one smaller again
        layers[0].weight *= factor
        assert layers[0].bias is not None
        layers[0].bias *= factor
    graph, kept = half(model, images[:2])
    large = [part for part in kept if part.reason == halving.TOO_LARGE]
    assert large and {part.operator for part in large} >= {"conv2d"}
    assert all(np.isfinite(output).all() for output in run_module(graph, torch.from_numpy(images[2])))


def test_the_bound_leaves_room_for_brighter_images(images: list[Batch]) -> None:
    assert torch.finfo(torch.float16).max == pytest.approx(4 * LARGEST)


def test_hidden_logits_are_numbers_that_hide(images: list[Batch]) -> None:
    """Attention in windows, whose mask would be infinite."""
    graph, kept = half(deployed("sasa-resnet26"), images[:1])
    assert {"softmax", "bmm", "linear"} <= kinds(graph, images[0])[torch.float16]
    assert not [part for part in kept if part.operator != "sub" and part.reason == halving.TOO_LARGE]
    for _, buffer in graph.named_buffers():
        assert not buffer.is_floating_point() or buffer.isfinite().all()


def test_sharp_logits_stay_float32(images: list[Batch]) -> None:
    model = deployed("seaformer-tiny")
    plain = {part.reason for part in half(model, images[:1])[1]}
    assert halving.SHARP not in plain
    attention = [module for name, module in model.named_modules() if name.endswith("qkv")]
    with torch.no_grad():
        for module in attention:
            for parameter in module.parameters():
                parameter.mul_(30)
    graph, kept = half(model, images[:1])
    sharp = [part for part in kept if part.reason == halving.SHARP]
    assert {"softmax", "bmm"} <= {part.operator for part in sharp}
    assert f"{LOGITS:g}" in halving.SHARP
    assert torch.float16 in kinds(graph, images[0])


def quantized(factor: float, images: list[Batch]) -> torch.fx.GraphModule:
    return quantize(tokens(*SIZE, factor), images)[0]


def test_what_int8_leaves_float_becomes_float16_and_nothing_else(images: list[Batch]) -> None:
    graph = quantized(0.01, images)
    before = [node.format_node() for node in graph.graph.nodes]
    halved, kept = half_of_float(graph, images)
    assert [node.format_node() for node in graph.graph.nodes] == before
    found = kinds(halved, images[0])
    assert {"bmm", "softmax"} <= found[torch.float16]
    assert found[torch.float16] <= {"bmm", "softmax", "dequantize_per_tensor", "view", "permute"}
    assert {"sub", "conv2d", "mul"} <= found[torch.float32]
    assert not kept
    weighted = [node for node in halved.graph.nodes if node.target in WEIGHTED]
    assert all("dequantize" in node.args[0].name and "out_dtype" not in node.args[0].kwargs for node in weighted)
    wanted, seen = (run_module(module, torch.from_numpy(images[1]))[0] for module in (graph, halved))
    assert 10 * np.log10((wanted**2).sum() / ((wanted - seen) ** 2).sum()) > 30


@pytest.mark.parametrize(("factor", "reason"), [(1.0, halving.SHARP), (1000.0, halving.TOO_LARGE)])
def test_what_float16_does_not_hold_stays_float32_in_int8_files(
    images: list[Batch], factor: float, reason: str
) -> None:
    graph = quantized(factor, images)
    halved, kept = half_of_float(graph, images)
    assert {part.reason for part in kept} == {f"float32, not float16: {reason}"}
    assert "softmax" in {part.operator for part in kept} or reason == halving.TOO_LARGE
    assert "bmm" in kinds(halved, images[0])[torch.float16]  # that of the weights and the values
    assert np.isfinite(run_module(halved, torch.from_numpy(images[2]))[0]).all()


def test_depthwise_convolutions_of_stride_1_are_float16(images: list[Batch]) -> None:
    graph, kept = quantize(tokens(*SIZE), images, precision="int8-float16")
    assert [(part.operator, part.count) for part in kept if part.reason == DEPTHWISE] == [("conv2d", 1)]
    halved, _ = half_of_float(graph, images)
    depthwise = [node for node in halved.graph.nodes if is_depthwise(node)]
    assert [(strides(node), node.meta["val"].dtype) for node in depthwise] == [
        ((1, 1), torch.float16), ((2, 2), torch.float32),
    ]  # fmt: skip
    int8, _ = quantize(tokens(*SIZE), images)
    assert {node.meta["val"].dtype for node in half_of_float(int8, images)[0].graph.nodes if is_depthwise(node)} == {
        torch.float32
    }


def test_gelu_within_what_its_docstring_says() -> None:
    x = torch.linspace(-300, 300, 2_000_001, dtype=torch.float64)
    a, b = GELU
    found = x * torch.sigmoid(x * (a + b * x * x))
    assert (found - nn.functional.gelu(x)).abs().max() < 2.8e-4
    near = x[x.abs() < 12].half()
    computed = near * torch.sigmoid(near * (a + b * (near * near)))
    assert computed.isfinite().all()
    assert (
        computed.double() - nn.functional.gelu(near.double())
    ).abs().max() < 8e-3  # a step of float16 between 8 and 16
