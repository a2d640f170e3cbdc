"""Where the pixels of an int8 file become channels-last: before they are rounded, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from executorch.devtools import Inspector
from executorch.extension.pybindings import _C
from thorough import thorough_but
from torch.fx import GraphModule

import mobileseg
from mobileseg.data.fit import Fit
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.executorch.lower import lower
from mobileseg.export.backends.executorch.pixels import transpose_before_rounding
from mobileseg.export.quantization.calibration import read_calibration
from mobileseg.export.quantization.quantize import float_graph, quantize
from mobileseg.models.deploy import DeployedModel

pytestmark = pytest.mark.slow
SIZES = {
    "seaformer-tiny": (64, 96),
    "van-b0-light": (64, 64),
    "sasa-resnet26-seg": (64, 64),
    "axial-deeplab-xs": (65, 65),
}


@pytest.fixture(scope="module", params=thorough_but(SIZES, ["seaformer-tiny"]))
def int8(request: pytest.FixtureRequest) -> tuple[DeployedModel, GraphModule, torch.Tensor]:
    size = SIZES[request.param]
    deployed = mobileseg.deploy(mobileseg.create_model(request.param), *size)
    batches = read_calibration(None).batches(Fit(size))[:2]
    graph, _ = quantize(deployed, batches)
    return deployed, graph, torch.from_numpy(batches[0])


def outputs(graph: GraphModule, x: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad():
        found = graph(x)
    return list(found.values()) if isinstance(found, dict) else [found]


def test_numbers_and_layouts_of_outputs_stay(int8: tuple[DeployedModel, GraphModule, torch.Tensor]) -> None:
    _, graph, x = int8
    rewritten = torch.export.export(graph, (x,)).module()
    assert isinstance(rewritten, GraphModule)
    assert transpose_before_rounding(rewritten)
    for found, wanted in zip(outputs(rewritten, x), outputs(graph, x), strict=True):
        assert torch.equal(found, wanted)
        assert found.stride() == wanted.stride()


@pytest.mark.thorough
@pytest.mark.parametrize("int8", ["seaformer-tiny"], indirect=True)  # test_zoo.py lowers the others
def test_the_file_transposes_float_pixels(
    int8: tuple[DeployedModel, GraphModule, torch.Tensor], tmp_path: Path
) -> None:
    deployed, graph, x = int8
    lowered = lower(Lowering(graph, deployed, "int8", "a.pte"), tmp_path)
    assert lowered.delegation is not None
    assert (lowered.delegation.partitions, lowered.delegation.operators_outside) == (1, 0)
    module = _C._load_for_executorch(str(lowered.path), enable_etdump=True)
    module.forward((x,))
    module.write_etdump_result_to_file(str(tmp_path / "a.etdump"))
    events = [
        event.name for block in Inspector(etdump_path=str(tmp_path / "a.etdump")).event_blocks for event in block.events
    ]
    kernels = [name.partition(" #")[0] for name in events if "#" in name]
    first = kernels.index("Subtract (ND)")
    assert kernels[first : first + 4] == [
        "Subtract (ND)",
        "Transpose (ND, X32)",
        "Convert (NC)",
        "Convolution (NHWC, QC8) IGEMM",
    ]


def test_a_float_graph_stays_as_it_is() -> None:
    graph = float_graph(mobileseg.deploy(mobileseg.create_model("seaformer-tiny"), 64, 64))
    before = graph.code
    assert not transpose_before_rounding(graph)
    assert graph.code == before
