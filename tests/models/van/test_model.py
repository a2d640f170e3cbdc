import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_weights import fill, make_input
from torch import nn

import mobileseg
from mobileseg.models.blocks.layers import DropPath
from mobileseg.models.registry import MODELS
from mobileseg.models.van.deploy import BlockDeploy, ChannelNorm, SplitDepthwise, StageDeploy, residuals
from mobileseg.models.van.model import Block, Mlp, VanBackbone

SIDES = st.integers(1, 30)
NAMES = [name for name, spec in MODELS.items() if spec.family == "VAN"]


@pytest.fixture
def backbone() -> VanBackbone:
    model = mobileseg.create_model("van-b0")
    assert isinstance(model, VanBackbone)
    fill(model, salt=3)
    return model


@pytest.mark.parametrize("name", NAMES)
def test_layer_norm_s_eps_is_that_of_the_repository(name: str) -> None:
    with torch.device("meta"):
        model = mobileseg.create_model(name)
    found = {part.eps for part in model.modules() if isinstance(part, nn.LayerNorm)}
    assert found == {1e-6 if MODELS[name].task == "classification" else 1e-5}


@pytest.mark.parametrize(
    ("name", "rate"), [("van-b0", 0.1), ("van-b3", 0.2), ("van-b2-fpn", 0.2), ("van-b4-upernet", 0.4)]
)
def test_drop_path_rises_to_the_authors_rate(name: str, rate: float) -> None:
    with torch.device("meta"):
        model = mobileseg.create_model(name)
    rates = [part.rate for part in model.modules() if isinstance(part, DropPath)]
    steps = [after - before for before, after in itertools.pairwise(rates)]
    assert (rates[0], rates[-1]) == pytest.approx((0.0, rate))
    assert steps == pytest.approx([rate / (len(rates) - 1)] * len(steps))


def test_gelu_is_the_error_function_s() -> None:
    mlp = Mlp(1, 1)
    state = mlp.state_dict()
    for key, value in state.items():
        value.zero_()
        if key.endswith("weight"):
            value[..., value.shape[2] // 2, value.shape[3] // 2] = 1.0
    x = torch.linspace(-4, 4, 81).reshape(1, 1, 9, 9)
    with torch.no_grad():
        found = mlp(x)
    assert (found - x * (1 + torch.erf(x / 2**0.5)) / 2).abs().max() <= 1e-6  # the hyperbolic tangent's is 5e-4 off


@settings(deadline=None, max_examples=30)
@given(height=SIDES, width=SIDES, channels=st.integers(1, 5), dilation=st.integers(1, 4), seed=st.integers(0, 99))
def test_split_depthwise(height: int, width: int, channels: int, dilation: int, seed: int) -> None:
    torch.manual_seed(seed)
    conv = nn.Conv2d(channels, channels, 7, padding=3 * dilation, dilation=dilation, groups=channels)
    split = SplitDepthwise(conv)
    x = torch.randn(1, channels, height, width)
    with torch.no_grad():
        torch.testing.assert_close(split(x), conv(x), atol=2e-6, rtol=1e-5)
    assert [part.weight[0].numel() for part in split.parts] == [21, 20, 8]  # kernels of 25, 25 and 9 taps


@settings(deadline=None, max_examples=30)
@given(
    height=SIDES, width=SIDES, channels=st.integers(1, 70), eps=st.sampled_from([1e-6, 1e-5, 0.5]),
    mean=st.sampled_from([0.0, 3.0, -100.0]), seed=st.integers(0, 99),
)  # fmt: skip
def test_channel_norm(height: int, width: int, channels: int, eps: float, mean: float, seed: int) -> None:
    torch.manual_seed(seed)
    norm = nn.LayerNorm(channels, eps=eps)
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.normal_(norm.bias)
    x = torch.randn(1, channels, height, width) + mean
    x[:, 0] += 0.1 if channels == 1 else 1.0  # equal channels have no variance: rounding is all that would be left
    wanted = norm.double()(x.double().permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    error = x.abs().max() * 1e-6 / x.double().var(1, correction=0).min().add(eps).sqrt().clamp(max=1)
    with torch.no_grad():
        assert (ChannelNorm(norm.float())(x) - wanted).abs().max() <= error.clamp(min=3e-6)


def shaped(blocks: list[Block], gains: list[list[float]]) -> None:
    """Set layer scales so that a block's attention multiplies its residual path by ``gains`` of its channels."""
    for block, gain in zip(blocks, gains, strict=True):
        assert block.norm1.running_var is not None
        scale = block.norm1.weight / torch.sqrt(block.norm1.running_var + block.norm1.eps)
        block.layer_scale_1.data = (torch.tensor(gain) - 1) / scale


GAINS = st.lists(st.sampled_from([1.0, 1.1, 0.9, 1.6, 3.0, 0.2, -0.7, 0.0]), min_size=4, max_size=4)


@settings(deadline=None, max_examples=40)
@given(
    gains=st.lists(GAINS, min_size=1, max_size=6), height=st.integers(1, 12), width=st.integers(1, 12), seed=st.integers(0, 99)
)  # fmt: skip
def test_the_residual_path_may_be_scaled_by_anything(
    gains: list[list[float]], height: int, width: int, seed: int
) -> None:
    blocks = [fill(Block(4, 2, 0.0), salt=seed + i).eval() for i in range(len(gains))]
    shaped(blocks, gains)  # type: ignore[arg-type]  # fill gives back what it is given
    scaled = residuals(blocks)  # type: ignore[arg-type]
    x = make_input((1, 4, height, width), seed)
    with torch.no_grad():
        wanted, found = x, x / scaled[0].before.float()[:, None, None]
        for block, residual in zip(blocks, scaled, strict=True):
            wanted, found = block(wanted), BlockDeploy(block, residual)(found)  # type: ignore[arg-type]
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max().clamp(min=1)
    assert torch.equal(scaled[-1].after, torch.ones(4))
    for residual in scaled:
        assert residual.before.abs().max() <= 2 * residual.before.abs().min()


def test_the_shortcut_costs_nothing_where_its_factors_are_near_one(backbone: VanBackbone) -> None:
    for _, blocks, _ in backbone.stages():
        assert all(residual.factor is None for residual in residuals(blocks))


def test_diverging_factors_restart_the_scaling() -> None:
    blocks = [fill(Block(4, 2, 0.0), salt=i) for i in range(40)]
    shaped(blocks, [[9.0] * 4] * 40)  # type: ignore[arg-type]
    scaled = residuals(blocks)  # type: ignore[arg-type]
    assert 0 < sum(residual.factor is not None for residual in scaled) < 10
    assert all(residual.before.min() >= 1e-6 for residual in scaled)


@settings(deadline=None, max_examples=8)
@given(height=st.integers(1, 40), width=st.integers(1, 40), stage=st.integers(0, 3))
def test_a_stage_at_odd_maps(height: int, width: int, stage: int) -> None:
    backbone = fill(mobileseg.create_model("van-b0"), salt=stage)
    assert isinstance(backbone, VanBackbone)
    embed, blocks, norm = list(backbone.stages())[stage]
    x = make_input((1, embed.proj.in_channels, height, width), stage)
    with torch.no_grad():
        wanted = embed(x)
        for block in blocks:
            wanted = block(wanted)
        wanted = norm(wanted.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        found = StageDeploy(embed, blocks, norm)(x)
    assert (found - wanted).abs().max() <= 2e-5


def test_the_auxiliary_head_is_used_in_training_only() -> None:
    model = fill(mobileseg.create_model("van-b0-upernet", num_classes=4))
    x = make_input((2, 3, 64, 96))
    model.train()
    logits, auxiliary = model.with_auxiliary(x)
    assert (logits.shape, auxiliary.shape) == ((2, 4, 16, 24), (2, 4, 4, 6))
    (logits.square().mean() + 0.4 * auxiliary.square().mean()).backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in model.auxiliary_head.parameters())
    model.eval()
    with torch.no_grad():
        before = model(x[:1])
        for parameter in model.auxiliary_head.parameters():
            parameter.fill_(torch.nan)
        assert torch.equal(model(x[:1]), before)
        assert mobileseg.deploy(model, 64, 96)(x[:1] * 50 + 110).isfinite().all()
