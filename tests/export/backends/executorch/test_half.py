"""float16 files: one delegate with conversions inside, weights in half, and numbers that follow the network's."""

from pathlib import Path

import numpy as np
import pytest
import torch
from executorch.devtools import Inspector
from executorch.extension.pybindings import _C
from reference_weights import fill
from token_network import tokens
from zoo_cases import one_block_a_stage

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images, read_batch
from mobileseg.export import export_model, open_artifact
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.executorch.half import as_float, as_half, written_in_half
from mobileseg.export.backends.executorch.lower import lower
from mobileseg.export.backends.executorch.runtime import ExecutorchRuntime
from mobileseg.export.quantization.half import half_of_float
from mobileseg.export.quantization.quantize import quantize
from mobileseg.models.reference import run_module

pytestmark = pytest.mark.slow
SIZE = (64, 96)


@pytest.mark.thorough
def test_one_delegate_holds_conversions_and_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a panoptic network, with several outputs; one of each family is in tests/export/test_zoo.py."""
    one_block_a_stage(monkeypatch)
    name = "axial-deeplab-xs"
    torch.save(fill(mobileseg.create_model(name, num_classes=11), salt=5).state_dict(), tmp_path / "w.pth")
    path = tmp_path / "a.pte"
    made = export_model(
        name, "executorch", precision="float16", size=SIZE, weights=tmp_path / "w.pth", output=path
    ).manifest
    assert made.delegation is not None
    assert (made.delegation.partitions, made.delegation.operators_outside) == (1, 0)
    assert made.calibration is not None and made.precision.recipe is None
    assert any("mean" in part.reason for part in made.precision.kept_float)
    assert made.artifact.size_bytes < 2.5 * made.model.parameters + 300_000  # two bytes each, and what the graph takes
    outputs = open_artifact(path).run(find_images(samples_folder() / "images")[0])
    assert isinstance(outputs, dict)
    assert {str(output.dtype) for output in outputs.values()} == {"float32"}


def test_one_delegate_holds_int8_and_float16(tmp_path: Path) -> None:
    images = [read_batch(path, *SIZE) for path in find_images(samples_folder() / "images")[::12]]
    deployed = tokens(*SIZE)
    graph, _ = quantize(deployed, images, precision="int8-float16")
    halved, _ = half_of_float(graph, images)
    lowered = lower(Lowering(halved, deployed, "int8-float16", "a.pte"), tmp_path)
    assert lowered.delegation is not None
    assert (lowered.delegation.partitions, lowered.delegation.operators_outside) == (1, 0)
    (wanted,), (found,) = run_module(graph, torch.from_numpy(images[0])), ExecutorchRuntime(lowered.path).run(images[0])
    assert 10 * np.log10((wanted**2).sum() / ((wanted - found) ** 2).sum()) > 25
    module = _C._load_for_executorch(str(lowered.path), enable_etdump=True)
    module.forward((torch.from_numpy(images[0]),))
    module.write_etdump_result_to_file(str(tmp_path / "a.etdump"))
    blocks = Inspector(etdump_path=str(tmp_path / "a.etdump")).event_blocks
    kernels = {event.name.partition(" #")[0] for block in blocks for event in block.events}
    # of stride 1, right behind the first convolution, and of stride 2
    assert {"Convolution (NHWC, F16) DWConv", "Convolution (NHWC, QC8) DWConv"} <= kernels
    assert not [name for name in kernels if name.startswith("Convolution (NHWC, F32)")]


def test_conversions_are_what_they_say() -> None:
    x = torch.tensor([1.0, 1.0002441, 70000.0])
    assert as_half(x).tolist() == [1.0, 1.0, float("inf")]
    assert as_float(as_half(x)).dtype == torch.float32


def test_executorchs_table_is_left_as_it_was() -> None:
    from executorch.backends.xnnpack.operators import node_visitor

    before = dict(node_visitor._node_visitor_dict)
    with written_in_half():
        assert node_visitor._node_visitor_dict != before
    assert node_visitor._node_visitor_dict == before
