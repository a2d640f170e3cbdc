"""Dynamic quantization: one operator for the graph's four, and the same result in ONNX Runtime."""

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.export.backends.onnx.ranges import EPS, TRANSLATIONS, dynamic_rounding, with_dynamic_roundings
from mobileseg.export.quantization.operators import operator_name
from mobileseg.export.quantization.weight_only import DynamicQuantizer

numbers = st.lists(st.floats(-1e4, 1e4, width=32), min_size=4, max_size=4)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.linear = nn.Conv2d(2, 4, 1), nn.Linear(3, 5)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear(self.conv(x).mean((3,)))
        return out


@pytest.fixture(scope="module")
def graph() -> GraphModule:
    net, x = Net().eval(), torch.randn(1, 2, 3, 3)
    prepared = prepare_pt2e(torch.export.export(net, (x,)).module(), DynamicQuantizer(net))
    prepared(x)
    made: GraphModule = convert_pt2e(prepared)
    return made


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    class Rounding(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = torch.ops.mobileseg.dynamic_rounding(x)
            return out

    made = torch.onnx.export(
        Rounding().eval(),
        (torch.zeros(4),),
        dynamo=True,
        opset_version=18,
        custom_translation_table=TRANSLATIONS,
        verbose=False,
    )
    assert made is not None
    assert {node.op_type for node in made.model_proto.graph.node} == {"DynamicQuantizeLinear", "DequantizeLinear"}
    return onnxruntime.InferenceSession(made.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])


@given(numbers)
@example([0.0, 0.0, 0.0, 0.0])
@example([5.0, 5.0, 5.0, 5.0])
@example([-5.0, -4.0, -3.0, -2.0])
def test_values_move_by_half_a_step_and_zero_stays(values: list[float]) -> None:
    rounded = dynamic_rounding(torch.tensor([*values, 0.0]))
    step = max((max(*values, 0.0) - min(*values, 0.0)) / 255, EPS)
    assert float((rounded - torch.tensor([*values, 0.0])).abs().max()) <= step * (0.5 + 1e-3)
    assert rounded[-1] == 0


@settings(deadline=None)
@given(numbers)
@example([0.0, 0.0, 0.0, 0.0])
@example([5.0, 5.0, 5.0, 5.0])
def test_onnx_runtime_rounds_to_the_same_steps(session: onnxruntime.InferenceSession, values: list[float]) -> None:
    x = np.array(values, np.float32)
    (found,) = session.run(None, {session.get_inputs()[0].name: x})
    step = max((max(*values, 0.0) - min(*values, 0.0)) / 255, EPS)
    difference = np.abs(found - dynamic_rounding(torch.from_numpy(x)).numpy())
    assert difference.max() <= step * 1.001  # a tie may fall to the other side: scales differ in their last bit
    np.testing.assert_allclose(found, x, atol=step * (0.5 + 1e-2))


def test_the_rewritten_graph_computes_the_same(graph: GraphModule) -> None:
    merged = with_dynamic_roundings(graph)
    assert isinstance(merged, GraphModule)
    names = [operator_name(node) for node in merged.graph.nodes if isinstance(node.target, torch._ops.OpOverload)]
    assert names.count("dynamic_rounding") == 2
    assert "choose_qparams" not in names
    assert any("choose_qparams" in str(node.target) for node in graph.graph.nodes)  # what was given is as it was
    x = torch.randn(1, 2, 3, 3) * 7
    assert torch.equal(merged(x), graph(x))


def test_a_module_that_is_not_a_graph_is_returned_unchanged() -> None:
    module = Net()
    assert with_dynamic_roundings(module) is module
