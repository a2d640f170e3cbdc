"""Chains of convolutions in bands of rows: the same numbers, of rows that no other operator wants."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.fx import GraphModule

from mobileseg.export.backends.executorch import bands as executorch_bands
from mobileseg.export.backends.executorch.bands import MOST_TWICE, Chain, _chain, in_bands

aten = torch.ops.aten


class Inverted(nn.Module):
    """Expansion, depthwise convolution, projection; ``residual``: the expansion's output is wanted once more."""

    def __init__(
        self,
        taps: int = 3,
        stride: int = 1,
        padding: int = 1,
        dilation: int = 1,
        residual: bool = False,
        act: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.expand, self.project = nn.Conv2d(4, 16, 1), nn.Conv2d(16, 4, 1)
        self.depthwise = nn.Conv2d(16, 16, taps, stride, padding, dilation, groups=16)
        self.act, self.residual = act or nn.ReLU6(), residual

    def forward(self, x: Tensor) -> Tensor:
        wide = self.act(self.expand(x))
        out: Tensor = self.project(self.act(self.depthwise(wide)))
        return out + wide[:, :4] if self.residual else out


def graph_of(module: nn.Module, x: Tensor) -> GraphModule:
    graph = torch.export.export(module.eval(), (x,)).module()
    assert isinstance(graph, GraphModule)
    return graph


def operators(graph: GraphModule, target: Callable[..., object]) -> int:
    return len(graph.graph.find_nodes(op="call_function", target=target))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bands of 4 KiB, so that small maps are cut, too."""
    monkeypatch.setattr(executorch_bands, "BAND", 4096)


@settings(max_examples=40, deadline=None)
@given(
    taps=st.sampled_from([1, 3, 5, 7]), stride=st.integers(1, 3), padding=st.integers(0, 3), dilation=st.integers(1, 3),
    height=st.integers(24, 90), band=st.sampled_from([512, 4096, 16384]),
    act=st.sampled_from([nn.ReLU(), nn.ReLU6(), nn.GELU(), nn.Identity()]),
)  # fmt: skip
def test_the_numbers_stay(
    taps: int, stride: int, padding: int, dilation: int, height: int, band: int, act: nn.Module
) -> None:
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(executorch_bands, "BAND", band)
        torch.manual_seed(height)
        x = torch.randn(1, 4, height, 20)
        module = Inverted(taps, stride, min(padding, (taps - 1) * dilation), dilation, act=act)
        graph = graph_of(module, x)
        wanted = graph(x)
        in_bands(graph)
        torch.testing.assert_close(graph(x), wanted, rtol=1e-5, atol=1e-5)


def test_bands_fit_the_cache_and_few_rows_are_computed_twice(narrow: None) -> None:
    x = torch.randn(1, 4, 96, 32)  # 192 KiB between expansion and projection
    for stride, bands in ((1, 6), (2, 12), (3, 32)):
        graph = graph_of(Inverted(stride=stride), x)
        assert in_bands(graph)
        assert operators(graph, aten.slice.Tensor) == bands
        rows = sum(
            node.args[3] - node.args[2] for node in graph.graph.find_nodes(op="call_function", target=aten.slice.Tensor)
        )
        assert rows <= 96 * (1 + MOST_TWICE)


def test_small_maps_stay_whole() -> None:
    graph = graph_of(Inverted(), torch.randn(1, 4, 96, 32))
    before = graph.code
    assert not in_bands(graph)
    assert graph.code == before


def test_a_chain_with_another_user_stays_whole(narrow: None) -> None:
    assert not in_bands(graph_of(Inverted(residual=True), torch.randn(1, 4, 96, 32)))


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Conv2d(4, 16, 1), nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 4, 1)),
        nn.Sequential(nn.Conv2d(4, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 4, 1)),
        nn.Sequential(nn.Conv2d(4, 16, 1), nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Softmax(2), nn.Conv2d(16, 4, 1)),
        nn.Sequential(nn.Conv2d(4, 16, 1), nn.Conv2d(16, 16, 3, padding=1, groups=16)),
        nn.Sequential(nn.Conv2d(4, 16, 1, stride=2), nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 4, 1)),
    ],
    ids=["no depthwise", "no expansion", "looks at all rows", "no projection", "strided expansion"],
)  # fmt: skip
def test_other_chains_stay_whole(module: nn.Module, narrow: None) -> None:
    assert not in_bands(graph_of(module, torch.randn(1, 4, 96, 32)))


def test_of_two_chains_that_share_a_convolution_the_first_is_cut(narrow: None) -> None:
    def depthwise() -> nn.Module:
        return nn.Conv2d(16, 16, 3, padding=1, groups=16)

    x = torch.randn(1, 4, 96, 32)
    module = nn.Sequential(nn.Conv2d(4, 16, 1), depthwise(), nn.Conv2d(16, 16, 1), depthwise(), nn.Conv2d(16, 4, 1))
    graph = graph_of(module, x)
    first, second = (chain for node in graph.graph.nodes if (chain := _chain(node)))
    assert isinstance(first, Chain)
    assert first.nodes[-1] is second.nodes[0]
    bands = first.bands
    with torch.no_grad():
        wanted = graph(x)
        assert in_bands(graph)
        torch.testing.assert_close(graph(x), wanted, rtol=1e-5, atol=1e-5)
    assert operators(graph, aten.conv2d.default) == 3 * bands + 2
