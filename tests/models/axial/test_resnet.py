import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_weights import fill, make_input
from torch import nn

import mobileseg
from mobileseg.errors import RequestError, SizeError
from mobileseg.models.axial.attention import AxialAttention
from mobileseg.models.axial.resnet import (
    FULL_SPAN,
    VARIANTS,
    AxialBlock,
    AxialResNet,
    StridedPointwise,
    Variant,
    classifier,
)
from mobileseg.models.axial.resnet_deploy import AxialBlockDeploy, ClassifierDeploy
from mobileseg.models.blocks.tokens import to_map, to_tokens
from mobileseg.models.factory import spec_of, stretch_tables

STD = (50.0, 60.0, 70.0)


@settings(deadline=None, max_examples=25)
@given(
    sides=st.tuples(st.integers(1, 9), st.integers(1, 9)), stride=st.sampled_from([1, 2]), length=st.sampled_from([18, None]),
    channels=st.sampled_from([16, 32]), seed=st.integers(0, 99),
)  # fmt: skip
@example(sides=(9, 1), stride=2, length=None, channels=32, seed=0)
def test_a_block_on_tokens(sides: tuple[int, int], stride: int, length: int | None, channels: int, seed: int) -> None:
    height, width = (stride * side for side in sides)
    block = fill(AxialBlock(channels, 16, stride, length), salt=seed).eval()
    assert isinstance(block, AxialBlock)
    x = torch.randn(1, channels, height, width, generator=torch.Generator().manual_seed(seed)).relu()
    with torch.no_grad():
        wanted = block(x)
        found = to_map(AxialBlockDeploy(block, height, width)(to_tokens(x)))
    assert found.shape == wanted.shape == (1, 32, *sides)
    assert (found - wanted).abs().max() <= 1e-5 * max(float(wanted.abs().max()), 1)


SIDES = st.integers(1, 4).map(lambda n: 32 * n)


@pytest.fixture(scope="module", params=[False, True], ids=["convolution-stem", "full"])
def shallow(request: pytest.FixtureRequest) -> AxialResNet:
    model = fill(AxialResNet(Variant((1, 1, 1, 1), 16, full=request.param), 5), salt=2).eval()
    assert isinstance(model, AxialResNet)
    return model


@settings(deadline=None, max_examples=6)
@given(height=SIDES, width=SIDES)
def test_deploy_model_equals_the_reference_model_at_any_size(shallow: AxialResNet, height: int, width: int) -> None:
    pixels = make_input((1, 3, height, width), height + width) * 50
    with torch.no_grad():
        wanted = shallow(pixels / torch.tensor(STD).reshape(3, 1, 1))
        found = ClassifierDeploy(shallow, height, width, STD).eval()(pixels)
    assert (found - wanted).abs().max() <= 1e-5 * wanted.std()


def lengths(model: nn.Module) -> list[int]:
    return [layer.length for layer in model.modules() if isinstance(layer, AxialAttention)][::2]


def test_tables_are_as_long_as_the_maps_at_224_pixels() -> None:
    """Of the attended map: a block strides after its attention."""
    with torch.device("meta"):
        assert lengths(classifier("26-s", 10)) == [56, 56, 28, 28, 14, 14, 14, 14]
        assert lengths(classifier("s", 10)) == [56] * 4 + [28] * 4 + [14] * 6 + [7] * 2


@pytest.mark.parametrize(("variant", "millions"), [("26-s-full", 6.4), ("s-full", 12.5)])
def test_the_full_variant_with_deeplab2s_tables_has_the_papers_size(variant: str, millions: float) -> None:
    """12.5 M in the paper, for the small one; its tables are deeplab2's, of 509 offsets."""
    with torch.device("meta"):
        model = classifier(variant, 1000)
    layers = [layer for layer in model.modules() if isinstance(layer, AxialAttention)]
    assert {(layer.span, layer.relative.shape[1]) for layer in layers} == {(FULL_SPAN, FULL_SPAN)}
    rows = sum(layer.relative.shape[0] for layer in layers)
    parameters = sum(p.numel() for p in model.parameters()) + rows * (509 - FULL_SPAN)
    assert round(parameters / 1e6, 1) == millions


@pytest.mark.parametrize("variant", VARIANTS)
def test_values_have_twice_the_channels_of_keys_and_outputs_of_attention(variant: str) -> None:
    with torch.device("meta"):
        blocks = classifier(variant, 10).blocks()
    for block in blocks:
        layer = block.hight_block
        assert (layer.heads, layer.value_dim) == (8, 2 * layer.key_dim)
        assert block.conv_up.out_channels == 2 * 8 * layer.value_dim == 2 * block.conv_up.in_channels


def test_an_image_beyond_the_tables_is_refused_until_they_are_stretched() -> None:
    model = fill(mobileseg.create_model("axial-resnet26-s", num_classes=3))
    with pytest.raises(SizeError, match="from 32 to 224, which the position tables of axial-resnet26-s reach"):
        mobileseg.deploy(model, 256, 224)
    with pytest.raises(RequestError, match="reach 224 pixels"):
        stretch_tables(model, 224, 224)
    stretch_tables(model, 256, 224)
    assert lengths(model)[:3] == [64, 64, 32]
    assert "resampled linearly from trained lengths 56 to 64, 28 to 32, 14 to 16" in spec_of(model).note
    pixels = make_input((1, 3, 256, 224)) * 50
    mean, std = (torch.tensor(numbers).reshape(3, 1, 1) for numbers in (spec_of(model).mean, spec_of(model).std))
    with torch.no_grad():
        wanted, found = model(pixels / std), mobileseg.deploy(model, 256, 224)(pixels + mean)
    assert (found - wanted).abs().max() <= 1e-4 * wanted.std()


def test_the_full_variant_has_no_largest_size() -> None:
    model = mobileseg.create_model("axial-resnet26-s-full", num_classes=3)
    with pytest.raises(RequestError, match="do not limit the size"):
        stretch_tables(model, 512, 512)
    with torch.no_grad():
        assert model(torch.zeros(1, 3, 288, 32)).shape == (1, 3)


@pytest.mark.parametrize("sides", [(64, 96), (5, 7)])
def test_the_strided_shortcut_has_the_gradients_of_the_plain_one(sides: tuple[int, int]) -> None:
    """Channels last, with 3 channels: the gradient of the plain kernel writes beyond its memory there."""
    conv = StridedPointwise(3, 64, 2)
    x = make_input((2, 3, *sides)).contiguous(memory_format=torch.channels_last).requires_grad_()
    found, wanted = conv(x), conv.eval()(x)
    torch.testing.assert_close(found, wanted)
    y = make_input(tuple(found.shape)).contiguous(memory_format=torch.channels_last)
    with torch.backends.mkldnn.flags(enabled=False):  # type: ignore[no-untyped-call]
        exact = torch.autograd.grad(wanted, (x, conv.weight), y)
    for one, other in zip(torch.autograd.grad(found, (x, conv.weight), y), exact, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
