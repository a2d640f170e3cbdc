import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_weights import fill
from torch import Tensor, nn

from mobileseg.errors import SizeError
from mobileseg.models.axial.attention import AxialAttention, Axis, flat_index, resample_tables
from mobileseg.models.axial.attention_deploy import AxialAttentionDeploy, spans
from mobileseg.models.blocks.tokens import to_map, to_tokens

AXES: list[Axis] = ["height", "width"]
SPANS = [None, 1, 3, 9, 15]


def filled(axis: Axis, length: int, seed: int = 0, **options: int | None) -> AxialAttention:
    layer = fill(AxialAttention(axis, 12, 8, 16, length, heads=4, **options), salt=seed).eval()  # type: ignore[arg-type]
    assert isinstance(layer, AxialAttention)
    return layer


@torch.no_grad()
def by_definition(layer: AxialAttention, x: Tensor, span: int | None) -> Tensor:
    """The docstring's formulas in float64 for all pairs of positions, those further apart than the span masked; every BatchNorm
    where the paper has it. ``x``: ``(1, C, H, W)``, along the layer's axis."""
    double = AxialAttention(layer.axis, 12, 8, 16, layer.length, heads=4).double().eval()
    double.load_state_dict(layer.state_dict())
    rows = x.double()[0].permute((2, 1, 0) if layer.axis == "height" else (1, 2, 0))  # (sequences, L, C)
    count, length, _ = rows.shape
    qkv = double.bn_qkv(double.qkv_transform(rows.transpose(1, 2))).reshape(count, 4, -1, length)
    q, k, v = qkv[:, :, :2], qkv[:, :, 2:4], qkv[:, :, 4:]
    terms = torch.zeros(count, 3, 4, length, length, dtype=torch.float64)
    values = torch.zeros(length, length, 4, dtype=torch.float64)
    for i in range(length):
        for j in range(length):
            forth, back = (double.relative[:, double.length - 1 + n] for n in (i - j, j - i))
            terms[:, 0, :, i, j] = (q[..., i] * k[..., j]).sum(2)
            terms[:, 1, :, i, j] = q[..., i] @ forth[:2]
            terms[:, 2, :, i, j] = k[..., j] @ back[2:4]
            values[i, j] = forth[4:]
    logits = double.bn_similarity(terms.flatten(1, 2)).reshape(terms.shape).sum(1)
    if span is not None:
        apart = (torch.arange(length)[:, None] - torch.arange(length)).abs()
        logits[..., apart > span // 2] = -torch.inf
    weights = logits.softmax(3)
    parts = torch.einsum("nhij,nhcj->nhci", weights, v), torch.einsum("nhij,ijc->nhci", weights, values)
    out = double.bn_output(torch.stack(parts, 3).reshape(count, -1, length)).reshape(count, 16, 2, length).sum(2)
    return out.permute((1, 2, 0) if layer.axis == "height" else (1, 0, 2))[None].float()


@settings(deadline=None, max_examples=25)
@given(
    sides=st.tuples(st.integers(1, 24), st.integers(1, 4)), axis=st.sampled_from(AXES), span=st.sampled_from(SPANS),
    seed=st.integers(0, 99),
)  # fmt: skip
@example(sides=(24, 3), axis="height", span=3, seed=0)  # many blocks, both borders
@example(sides=(17, 1), axis="width", span=15, seed=0)  # a last block of one query
def test_reference_and_deploy_version_are_the_masked_global_attention(
    sides: tuple[int, int], axis: Axis, span: int | None, seed: int
) -> None:
    height, width = sides if axis == "height" else sides[::-1]
    layer = filled(axis, 24, seed, span=span)
    x = torch.randn(1, 12, height, width, generator=torch.Generator().manual_seed(seed))
    wanted = by_definition(layer, x, span)
    with torch.no_grad():
        found, deployed = layer(x), to_map(AxialAttentionDeploy(layer, height, width)(to_tokens(x)))
    tolerance = 1e-5 * max(float(wanted.abs().max()), 1)
    assert (found - wanted).abs().max() <= tolerance
    assert (deployed - wanted).abs().max() <= tolerance


def test_axes_up_to_the_limit_are_global() -> None:
    layer, x = filled("width", 24, span=3, global_up_to=9), torch.randn(1, 12, 1, 10)
    for length, span in ((9, None), (10, 3)):
        with torch.no_grad():
            assert torch.allclose(layer(x[..., :length]), by_definition(layer, x[..., :length], span), atol=1e-5)


def test_in_training_pairs_that_do_not_see_each_other_do_not_count() -> None:
    layer, x = filled("width", 24, span=5), torch.randn(2, 12, 3, 19)
    positions = torch.arange(19)
    seen = (positions[:, None] - positions).abs() <= 2
    products: list[Tensor] = []
    whole = filled("width", 24)
    whole.bn_similarity.register_forward_pre_hook(lambda _, inputs: products.append(inputs[0]))
    for form in (layer, whole):
        form.bn_qkv.momentum = 0.0
        form.bn_similarity.momentum = 1.0
        form.train()(x)
    counted = products[0][:, :, seen]
    assert torch.allclose(layer.bn_similarity.running_mean, counted.mean((0, 2)), atol=1e-5)  # type: ignore[arg-type]
    assert torch.allclose(layer.bn_similarity.running_var, counted.var((0, 2)), rtol=1e-4)  # type: ignore[arg-type]
    assert not torch.allclose(layer.bn_similarity.running_mean, whole.bn_similarity.running_mean, atol=1e-3)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(length=st.integers(1, 80), flange=st.none() | st.integers(0, 33), stride=st.sampled_from([1, 2]))
def test_blocks_cover_every_query_once_and_all_that_it_sees(length: int, flange: int | None, stride: int) -> None:
    blocks = spans(length, flange, stride)
    assert [i for queries, _ in blocks for i in queries] == list(range(-(-length // stride)))
    reach = length if flange is None else flange
    for queries, keys in blocks:
        seen = {j for i in queries for j in range(length) if abs(j - stride * i) <= reach}
        assert set(keys) == seen


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
@torch.no_grad()
def test_no_logit_is_so_large_that_it_reaches_beyond_its_span(size: float) -> None:
    layer = filled("height", 24, span=5)
    layer.bn_similarity.weight *= size
    deployed = AxialAttentionDeploy(layer, 24, 3).double()
    x = torch.randn(1, 12, 24, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(to_map(deployed(to_tokens(x))), layer.double()(x), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("axis", "size"), [("height", (9, 3)), ("width", (3, 9))])
def test_an_axis_longer_than_the_tables_is_refused(axis: Axis, size: tuple[int, int]) -> None:
    layer = filled(axis, 8)
    for attempt in (lambda: layer(torch.zeros(1, 12, *size)), lambda: AxialAttentionDeploy(layer, *size)):
        with pytest.raises(SizeError, match=f"at most 8 positions along its {axis}.*found 9"):
            attempt()
    with pytest.raises(SizeError, match="at most 8"):
        filled(axis, 8, span=17)(torch.zeros(1, 12, 20, 20))


@pytest.mark.parametrize("options", [{"keys": 9}, {"values": 18}, {"span": 4}])
def test_what_cannot_be_divided_or_centred_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="multiples of 4 heads, span"):
        AxialAttention("width", 12, **{"keys": 8, "values": 16, "length": 8, "heads": 4, **options})


class TestResampling:
    def test_keeps_ends_and_centre_and_says_from_where(self) -> None:
        layer = AxialAttention("width", 12, 8, 16, 5, heads=4, index_buffer=True)
        before = layer.relative.detach().clone()
        resampling = resample_tables(nn.Sequential(layer), 2.0)
        assert (layer.length, layer.resampled_from, resampling.lengths) == (10, 5, ((5, 10),))
        assert torch.equal(layer.flatten_index, flat_index(10))
        for old, new in ((0, 0), (4, 9), (8, 18)):
            assert torch.allclose(layer.relative[:, new], before[:, old])
        assert resampling.note == "relative position tables resampled linearly from trained lengths 5 to 10"

    def test_a_second_time_still_names_the_trained_length(self) -> None:
        layer = AxialAttention("width", 12, 8, 16, 5, heads=4)
        resample_tables(layer, 2.0)
        assert resample_tables(layer, 0.5).lengths == ((5, 5),)
        assert layer.resampled_from == 5

    def test_scale_one_changes_nothing_and_zero_is_refused(self) -> None:
        layer = AxialAttention("width", 12, 8, 16, 5, heads=4)
        before = layer.relative.detach().clone()
        resample_tables(layer, 1.0)
        assert torch.allclose(layer.relative, before)
        for scale in (0.0, -1.0, float("nan")):
            with pytest.raises(ValueError, match="must be positive"):
                resample_tables(layer, scale)
