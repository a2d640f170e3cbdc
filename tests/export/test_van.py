from collections import Counter

import torch
from torchao.quantization.pt2e.quantizer.quantizer import Q_ANNOTATION_KEY

import mobileseg
from mobileseg.export.quantization.quantizer import Int8Quantizer
from mobileseg.models.van.deploy import ChannelNorm
from mobileseg.models.van.model import VARIANTS


def test_int8_keeps_layer_norm_float_and_makes_gelu_a_table() -> None:
    model = mobileseg.deploy(mobileseg.create_model("van-b0-light", num_classes=3), 64, 64)
    graph = torch.export.export(model, (torch.zeros(1, 3, 64, 64),)).module()
    quantizer = Int8Quantizer(model)
    quantizer.annotate(graph)
    norms, blocks = len(VARIANTS["b0"].depths), sum(VARIANTS["b0"].depths)
    kept = Counter(
        {part.operator: part.count for part in quantizer.kept_float if part.reason == ChannelNorm.keep_float}
    )
    assert kept == {"conv2d": 3 * norms, "mul": 2 * norms, "sub": norms}
    gelus = [node for node in graph.graph.nodes if node.target is torch.ops.aten.gelu.default]
    assert len(gelus) == 2 * blocks
    assert all(Q_ANNOTATION_KEY in node.meta for node in gelus)
