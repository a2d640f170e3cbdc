from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_weights import fill, make_input
from tensorflow_cases import draw, variables
from torch import Tensor, nn

from mobileseg.models.axial import swidernet as axial_swidernet
from mobileseg.models.axial.attention import AxialAttention, Axis
from mobileseg.models.axial.attention_deploy import AxialAttentionDeploy
from mobileseg.models.axial.deploy import BasicBlockDeploy, PanopticDeploy
from mobileseg.models.axial.model import AxialBlock, AxialDeepLabBackbone, PanopticSegmenter, segmenter
from mobileseg.models.axial.swidernet import BasicBlock
from mobileseg.models.blocks.layers import DropPath
from mobileseg.models.blocks.tokens import to_map, to_tokens
from mobileseg.models.spec import HALF
from mobileseg.weights.layouts.deeplab2 import from_deeplab2

GOLDEN = Path(__file__).parents[2] / "golden" / "tensorflow"


@pytest.fixture(scope="module")
def small() -> PanopticSegmenter:
    """Axial-DeepLab-S with the weights that deeplab2 had for its golden output."""
    model = segmenter("s", 19).eval()
    model.load_state_dict(from_deeplab2({p: torch.from_numpy(draw(v, s)) for v, s, p in variables("axial-deeplab-s")}))
    return model


def test_equal_to_deeplab2(small: PanopticSegmenter) -> None:
    golden = dict(np.load(GOLDEN / "axial-deeplab-s_129x193.npz"))
    x = make_input((1, 3, 129, 193), int(golden["seed"]))
    with torch.no_grad():
        found = {name: (out, 1) for name, out in small(x).items()}
        features = zip(("res2", "res3", "res5"), small.backbone(x), strict=True)
    assert {name: tuple(out.shape) for name, (out, _) in found.items()} == {
        "semantic": (1, 19, 33, 49),
        "center": (1, 1, 33, 49),
        "offset": (1, 2, 33, 49),
    }
    found["semantic"] = (found["semantic"][0][:, :, ::2, ::2], 1)
    found |= {name: (out[:, ::16, ::4, ::4], 1) for name, out in features}
    for name, (out, _) in found.items():
        assert np.abs(out.numpy() - golden[name]).max() <= 1e-5 * golden[f"{name}_std"], name


def test_every_number_of_a_checkpoint_is_used_once() -> None:
    numbered, last = {}, 0
    for _, shape, path in variables("axial-deeplab-s"):
        numbered[path] = torch.arange(last, last + int(np.prod(shape))).reshape(shape)
        last += numbered[path].numel()
    state = {k: v for k, v in from_deeplab2(numbered).items() if not k.endswith("num_batches_tracked")}
    assert torch.equal(torch.cat([value.flatten() for value in state.values()]).sort().values, torch.arange(last))


@pytest.mark.parametrize(
    ("name", "variant", "build"),
    [("axial-deeplab-s", "s", segmenter), ("axial-swidernet-1-1-1", "1-1-1", axial_swidernet.segmenter)],
)
def test_every_variable_has_its_key(name: str, variant: str, build: object) -> None:
    with torch.device("meta"):
        found = from_deeplab2({path: torch.empty(shape) for _, shape, path in variables(name)})
        wanted = build(variant, 19).state_dict()  # type: ignore[operator]  # a factory
    assert {k: v.shape for k, v in found.items()} == {k: v.shape for k, v in wanted.items()}


@pytest.mark.parametrize(
    ("variant", "backbone", "head"),
    [
        ("s", 11_565_856, 890_054),
        ("m", 25_113_296, 1_167_558),
        ("l", 43_841_920, 1_445_062),
        ("xl", 170_734_656, 2_555_078),
        ("1-1-1", 136_399_392, 1_445_062),
        ("1-1-3", 393_935_520, 1_445_062),
        ("1-1-4.5", 570_346_912, 1_445_062),
    ],
)
def test_sizes(variant: str, backbone: int, head: int) -> None:
    """S, L and 1-1-1 as deeplab2 counts them; XL: 173.0 M in the paper, whose tables are shorter."""
    build = axial_swidernet.segmenter if "-" in variant else segmenter
    with torch.device("meta"):
        model = build(variant, 19)
    counts = [sum(p.numel() for p in part.parameters()) for part in (model.backbone, model.decode_head)]
    assert counts == [backbone, head]


@pytest.mark.parametrize("block", [AxialBlock(8, 16, 2), BasicBlock(8, 16, 2), AxialBlock(64, 16, 2)])
@pytest.mark.parametrize("side", [(9, 12), (8, 7)])
def test_a_stride_takes_every_second_position(block: AxialBlock | BasicBlock, side: tuple[int, int]) -> None:
    fill(block).eval()
    whole = block.__class__(block.conv1.c.in_channels, 16).eval()
    whole.load_state_dict(block.state_dict())
    x = torch.randn(1, block.conv1.c.in_channels, *side)
    with torch.no_grad():
        found, skipped = block(x), block.skip(x)
        assert torch.allclose(skipped, whole.skip(x)[:, :, ::2, ::2], atol=1e-6)
    assert found.shape[2:] == tuple(-(-n // 2) for n in side)
    assert (found >= 0).all()
    if isinstance(block, AxialBlock):
        with torch.no_grad():
            x = whole.height_axis(torch.relu(whole.conv1(x)))[:, :, ::2]
            wanted = torch.relu(whole.conv3(torch.relu(whole.width_axis(x)))[..., ::2] + skipped)
        assert torch.allclose(found, wanted, atol=1e-5)


def test_an_untrained_block_is_its_shortcut() -> None:
    x = torch.randn(1, 64, 5, 6).relu()
    for block in (AxialBlock(64, 16), BasicBlock(64, 16)):
        assert torch.equal(block.eval()(x), x)


def drop_rates(model: nn.Module) -> dict[str, float]:
    rates = {name: part.rate for name, part in model.named_modules() if isinstance(part, DropPath)}
    return {name.removeprefix("backbone.").removesuffix(".drop_path"): round(rate, 6) for name, rate in rates.items()}


def test_drop_path_rises_with_the_stage_as_deeplab2_configures_it() -> None:
    with torch.device("meta"):
        rates = drop_rates(axial_swidernet.segmenter("1-1-1", 19))
        assert drop_rates(segmenter("s", 19)) == {}
    assert [rates.get(f"stage{i}.block1", 0) for i in range(1, 6)] == [0, 0, 0.05, 0.1, 0.15]
    assert [rates.get(f"stage{i}.block2", 0) for i in range(1, 6)] == [0, 0.05, 0.1, 0.15, 0.2]


def test_batchnorms_are_tensorflows(small: PanopticSegmenter) -> None:
    norms = [part for part in small.modules() if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-3, 0.01)}
    assert len(norms) == sum(variable.endswith("/gamma") for variable, _, _ in variables("axial-deeplab-s"))


def features(model: PanopticSegmenter, x: Tensor) -> list[Tensor]:
    with torch.no_grad():
        out: list[Tensor] = model.backbone(x)
    return out


@pytest.mark.parametrize("size", [(16, 17), (33, 48)])
def test_maps_have_the_strides_of_any_size(small: PanopticSegmenter, size: tuple[int, int]) -> None:
    maps = features(small, torch.zeros(1, 3, *size))
    wanted = [tuple(-(-n // stride) for n in size) for stride in (4, 8, 16)]
    assert [tuple(m.shape[2:]) for m in maps] == wanted
    assert [m.shape[1] for m in maps] == [128, 256, 1024]


@pytest.fixture(scope="module")
def shallow() -> PanopticSegmenter:
    """Axial-DeepLab-S with one block a stage: every kind of block, stride and map, in a quarter of the time."""
    torch.manual_seed(0)
    backbone = AxialDeepLabBackbone(0.5, blocks=(1, 1, 1, 1))
    model = fill(PanopticSegmenter(backbone, backbone.channels, 5), salt=6).eval()
    assert isinstance(model, PanopticSegmenter)
    return model


SIDES = st.tuples(st.integers(1, 7), st.integers(0, 1)).map(lambda n: 16 * n[0] + n[1])


@settings(deadline=None, max_examples=8)
@given(height=SIDES, width=SIDES)
@example(height=17, width=304)  # a map of 152 columns: the local span
@example(height=288, width=16)
def test_deploy_model_equals_the_reference_model_at_any_size(
    shallow: PanopticSegmenter, height: int, width: int
) -> None:
    pixels = make_input((1, 3, height, width), height + width) * 50
    with torch.no_grad():
        wanted = shallow(pixels / 127.5)
        found = PanopticDeploy(shallow, height, width, HALF).eval()(pixels)
        alone = PanopticDeploy(shallow, height, width, HALF, semantic_only=True).eval()(pixels)
    assert list(found) == list(wanted) == ["semantic", "center", "offset"]
    for name, out in wanted.items():
        assert (found[name] - out).abs().max() <= 1e-5 * out.std(), name
    assert torch.equal(alone, found["semantic"])


def test_the_semantic_export_drops_the_instance_branch(shallow: PanopticSegmenter) -> None:
    with torch.no_grad():  # every constant a parameter
        whole, alone = (PanopticDeploy(shallow, 32, 48, HALF, semantic_only=only) for only in (False, True))
    counts = [sum(p.numel() for p in module.parameters()) for module in (whole, alone)]
    instance = sum(p.numel() for p in whole.head.get_submodule("instance").parameters())
    assert counts[0] - counts[1] == instance > 100_000


@settings(deadline=None, max_examples=25)
@given(
    sides=st.tuples(st.integers(1, 40), st.integers(1, 4)), axis=st.sampled_from(["height", "width"]),
    span=st.sampled_from([None, 3, 9]), seed=st.integers(0, 99),
)  # fmt: skip
def test_queries_that_a_stride_drops_are_not_computed(
    sides: tuple[int, int], axis: Axis, span: int | None, seed: int
) -> None:
    height, width = sides if axis == "height" else sides[::-1]
    torch.manual_seed(seed)
    layer = fill(AxialAttention(axis, 12, 8, 16, length=40, heads=4, span=span), salt=seed).eval()
    assert isinstance(layer, AxialAttention)
    x = torch.randn(1, 12, height, width)
    with torch.no_grad():
        whole = layer(x)
        wanted = whole[:, :, ::2] if axis == "height" else whole[..., ::2]
        found = to_map(AxialAttentionDeploy(layer, height, width, stride=2)(to_tokens(x)))
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() <= 1e-5 * max(float(wanted.abs().max()), 1)


@settings(deadline=None, max_examples=10)
@given(sides=st.tuples(st.integers(1, 9), st.integers(1, 9)), kind=st.sampled_from([(16, 1), (8, 1), (8, 2)]))
def test_convolutional_blocks_are_folded(sides: tuple[int, int], kind: tuple[int, int]) -> None:
    channels, stride = kind
    block = fill(BasicBlock(channels, 4, stride)).eval()
    assert isinstance(block, BasicBlock)
    x = torch.randn(1, channels, *sides).relu()
    with torch.no_grad():
        wanted, found = block(x), BasicBlockDeploy(block)(x)
    assert (found - wanted).abs().max() <= 1e-5 * max(float(wanted.abs().max()), 1)
