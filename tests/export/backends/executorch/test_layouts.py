"""A tensor that a pool and a float product of rows take together: each dequantizes it for itself, and the file runs."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.export import export_module
from mobileseg.export.backends.executorch.layouts import dequantize_by_layout
from mobileseg.export.quantization.fake_quant import DEQUANTIZE

aten = torch.ops.aten


class Pyramid(nn.Module):
    """Pools of one tensor to ``sizes``: 2 is a pool, 3 are products with constant matrices, which stay float."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 8, 1)
        self.pools = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool2d(size), nn.Conv2d(16, 8, 1)) for size in sizes)
        self.last = nn.Conv2d(16 + 8 * len(sizes), 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        pooled = [F.interpolate(F.relu(pool(x)), size=x.shape[2:], mode="bilinear") for pool in self.pools]
        last: Tensor = self.last(torch.cat([x, *pooled], 1))
        return last


@pytest.mark.slow
def test_the_file_runs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = export_module(
        Pyramid(2, 3).eval(), "executorch", size=(64, 64), precision="int8", output=tmp_path / "p.pte", name="pyramid"
    )
    assert made.manifest.delegation is not None and made.manifest.delegation.partitions == 1
    assert made.manifest.verification.sqnr_db is not None and made.manifest.verification.sqnr_db > 25


class Shared(nn.Module):
    def __init__(self, takes_rows: bool) -> None:
        super().__init__()
        self.rows = nn.Linear(8, 8) if takes_rows else nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        steps = torch.ops.quantized_decomposed
        x = steps.quantize_per_tensor(x, 0.1, 0, -128, 127, torch.int8)
        x = steps.dequantize_per_tensor(x, 0.1, 0, -128, 127, torch.int8)
        return F.avg_pool2d(x, 2).sum() + self.rows(x).sum() + x.sum()  # type: ignore[no-any-return]


@pytest.mark.parametrize("takes_rows", [True, False])
def test_only_what_two_layouts_share_is_split(takes_rows: bool) -> None:
    example = torch.arange(192.0).reshape(1, 3, 8, 8) / 10
    graph = torch.export.export(Shared(takes_rows), (example,)).module()
    before = graph(example)
    assert dequantize_by_layout(graph) is takes_rows  # type: ignore[arg-type]  # a graph module
    copies = [node for node in graph.graph.nodes if node.target in DEQUANTIZE]  # type: ignore[union-attr]
    assert len(copies) == (3 if takes_rows else 1)
    assert torch.equal(graph(example), before)
