import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_weights import fill

import mobileseg
from mobileseg.models.topformer.deploy import AttentionDeploy, FixedPool, InjectionDeploy, PyramidPoolDeploy
from mobileseg.models.topformer.model import Attention, Injection, PyramidPool

SIDES = st.integers(1, 20)
MULTIPLES = st.integers(1, 16).map(lambda n: 32 * n)


@settings(deadline=None, max_examples=60)
@given(height=st.integers(1, 60), width=st.integers(1, 60), data=st.data())
def test_a_fixed_pool_is_the_adaptive_one(height: int, width: int, data: st.DataObject) -> None:
    grid = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    x = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(height))
    torch.testing.assert_close(FixedPool((height, width), grid)(x), F.adaptive_avg_pool2d(x, grid), atol=2e-6, rtol=0)


@settings(deadline=None, max_examples=20)
@given(height=MULTIPLES, width=MULTIPLES)
def test_the_pooled_pyramid_at_any_size(height: int, width: int) -> None:
    generator = torch.Generator().manual_seed(height + width)
    maps = [torch.randn(1, 2, height // n, width // n, generator=generator) for n in (4, 8, 16, 32)]
    pool = PyramidPoolDeploy(height, width)
    torch.testing.assert_close(pool(maps), PyramidPool()(maps), atol=2e-6, rtol=0)
    plain = height % 64 == 0 and width % 64 == 0
    assert not (plain and list(pool.parameters()))  # no matrix where average pools do


@settings(deadline=None, max_examples=40)
@given(size=st.integers(2, 60), data=st.data())
def test_int8_with_a_scale_for_each_row_holds_the_bins_exactly(size: int, data: st.DataObject) -> None:
    matrix = FixedPool((1, size), (1, data.draw(st.integers(1, size)))).across
    if matrix is not None:
        scales = matrix.amax(1, keepdim=True) / 127
        assert torch.equal((matrix / scales).round() * scales, matrix)


@settings(deadline=None, max_examples=25)
@given(height=SIDES, width=SIDES, seed=st.integers(0, 99))
def test_attention_rewrite_at_odd_maps(height: int, width: int, seed: int) -> None:
    attention = fill(Attention(24, 3), salt=seed).eval()
    assert isinstance(attention, Attention)
    x = torch.randn(1, 24, height, width, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        torch.testing.assert_close(AttentionDeploy(attention, (height, width))(x), attention(x), atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=25)
@given(height=SIDES, width=SIDES, seed=st.integers(0, 99))
def test_injection_rewrite_at_odd_maps(height: int, width: int, seed: int) -> None:
    injection = fill(Injection(6, 10), salt=seed).eval()
    assert isinstance(injection, Injection)
    generator = torch.Generator().manual_seed(seed)
    x, g = (torch.randn(1, 6, *size, generator=generator) * 3 for size in ((height, width), (3, 2)))
    with torch.no_grad():
        torch.testing.assert_close(InjectionDeploy(injection)(x, g), injection(x, g), atol=1e-5, rtol=1e-5)


def test_the_transformer_starts_as_the_identity() -> None:
    blocks = mobileseg.create_model("topformer-tiny", num_classes=2).get_submodule("backbone.trans.transformer_blocks")
    x = torch.randn(1, 208, 2, 3)
    with torch.no_grad():
        assert all(torch.count_nonzero(block.get_submodule("attn")(x)) == 0 for block in blocks.children())
