import itertools
from collections.abc import Callable

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_weights import fill
from torch import Tensor, nn

import mobileseg
from mobileseg.errors import SizeError
from mobileseg.models.blocks.bands import join, span
from mobileseg.models.blocks.tokens import to_map, to_tokens
from mobileseg.models.sasa import model as sasa
from mobileseg.models.sasa.deploy import AttentionDeploy
from mobileseg.models.sasa.model import SelfAttention2d
from mobileseg.models.sasa.stem import BLOCK, HEADS, AttentionStem
from mobileseg.models.sasa.stem_deploy import AttentionStemDeploy
from mobileseg.models.sasa.walk import Walk, walk
from mobileseg.models.sasa.windows import LARGEST_BLOCK, WindowAttention, block_size

SIDES = st.integers(1, 17)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def by_definition(attention: SelfAttention2d, x: Tensor) -> Tensor:
    """The paper's sum, position by position and key by key; what is beyond the border is a zero that takes part."""
    channels, height, width = x.shape[1:]
    depth, window = channels // attention.heads, attention.window
    q, k, v = attention.conv_qkv(x)[0].reshape(3, attention.heads, depth, height, width)
    out = torch.zeros(attention.heads, depth, height, width)
    for y, x_ in itertools.product(range(height), range(width)):
        logits, values = [], []
        for a, b in itertools.product(range(window), repeat=2):
            row, column = y + a - window // 2, x_ + b - window // 2
            inside = 0 <= row < height and 0 <= column < width
            key, value = (t[:, :, row, column] if inside else torch.zeros(attention.heads, depth) for t in (k, v))
            r = torch.cat((attention.relative_h[:, 0, 0, a, 0], attention.relative_w[:, 0, 0, 0, b]))
            logits.append((q[:, :, y, x_] * (key + r)).sum(1))
            values.append(value)
        weights = torch.softmax(torch.stack(logits), dim=0)
        out[:, :, y, x_] = (weights.unsqueeze(2) * torch.stack(values)).sum(0)
    return out.reshape(1, channels, height, width)


@torch.no_grad()
def test_the_reference_model_is_the_papers_sum() -> None:
    attention = fill(SelfAttention2d(16, heads=4, window=5))
    x = noise(1, 16, 4, 7)
    torch.testing.assert_close(attention(x), by_definition(attention, x), atol=1e-6, rtol=0)


@torch.no_grad()
def test_a_zero_beyond_the_border_takes_part() -> None:
    attention = SelfAttention2d(8, heads=2)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.zero_()
        attention.conv_qkv.weight[16:, :, 0, 0] = torch.eye(8)
    assert torch.allclose(attention(torch.ones(1, 8, 1, 1)), torch.tensor(1 / 49))  # one key of 49 is not zero


@settings(deadline=None, max_examples=25)
@given(height=SIDES, width=SIDES, depth=st.integers(1, 3), window=st.sampled_from([1, 3, 7]))
def test_trainings_backward_pass_is_autograds(height: int, width: int, depth: int, window: int) -> None:
    generator = torch.Generator().manual_seed(height * width)
    shapes = [(2, 2, channels, height, width) for channels in (depth, depth, depth, window**2, depth)]
    *inputs, upstream = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)

    def gradients(walked: Callable[..., Tensor]) -> tuple[Tensor, ...]:
        leaves = [t.clone().requires_grad_() for t in inputs]
        return torch.autograd.grad(walked(*leaves, window), leaves, upstream)

    expected = gradients(lambda *given: walk(*given)[0])
    for found, wanted in zip(gradients(Walk.apply), expected, strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-12, rtol=1e-10)


@settings(deadline=None, max_examples=60)
@given(height=SIDES, width=SIDES, block=st.tuples(st.integers(1, 9), st.integers(1, 9)), window=st.sampled_from([3, 7]))
@example(height=1, width=1, block=(1, 1), window=7)
@example(height=13, width=5, block=(4, 7), window=7)  # neither side a multiple of its block
@example(height=5, width=6, block=(9, 8), window=7)  # a block larger than the map
@example(height=9, width=9, block=(2, 1), window=7)  # a halo of six further blocks
@torch.no_grad()
def test_blocks_of_any_size_are_the_windows(height: int, width: int, block: tuple[int, int], window: int) -> None:
    attention = fill(SelfAttention2d(16, heads=4, window=window), salt=height)
    x = noise(1, 16, height, width, seed=width)
    q, k, v = (to_tokens(t) for t in attention.conv_qkv(x).chunk(3, dim=1))
    found = WindowAttention(attention, torch.full((16,), 3.0), height, width, block)(q, k, v)
    torch.testing.assert_close(to_map(found), torch.relu(attention(x) + 3.0), atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [1.0, 30.0, 1000.0])
@torch.no_grad()
def test_no_logit_is_so_large_that_it_reaches_out_of_its_window(size: float) -> None:
    """Trained weights made 22 000."""
    attention = fill(SelfAttention2d(16, heads=4, window=3), salt=1)
    attention.conv_qkv.weight[:32] *= size  # of queries and keys
    windows = WindowAttention(attention, torch.zeros(16), 9, 7, (3, 4)).double()
    x = noise(1, 16, 9, 7, seed=2).double()
    q, k, v = attention.double().conv_qkv(x).chunk(3, dim=1)
    assert float((q * k).abs().max()) > size**2
    found = windows(*(to_tokens(t) for t in (q, k, v)))
    torch.testing.assert_close(to_map(found), torch.relu(attention(x)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("height", "width"), [(6, 10), (2, 2), (14, 8)])
@torch.no_grad()
def test_batchnorm_and_average_are_folded_where_keys_are_missing(stride: int, height: int, width: int) -> None:
    attention, bn = SelfAttention2d(32, stride), nn.BatchNorm2d(32)
    fill(nn.Sequential(attention, bn).eval(), salt=stride)
    x = noise(1, 32, height, width)
    found = to_map(AttentionDeploy(attention, bn, (height, width))(to_tokens(x)))
    torch.testing.assert_close(found, torch.relu(bn(attention(x))), atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 160), width=st.integers(1, 160), depth=st.sampled_from([8, 16, 32, 64]))
def test_block_sizes_stay_in_their_bounds(height: int, width: int, depth: int) -> None:
    rows, columns = block_size(height, width, 6, depth)
    assert 1 <= rows <= min(height, LARGEST_BLOCK)
    assert 1 <= columns <= min(width, LARGEST_BLOCK)


@torch.no_grad()
def test_no_tensor_of_the_deploy_model_is_large_or_has_many_dimensions() -> None:
    module = mobileseg.deploy(mobileseg.create_model("sasa-resnet26-full"), 224, 224)
    graph = torch.export.export(module, (torch.zeros(1, 3, 224, 224),)).graph
    shapes = [node.meta["val"].shape for node in graph.nodes if isinstance(node.meta.get("val"), Tensor)]
    assert max(map(len, shapes)) <= 5  # Core ML's limit; XNNPACK's is 6
    assert (
        max(shape.numel() for shape in shapes) * 4 < 16e6
    )  # bytes; the 49-fold keys of the first stage alone take 39 MB


@settings(deadline=None, max_examples=25)
@given(rows=st.integers(1, 9), columns=st.integers(1, 9))
@torch.no_grad()
def test_the_attention_stem_in_bands(rows: int, columns: int) -> None:
    stem = fill(AttentionStem(32).eval(), salt=rows)
    height, width, std = rows * BLOCK, columns * BLOCK, (2.0, 0.5, 3.0)
    image = noise(1, 3, height, width, seed=columns)
    found = AttentionStemDeploy(stem, height, width, std, band=2 * HEADS * BLOCK**4 * columns)(image)
    wanted = stem(image / torch.tensor(std).reshape(1, 3, 1, 1))
    torch.testing.assert_close(to_map(found), wanted, atol=2e-5, rtol=0)


@torch.no_grad()
def test_values_of_the_stem_depend_on_the_position_in_the_block() -> None:
    stem = fill(AttentionStem(32).eval())
    x = noise(1, 3, 8, 8).expand(2, -1, -1, -1).clone()
    x[1, :, :BLOCK, :BLOCK] = x[1, :, :BLOCK, :BLOCK].flip(2)
    first, flipped = stem(x)
    assert not torch.allclose(first[:, 0, 0], flipped[:, 0, 0], atol=1e-3)
    assert torch.equal(first[:, 1:, 1:], flipped[:, 1:, 1:])  # a block sees nothing of another


@given(count=st.integers(1, 40))
def test_joined_parts_are_the_whole(count: int) -> None:
    x = torch.arange(3 * count).reshape(count, 3)
    assert torch.equal(join([span(x, 0, i, i + 1) for i in range(count)], 0), x)
    assert span(x, 0, 0, count) is x


def test_a_classifier_starts_a_segmenter() -> None:
    source, target = sasa.classifier("26", 5, seed=1), sasa.segmenter("26", 3)
    state = {key: value for key, value in source.state_dict().items() if not key.startswith("fc.")}
    target.backbone.load_state_dict(state)


@pytest.mark.parametrize(
    ("name", "side"), [("sasa-resnet26", 240), ("sasa-resnet26-full", 220), ("sasa-resnet26-seg", 200)]
)
def test_sizes_where_pools_and_shortcuts_would_differ_are_refused(name: str, side: int) -> None:
    with pytest.raises(SizeError):
        mobileseg.deploy(mobileseg.create_model(name, num_classes=2), 224, side)
