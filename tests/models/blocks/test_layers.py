"""Stochastic depth, against torchvision's."""

import pytest
import torch
from torchvision.ops import StochasticDepth

from mobileseg.models.blocks.layers import DropPath


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(64, 3, 4, 5), (64, 7, 8)])
def test_drop_path_is_torchvisions_stochastic_depth(rate: float, shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    found = []
    for module in (DropPath(rate), StochasticDepth(rate, "row")):
        torch.manual_seed(3)
        found.append(module(x))
    torch.testing.assert_close(*found)
    assert torch.equal(DropPath(rate).eval()(x), x)
