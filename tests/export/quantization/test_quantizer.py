from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.errors import RequestError
from mobileseg.export.manifest import FloatPart
from mobileseg.export.quantization.quantizer import FLOAT_REASONS, REQUESTED, Int8Quantizer

QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default
PER_CHANNEL = torch.ops.quantized_decomposed.dequantize_per_channel.default


class FloatAttention(nn.Module):
    keep_float: ClassVar[str] = "its products have no int8 kernel"

    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat((x[0, :2], x[0, 2:]))
        return torch.bmm(joined + 1.0, joined).unsqueeze(0)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.attention = FloatAttention()

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu6(self.first(x - 100.0) * 1.0)
        y = self.second(x)[:, 2:]
        return y + F.interpolate(self.attention(y), scale_factor=1.0, mode="bilinear")


def quantized(quantizer: Int8Quantizer, module: nn.Module) -> GraphModule:
    torch.manual_seed(0)
    x = torch.rand(1, 3, 8, 8) * 255
    with torch.no_grad():
        prepared = prepare_pt2e(torch.export.export(module, (x,)).module(), quantizer)
        prepared(x)
        return convert_pt2e(prepared)


def test_what_stays_float_is_counted_with_its_reason() -> None:
    net = Net().eval()
    quantizer = Int8Quantizer(net)
    quantized(quantizer, net)
    found = {(part.operator, part.count) for part in quantizer.kept_float}
    assert found == {("sub", 1), ("bmm", 1), ("add", 1), ("cat", 1), ("upsample_bilinear2d", 1)}
    reasons = {part.operator: part.reason for part in quantizer.kept_float}
    assert reasons["upsample_bilinear2d"] == FLOAT_REASONS[torch.ops.aten.upsample_bilinear2d.vec]
    assert {reasons[operator] for operator in ("bmm", "add", "cat")} == {FloatAttention.keep_float}


class Renamed(FloatAttention):
    """A subclass under another name, as after a refactoring."""


def test_a_renamed_or_derived_float_module_stays_float() -> None:
    def floats(attention: nn.Module) -> tuple[FloatPart, ...]:
        net = Net().eval()
        net.attention = attention
        quantizer = Int8Quantizer(net)
        quantizer.annotate(torch.export.export(net, (torch.zeros(1, 3, 8, 8),)).module())
        return quantizer.kept_float

    anonymous = type("X", (FloatAttention,), {})()  # a class that no import finds
    assert floats(Renamed()) == floats(anonymous) == floats(FloatAttention())
    assert Renamed.keep_float in {part.reason for part in floats(Renamed())}


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = FloatAttention()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.attention(self.attention(x))
        return out


@pytest.mark.parametrize("strict", [False, True])
def test_every_call_of_a_float_module_stays_float(strict: bool) -> None:
    net = Twice().eval()
    program = torch.export.export(net, (torch.zeros(1, 4, 8, 8),), strict=strict)
    again = torch.export.export(program.module(), (torch.zeros(1, 4, 8, 8),), strict=strict)
    for graph in (program.module(), again.module()):
        quantizer = Int8Quantizer(net)
        quantizer.annotate(graph)
        found = {part.operator: part for part in quantizer.kept_float}
        assert {name: part.count for name, part in found.items()} == {"bmm": 2, "add": 2, "cat": 2}
        assert {part.reason for part in found.values()} == {FloatAttention.keep_float}


def test_a_model_can_be_float_as_a_whole() -> None:
    quantizer = Int8Quantizer(FloatAttention())
    quantizer.annotate(torch.export.export(FloatAttention(), (torch.zeros(1, 4, 8, 8),)).module())
    assert {part.reason for part in quantizer.kept_float} == {FloatAttention.keep_float}


@pytest.mark.parametrize("value", [True, ""])
def test_a_float_module_must_say_why(value: object) -> None:
    net = Net()
    net.attention = type("Unexplained", (FloatAttention,), {"keep_float": value})()
    with pytest.raises(RequestError, match=r"Unexplained.keep_float to be the reason"):
        Int8Quantizer(net)


def test_the_graph_of_another_model_is_refused() -> None:
    graph = torch.export.export(Net().eval(), (torch.zeros(1, 3, 8, 8),)).module()
    with pytest.raises(ValueError, match="graph of the quantizer's model"):
        Int8Quantizer(Clamped()).annotate(graph)


def test_a_requested_layer_stays_float() -> None:
    net = Net().eval()
    quantizer = Int8Quantizer(net, keep_float=lambda path: path.endswith("second"))
    graph = quantized(quantizer, net)
    assert REQUESTED in {part.reason for part in quantizer.kept_float}
    assert sum(node.target is PER_CHANNEL for node in graph.graph.nodes) == 1


class Clamped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(self.conv(x))


def test_the_range_is_observed_after_the_clamp() -> None:
    net = Clamped().eval()
    graph = quantized(Int8Quantizer(net), net)
    steps = [node for node in graph.graph.nodes if node.target is QUANTIZE]
    assert len(steps) == 2  # the input and the clamped output: nothing between convolution and clamp
    scale = float(steps[-1].args[1])
    assert scale * 255 <= 6.001


def test_quantization_is_deterministic() -> None:
    net = Net().eval()
    first, again = (quantized(Int8Quantizer(net), net).code for _ in range(2))
    assert first == again


def test_sharing_scales_across_a_concatenation_and_a_slice() -> None:
    class Joined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = (nn.Conv2d(3, 4, 1) for _ in range(3))

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.c(torch.cat((self.a(x), self.b(x * 9.0)), 1)[:, 1:4])
            return out

    net = Joined().eval()
    graph = quantized(Int8Quantizer(net), net)
    cat = next(node for node in graph.graph.nodes if node.target is torch.ops.aten.cat.default)
    scales = {(source.args[1], source.args[2]) for source in cat.args[0]}
    (after,) = cat.users
    assert scales == {(after.args[1], after.args[2])}
