"""Many pictures in one graph: each gives what it gives alone."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from street_net import NAME
from thorough import thorough_but
from torch import Tensor, nn
from torch.fx import GraphModule

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images, read_batch
from mobileseg.errors import GateError, RequestError
from mobileseg.export import export_model, open_artifact
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.onnx.batch import batched
from mobileseg.export.backends.onnx.check import check
from mobileseg.export.backends.onnx.runtime import OnnxRuntime
from mobileseg.export.form import Form
from mobileseg.export.quantization.quantize import float_graph, quantize
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import run_module

pytestmark = pytest.mark.slow
CASES = [
    ("seaformer-tiny", None), ("seaformer-tiny", "mask"), ("topformer-tiny", None), ("van-b0", None), ("van-b0-light", None),
    ("van-b0-fpn", None), ("van-b0-upernet", None), ("sasa-resnet26", None), ("sasa-resnet26-seg", "mask"),
    ("axial-resnet26-s", None), ("axial-deeplab-xs", None), ("axial-deeplab-xs", "mask"),
]  # fmt: skip


def _deployed(name: str, emit: str | None) -> tuple[DeployedModel, Tensor]:
    trained = name == "seaformer-tiny"
    model = mobileseg.create_model(name, weights="street" if trained else "random", num_classes=None if trained else 5)
    with torch.no_grad():  # heads that begin with zeros would give the same for every picture
        for parameter in model.parameters():
            if not parameter.any():
                parameter.uniform_(-0.5, 0.5)
    deployed = mobileseg.deploy(model, 64, 96, emit=emit)
    pictures = find_images(samples_folder() / "images")[:3]
    return deployed, torch.from_numpy(np.concatenate([read_batch(path, 64, 96) for path in pictures]))


def _alone(module: nn.Module, pictures: Tensor) -> list[np.ndarray]:
    return [np.concatenate(parts) for parts in zip(*(run_module(module, one[None]) for one in pictures), strict=True)]


@pytest.mark.parametrize(("name", "emit"), thorough_but(CASES, CASES[:2] + CASES[-2:]))
def test_every_network_takes_a_batch(name: str, emit: str | None) -> None:
    deployed, pictures = _deployed(name, emit)
    found = run_module(batched(float_graph(deployed), pictures[:1]), pictures)
    for wanted, given in zip(_alone(deployed, pictures), found, strict=True):
        assert wanted.shape == given.shape
        if wanted.dtype == np.float32 or name == "seaformer-tiny":  # untrained networks see one class everywhere
            assert np.abs(wanted[0] - wanted[1]).max() > 0
        np.testing.assert_allclose(given, wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(
    "name", thorough_but(["seaformer-tiny", "sasa-resnet26", "axial-resnet26-s"], ["seaformer-tiny"])
)
def test_a_quantized_graph_takes_a_batch(name: str) -> None:
    deployed, pictures = _deployed(name, None)
    graph, _ = quantize(deployed, [pictures[:1].numpy()])
    (wanted,), (found,) = _alone(graph, pictures), run_module(batched(graph, pictures[:1]), pictures)
    assert np.abs(found - wanted).max() <= 0.05 * np.abs(wanted).max()  # a step may turn over


OPERATORS = [
    nn.Hardswish(), nn.Hardsigmoid(), nn.LeakyReLU(0.2), nn.ELU(), nn.Tanh(), nn.ConvTranspose2d(8, 4, 2, 2), nn.AdaptiveAvgPool2d(2),
    nn.PixelShuffle(2), nn.Upsample(scale_factor=2.0), nn.Upsample(scale_factor=2.0, mode="bilinear"),
]  # fmt: skip


@pytest.mark.parametrize("module", OPERATORS, ids=lambda module: type(module).__name__)
@torch.no_grad()
def test_operators_of_other_networks_take_a_batch(module: nn.Module) -> None:
    pictures = torch.randn(3, 8, 6, 10)
    graph = torch.export.export(module.eval(), (pictures[:1],)).module()
    assert isinstance(graph, GraphModule)
    (wanted,), (found,) = _alone(module, pictures), run_module(batched(graph, pictures[:1]), pictures)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_an_operator_without_a_rule_is_named() -> None:
    class Strange(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cumsum(x, 1)

    example = torch.zeros(1, 3, 4, 4)
    graph = torch.export.export(Strange(), (example,)).module()
    assert isinstance(graph, GraphModule)
    with pytest.raises(RequestError, match="cumsum"):
        batched(graph, example)


def test_an_int8_file_of_any_number_of_pictures(tmp_path: Path) -> None:
    path = tmp_path / "any.onnx"
    made = export_model(
        NAME,
        "onnx",
        size=(64, 96),
        output=path,
        precision="int8",
        batch="dynamic",
        opset=17,
        symmetric=True,
    )
    assert (made.manifest.input.batch, made.manifest.input.shape) == ("dynamic", (1, 3, 64, 96))
    assert any("every zero point is 0" in line for line in made.manifest.verification.checks)
    _check_file(path, opset=17, ir_version=8)


def test_a_file_of_three_pictures(tmp_path: Path) -> None:
    """And what one whose pictures change each other would be told: here each gets its neighbour's outputs."""
    path = tmp_path / "three.onnx"
    made = export_model(NAME, "onnx", size=(64, 96), output=path, batch=3, opset=25)
    assert any("3 different pictures at once" in line for line in made.manifest.verification.checks)
    _check_file(path, opset=25, ir_version=13)
    deployed = mobileseg.deploy(mobileseg.create_model(NAME), 64, 96)
    lowering = Lowering(deployed, deployed, "float32", path.name, form=Form(batch=3, opset=25))
    assert len(check(path, lowering)) == 2
    model = onnx.load(path)
    (output,) = model.graph.output
    last = next(node for node in model.graph.node if output.name in node.output)
    last.output[list(last.output).index(output.name)] = "straight"
    model.graph.initializer.append(onnx.helper.make_tensor("order", onnx.TensorProto.INT64, [3], [1, 2, 0]))
    model.graph.node.append(onnx.helper.make_node("Gather", ["straight", "order"], [output.name], axis=0))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(GateError, match="alone"):
        check(path, lowering)


def _check_file(path: Path, opset: int, ir_version: int) -> None:
    model = onnx.load(path)
    assert (model.opset_import[0].version, model.ir_version) == (opset, ir_version)
    pictures = np.random.default_rng(0).uniform(0, 255, (3, 3, 64, 96)).astype(np.float32)
    (found,) = OnnxRuntime(path).run(pictures)
    assert found.shape == (3, 11, 16, 24)
    one = open_artifact(path)  # what runs one picture runs it with this file, too
    for number in range(3):
        alone = one.run(pictures[number : number + 1])
        assert isinstance(alone, np.ndarray)
        np.testing.assert_allclose(alone[0], found[number], atol=0.05 * np.abs(found).max())
