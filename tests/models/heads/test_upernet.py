import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_weights import fill
from torch import nn

from mobileseg.models.heads.upernet import UPerHead
from mobileseg.models.heads.upernet_deploy import PyramidPool, UPerDeploy, parts

SIDES = st.integers(1, 20)


def test_parts_of_a_convolution_sum_to_it() -> None:
    conv = nn.Conv2d(9, 4, 3, padding=1)
    maps = [torch.randn(1, channels, 5, 6) for channels in (2, 4, 3)]
    with torch.no_grad():
        found = sum(part(x) for part, x in zip(parts(conv, (2, 4, 3)), maps, strict=True))
        torch.testing.assert_close(found, conv(torch.cat(maps, 1)), atol=1e-5, rtol=1e-5)


@settings(deadline=None, max_examples=12)
@given(height=SIDES, width=SIDES, seed=st.integers(0, 99))
def test_pyramid_pool_at_odd_maps(height: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    head = fill(UPerHead((3, 5), 4, width=6), salt=seed).eval()
    assert isinstance(head, UPerHead)
    x = torch.randn(1, 5, height, width)
    with torch.no_grad():
        wanted, found = head.pool(x), PyramidPool(head, (height, width))(x)
    assert (found - wanted).abs().max() <= 1e-5


@settings(deadline=None, max_examples=12)
@given(height=st.integers(1, 7), width=st.integers(1, 7), seed=st.integers(0, 99))
def test_the_head_at_odd_maps(height: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    channels, sizes = (
        (3, 4, 5, 6),
        [(8 * height - 7, 8 * width), (4 * height - 3, 4 * width), (2 * height - 1, 2 * width), (height, width)],
    )
    head = fill(UPerHead(channels, 7, width=8), salt=seed).eval()
    assert isinstance(head, UPerHead)
    features = [torch.randn(1, count, *size) for count, size in zip(channels, sizes, strict=True)]
    with torch.no_grad():
        wanted, found = head(features), UPerDeploy(head, sizes[-1])(features)
    assert (found - wanted).abs().max() <= 1e-5 * max(float(wanted.std()), 0.1)
