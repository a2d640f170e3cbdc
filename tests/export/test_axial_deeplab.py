from pathlib import Path

import pytest
import torch
from reference_weights import fill
from torch import nn
from zoo_cases import by_name, pixels

from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.executorch.lower import lower
from mobileseg.export.backends.executorch.runtime import ExecutorchRuntime
from mobileseg.export.quantization.quantize import quantize
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.axial.model import AxialDeepLabBackbone, PanopticSegmenter
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.factory import deploy
from mobileseg.models.registry import MODELS

pytestmark = pytest.mark.thorough  # test_zoo.py has the smallest of the family
SPEC, SIZE = MODELS["axial-deeplab-s"], (49, 64)


@pytest.fixture(scope="module")
def shallow() -> nn.Module:
    """Axial-DeepLab-S with one block a stage: lowering takes its time by the operator."""
    backbone = AxialDeepLabBackbone(0.5, blocks=(1, 1, 1, 1))
    model = fill(PanopticSegmenter(backbone, backbone.channels, 5), salt=6).eval()
    model.mobileseg_spec, model.mobileseg_classes = SPEC, 5  # type: ignore[assignment]  # plain attributes
    return model


def export(deployed: DeployedModel, precision: str, folder: Path) -> tuple[nn.Module, list[torch.Tensor]]:
    """Lower, ask for one delegate and nothing else, run the file: what was lowered, and the file's outputs."""
    images = [pixels(SPEC, *SIZE, seed)[0] for seed in range(3)]
    module: nn.Module = deployed
    if precision == "int8":
        module, _ = quantize(deployed, [image.numpy() for image in images])
    lowered = lower(Lowering(module, deployed, precision, "model.pte"), folder)
    assert lowered.delegation is not None
    assert (lowered.delegation.partitions, lowered.delegation.operators_outside) == (1, 0)
    return module, ExecutorchRuntime(lowered.path)._module.forward([images[0]])


def test_three_int8_maps_from_one_delegate(shallow: nn.Module, tmp_path: Path) -> None:
    module, found = export(deploy(shallow, *SIZE), "int8", tmp_path)
    image, normalised = pixels(SPEC, *SIZE, 0)
    with torch.no_grad():
        wanted, graph = by_name(shallow(normalised)), by_name(module(image))
    for (name, reference), lowered, output in zip(wanted.items(), graph.values(), found, strict=True):
        file, itself = Agreement(1), Agreement(1)
        file.add_logits(lowered.numpy(), output.numpy())
        itself.add_logits(reference.numpy(), lowered.numpy())
        assert (file.sqnr_db or 0) >= 20, name
        assert (itself.sqnr_db or 0) >= 15, name


def test_the_semantic_branch_alone(shallow: nn.Module, tmp_path: Path) -> None:
    _, (found,) = export(deploy(shallow, *SIZE, emit="logits"), "float32", tmp_path)
    with torch.no_grad():
        wanted = shallow(pixels(SPEC, *SIZE, 0)[1])["semantic"]
    assert (found - wanted).abs().max() <= 1e-4 * wanted.std()
