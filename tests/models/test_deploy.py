import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_weights import fill, make_input
from torch import nn

import mobileseg
from mobileseg.errors import RequestError, SizeError
from mobileseg.models.blocks.layers import ConvBN, ConvModule
from mobileseg.models.blocks.rewrites import concatenate, divide_input, fold
from mobileseg.models.heads.mask import MaskHead, tournament
from mobileseg.models.registry import MODELS
from mobileseg.models.seaformer.deploy import AttentionDeploy, TokenAttention, halved
from mobileseg.models.seaformer.model import PositionTable, SeaAttention

SIDES = st.integers(1, 12).map(lambda n: 32 * n)


@pytest.fixture(scope="module")
def tiny() -> nn.Module:
    return fill(mobileseg.create_model("seaformer-tiny", num_classes=9), salt=7)


@settings(deadline=None, max_examples=12)
@given(height=SIDES, width=SIDES)
def test_deploy_model_equals_the_reference_model_at_any_size(tiny: nn.Module, height: int, width: int) -> None:
    spec = MODELS["seaformer-tiny"]
    image = (make_input((1, 3, height, width), height + width) * 50 + 110).clamp(0, 255)
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (spec.mean, spec.std))
    with torch.no_grad():
        wanted, found = tiny((image - mean) / std), mobileseg.deploy(tiny, height, width)(image)
    assert (found - wanted).abs().max() <= 1e-5 * wanted.std()


@settings(deadline=None, max_examples=25)
@given(height=st.integers(1, 20), width=st.integers(1, 20), seed=st.integers(0, 99))
def test_attention_rewrite_at_odd_maps(height: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    attention = fill(SeaAttention(24, 4, 3, 2), salt=seed).eval()
    assert isinstance(attention, SeaAttention)
    x = torch.randn(1, 24, height, width)
    with torch.no_grad():
        wanted, found = attention(x), AttentionDeploy(attention, height, width)(x)
    assert (found - wanted).abs().max() <= 1e-5 * max(float(wanted.std()) if wanted.numel() > 1 else 1.0, 0.1)


def test_a_position_table_of_the_same_length_is_unchanged() -> None:
    table = PositionTable(5)
    assert torch.equal(table.at(16), table.pos_embed)


def test_baked_tables_are_the_resampled_ones() -> None:
    attention = fill(SeaAttention(24, 4, 3, 2)).eval()
    assert isinstance(attention, SeaAttention)
    rows = TokenAttention(attention, attention.pos_emb_rowq, attention.pos_emb_rowk, (1, 9), (7, 1))
    assert torch.equal(rows.table[0, :12, :, 0], attention.pos_emb_rowq.at(7)[0])
    assert torch.equal(rows.table[0, 24:], torch.zeros(24, 7, 1))


@pytest.mark.parametrize("make", [lambda: ConvBN(6, 8, 3, 2), lambda: ConvBN(8, 8, 5, 1, 8), lambda: ConvModule(6, 8)])
def test_folded_batchnorm(make: object) -> None:
    pair = fill_batchnorm(make())  # type: ignore[operator]  # a factory
    x = torch.randn(2, 8 if isinstance(pair, ConvBN) and pair.c.groups == 8 else 6, 9, 7)
    with torch.no_grad():
        torch.testing.assert_close(fold(pair)(x), pair(x), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(fold(pair, gain=1 / 6, offset=3)(x), pair(x) / 6 + 3, atol=1e-5, rtol=1e-5)


def fill_batchnorm(pair: ConvBN | ConvModule) -> ConvBN | ConvModule:
    torch.manual_seed(0)
    bn = pair.get_submodule("bn")
    for tensor in (bn.weight, bn.bias, bn.running_mean, bn.running_var):
        tensor.data.uniform_(0.5, 1.5)
    return pair.eval()


def test_concatenated_and_divided_convolutions() -> None:
    convs = [nn.Conv2d(3, n, 1) for n in (2, 5)]
    x, std = torch.randn(1, 3, 4, 4), (58.0, 57.0, 2.0)
    with torch.no_grad():
        torch.testing.assert_close(concatenate(convs)(x), torch.cat([conv(x) for conv in convs], 1))
        divided = divide_input(convs[1], std)(x)
        torch.testing.assert_close(divided, convs[1](x / torch.tensor(std).reshape(1, 3, 1, 1)), atol=1e-5, rtol=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    classes=st.integers(1, 40), height=st.integers(1, 9), width=st.integers(1, 9), stride=st.sampled_from([2, 4, 8]),
    steps=st.sampled_from([None, 2, 8]), rows=st.integers(1, 9), seed=st.integers(0, 999),
)  # fmt: skip
def test_the_mask_head_is_the_argmax(
    classes: int, height: int, width: int, stride: int, steps: int | None, rows: int, seed: int
) -> None:
    logits = torch.randn(1, classes, height, width, generator=torch.Generator().manual_seed(seed))
    if steps:
        logits = (logits * steps).round() / steps  # ties, as int8 logits have them
    head = MaskHead(classes, (height * stride, width * stride), stride)
    head.rows = rows
    wide = F.interpolate(logits, scale_factor=float(stride), mode="bilinear", align_corners=False)
    found = head(logits)
    assert found.dtype == torch.int32
    # Where bands change the last bit of an interpolated value, either of two equal classes may be seen: the value decides.
    chosen = wide.gather(1, found.long()[:, None])[:, 0]
    assert torch.allclose(chosen, wide.max(1).values, atol=1e-6)
    assert (found == wide.argmax(1)).float().mean() > (0.99 if steps is None else 0.8)


@settings(deadline=None, max_examples=40)
@given(
    classes=st.integers(1, 9),
    cells=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    beyond=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    rows=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_the_mask_head_between_aligned_corners(
    classes: int, cells: tuple[int, int], beyond: tuple[int, int], rows: int, seed: int
) -> None:
    height, width = (4 * n + 1 + more for n, more in zip(cells, beyond, strict=True))  # one more: an exact grid
    logits = torch.randn(1, classes, -(-height // 4), -(-width // 4), generator=torch.Generator().manual_seed(seed))
    head = MaskHead(classes, (height, width), 4, align_corners=True)
    head.rows = rows
    wide = F.interpolate(logits, (height, width), mode="bilinear", align_corners=True)
    chosen = wide.gather(1, head(logits).long()[:, None])[:, 0]
    assert torch.allclose(chosen, wide.max(1).values, atol=1e-5)


def test_the_lowest_class_wins_a_tie() -> None:
    logits = torch.tensor([1.0, 3.0, 3.0, 2.0, 3.0]).reshape(1, 5, 1, 1).expand(1, 5, 2, 2).contiguous()
    assert torch.equal(MaskHead(5, (16, 16), 8)(logits), torch.ones(1, 16, 16, dtype=torch.int32))


@given(channels=st.integers(1, 33))
@settings(deadline=None, max_examples=33)
def test_tournament_sees_every_channel(channels: int) -> None:
    for best in range(channels):
        x = torch.zeros(1, channels, 1, 1)
        x[0, best] = 1
        assert tournament(x, torch.maximum).item() == 1


def test_bands_bound_the_memory_of_the_mask_head() -> None:
    head = MaskHead(150, (512, 512), 8)
    assert head.rows * 8 * 512 * 150 * 4 <= 20 << 20


@pytest.mark.parametrize(("side", "near"), [(100, "96 or 128"), (31, "32"), (1, "32"), (4090, "4064 or 4096")])
def test_sizes_that_do_not_fit_name_the_nearest(tiny: nn.Module, side: int, near: str) -> None:
    for size in ((side, 64), (64, side)):
        with pytest.raises(SizeError) as refusal:
            mobileseg.deploy(tiny, *size)
        assert refusal.value.fix.endswith(near)


@pytest.mark.parametrize("side", [0, -32, 4128, 10**9])
def test_sizes_out_of_range_are_refused(tiny: nn.Module, side: int) -> None:
    with pytest.raises(SizeError):
        mobileseg.deploy(tiny, 64, side)


def test_unsupported_requests_are_refused() -> None:
    with pytest.raises(RequestError, match="create_model"):
        mobileseg.deploy(nn.Conv2d(3, 3, 1), 64, 64)
    with pytest.raises(RequestError, match="logits"):
        mobileseg.deploy(mobileseg.create_model("seaformer-tiny-cls"), 64, 64, emit="mask")


@pytest.mark.parametrize(("size", "times", "wanted"), [(224, 6, 4), (512, 5, 16), (33, 1, 17), (1, 3, 1)])
def test_halved(size: int, times: int, wanted: int) -> None:
    assert halved(size, times) == wanted
