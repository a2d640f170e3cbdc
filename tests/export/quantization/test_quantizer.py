import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.export.quantization.quantizer import FLOAT_REASONS, REQUESTED, Int8Quantizer

QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default
PER_CHANNEL = torch.ops.quantized_decomposed.dequantize_per_channel.default


class TokenAttention(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat((x[0, :2], x[0, 2:]))
        return torch.bmm(joined + 1.0, joined).unsqueeze(0)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.attention = TokenAttention()

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu6(self.first(x - 100.0) * 1.0)
        y = self.second(x)[:, 2:]
        return y + F.interpolate(self.attention(y), scale_factor=1.0, mode="bilinear")


def quantized(quantizer: Int8Quantizer, module: nn.Module | None = None) -> GraphModule:
    torch.manual_seed(0)
    module, x = module or Net().eval(), torch.rand(1, 3, 8, 8) * 255
    with torch.no_grad():
        prepared = prepare_pt2e(torch.export.export(module, (x,)).module(), quantizer)
        prepared(x)
        return convert_pt2e(prepared)


def test_what_stays_float_is_counted_with_its_reason() -> None:
    quantizer = Int8Quantizer()
    quantized(quantizer)
    found = {(part.operator, part.count) for part in quantizer.kept_float}
    assert found == {("sub", 1), ("bmm", 1), ("add", 1), ("cat", 1), ("upsample_bilinear2d", 1)}
    reasons = {part.operator: part.reason for part in quantizer.kept_float}
    assert reasons["upsample_bilinear2d"] == FLOAT_REASONS[torch.ops.aten.upsample_bilinear2d.vec]


def test_modules_can_be_asked_to_stay_float() -> None:
    quantizer = Int8Quantizer(keep_float=lambda path: path.endswith("second"))
    graph = quantized(quantizer)
    assert REQUESTED in {part.reason for part in quantizer.kept_float}
    assert sum(node.target is PER_CHANNEL for node in graph.graph.nodes) == 1


class Clamped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(self.conv(x))


def test_the_range_is_observed_after_the_clamp() -> None:
    graph = quantized(Int8Quantizer(), Clamped().eval())
    steps = [node for node in graph.graph.nodes if node.target is QUANTIZE]
    assert len(steps) == 2  # the input and the clamped output: nothing between convolution and clamp
    scale = float(steps[-1].args[1])
    assert scale * 255 <= 6.001


def test_quantization_is_deterministic() -> None:
    first, again = (quantized(Int8Quantizer()).code for _ in range(2))
    assert first == again


def test_sharing_scales_across_a_concatenation_and_a_slice() -> None:
    class Joined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = (nn.Conv2d(3, 4, 1) for _ in range(3))

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.c(torch.cat((self.a(x), self.b(x * 9.0)), 1)[:, 1:4])
            return out

    graph = quantized(Int8Quantizer(), Joined().eval())
    cat = next(node for node in graph.graph.nodes if node.target is torch.ops.aten.cat.default)
    scales = {(source.args[1], source.args[2]) for source in cat.args[0]}
    (after,) = cat.users
    assert scales == {(after.args[1], after.args[2])}
