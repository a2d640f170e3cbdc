import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_weights import fill
from torch import nn

from mobileseg.models.blocks.rewrites import without_bias
from mobileseg.models.heads.semantic_fpn import FeaturePyramid, SemanticFpnHead
from mobileseg.models.heads.semantic_fpn_deploy import (
    MergedLevel,
    Nearest,
    SemanticFpnDeploy,
    interleave,
    on_halves,
    product,
)

HALVES = st.integers(2, 9)


@settings(deadline=None, max_examples=20)
@given(height=HALVES, width=HALVES, seed=st.integers(0, 99))
def test_a_merged_level_is_exact_to_the_corners(height: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    lateral, first, second = nn.Conv2d(3, 6, 1), nn.Conv2d(6, 6, 3, padding=1), nn.Conv2d(6, 5, 3, padding=1)
    fine, coarse = torch.randn(1, 3, 2 * height, 2 * width), torch.randn(1, 6, height, width)
    merged = MergedLevel(lateral, first, second, (2 * height, 2 * width))
    with torch.no_grad():
        inner = without_bias(lateral)(fine) + F.interpolate(coarse, scale_factor=2, mode="nearest")
        wanted = F.relu(second(first(inner)))
        torch.testing.assert_close(merged(fine, coarse), wanted, atol=1e-5, rtol=1e-5)


def test_the_sides_matter() -> None:
    torch.manual_seed(0)
    lateral, first, second = nn.Conv2d(2, 3, 1), nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
    merged = MergedLevel(lateral, first, second, (8, 8))
    fine, coarse = torch.randn(1, 2, 8, 8), torch.randn(1, 3, 4, 4)
    with torch.no_grad():
        with_sides = merged(fine, coarse)
        for side in (merged.top, merged.bottom, merged.left, merged.right):
            side.inside.weight.zero_()
        difference = (merged(fine, coarse) - with_sides).abs()
    assert difference[:, :, 1:-1, 1:-1].max() == 0
    for strip in (difference[:, :, 0], difference[:, :, -1], difference[..., 0], difference[..., -1]):
        assert strip.max() > 1e-3


@settings(deadline=None, max_examples=20)
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    sides=st.sampled_from([(True, True), (True, False), (False, True)]),
)
def test_nearest_doubling(height: int, width: int, sides: tuple[bool, bool]) -> None:
    x = torch.randn(1, 3, height, width)
    wanted = F.interpolate(x, size=(height * (1 + sides[0]), width * (1 + sides[1])), mode="nearest")
    assert torch.equal(Nearest((height, width), *sides)(x), wanted)


def test_a_kernel_on_copies_is_a_kernel_on_halves() -> None:
    torch.manual_seed(0)
    first, second = nn.Conv2d(4, 3, 3).double(), nn.Conv2d(3, 5, 3).double()
    x = torch.randn(1, 4, 6, 7, dtype=torch.float64)
    kernel = product(second, first)
    twice = F.interpolate(x, scale_factor=2, mode="nearest")
    bare = F.conv2d(F.conv2d(twice, first.weight), second.weight)
    torch.testing.assert_close(F.conv2d(twice, kernel), bare)
    found = interleave(F.conv2d(x, on_halves(kernel), padding=1))
    torch.testing.assert_close(found, F.conv2d(twice, kernel, padding=2))


@settings(deadline=None, max_examples=10)
@given(height=st.integers(1, 5), width=st.integers(1, 5), seed=st.integers(0, 99))
def test_neck_and_head_at_any_size(height: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    channels, sizes = (3, 4, 6, 5), [(8 * height >> i, 8 * width >> i) for i in range(4)]
    neck = fill(FeaturePyramid(channels, 8), salt=seed).eval()
    head = fill(SemanticFpnHead(7, 8, 6), salt=seed).eval()
    assert isinstance(neck, FeaturePyramid)
    assert isinstance(head, SemanticFpnHead)
    features = [torch.randn(1, count, *size) for count, size in zip(channels, sizes, strict=True)]
    with torch.no_grad():
        wanted, found = head(neck(features)), SemanticFpnDeploy(neck, head, sizes[0])(features)
    assert (found - wanted).abs().max() <= 1e-5 * wanted.std()
