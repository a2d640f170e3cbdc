"""Fake quantization in plain operators equals torch's fused operators, in values and gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.export.quantization.straight_through import in_plain_operators, straight_through


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), wide=st.floats(0.1, 10), signed=st.booleans(), axis=st.sampled_from([None, 0, 1]))
def test_plain_operators_equal_the_fused_ones(seed: int, wide: float, signed: bool, axis: int | None) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(4, 4, 3, 3, generator=generator) * wide
    channels = () if axis is None else (4,)
    scale = torch.rand(channels, generator=generator) / 32 + 1e-3
    low, high = (-127, 127) if signed else (0, 255)
    zero = (
        torch.zeros(channels, dtype=torch.int32)
        if signed
        else torch.randint(0, 256, channels, generator=generator).int()
    )
    upstream = torch.randn(x.shape, generator=generator)
    results = []
    for compute in (straight_through, in_plain_operators):
        leaf = x.clone().requires_grad_()
        out = compute(leaf, scale, zero, low, high, axis)
        out.backward(upstream)
        results.append((out.detach(), leaf.grad))
    (fused, fused_gradient), (plain, plain_gradient) = results
    assert torch.equal(fused, plain)
    assert torch.equal(fused_gradient, plain_gradient)


@pytest.mark.parametrize("axis", [None, 1])
def test_what_is_clipped_has_no_gradient(axis: int | None) -> None:
    x = torch.tensor([[-100.0, 0.3, 100.0]], requires_grad=True)
    scale, zero = (
        torch.full(() if axis is None else (3,), 0.25),
        torch.zeros(() if axis is None else (3,), dtype=torch.int32),
    )
    out = in_plain_operators(x, scale, zero, -127, 127, axis)
    out.sum().backward()
    assert out.tolist() == [[-31.75, 0.25, 31.75]]
    assert x.grad is not None and x.grad.tolist() == [[0, 1, 0]]
