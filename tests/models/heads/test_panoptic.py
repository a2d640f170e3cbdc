import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_weights import fill
from torch import nn

from mobileseg.models.heads.panoptic import Decoder, PanopticHead, SemanticBranch
from mobileseg.models.heads.panoptic_deploy import PanopticHeadDeploy, SemanticBranchDeploy

CHANNELS = (12, 20, 28)


def maps(height: int, width: int, seed: int = 0) -> tuple[list[torch.Tensor], list[tuple[int, int]]]:
    """Feature maps of strides 4, 8 and 16 for an image of ``height`` x ``width``, and their sizes."""
    sizes = [(-(-height // stride), -(-width // stride)) for stride in (4, 8, 16)]
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(1, c, *s, generator=generator) for c, s in zip(CHANNELS, sizes, strict=True)], sizes


@settings(deadline=None, max_examples=10)
@given(cells=st.tuples(st.integers(1, 5), st.integers(1, 5)), more=st.tuples(st.integers(0, 1), st.integers(0, 1)))
def test_deploy_model_equals_the_reference_model_at_any_size(cells: tuple[int, int], more: tuple[int, int]) -> None:
    features, sizes = maps(*(16 * n + extra for n, extra in zip(cells, more, strict=True)))
    head = fill(PanopticHead(CHANNELS, 7), salt=3).eval()
    assert isinstance(head, PanopticHead)
    with torch.no_grad():
        wanted, found = head(features), PanopticHeadDeploy(head, sizes)(features)
        alone = SemanticBranchDeploy(head.semantic, sizes)(features)
    assert {name: tuple(out.shape) for name, out in wanted.items()} == {
        "semantic": (1, 7, *sizes[0]),
        "center": (1, 1, *sizes[0]),
        "offset": (1, 2, *sizes[0]),
    }
    for name, out in wanted.items():
        assert (found[name] - out).abs().max() <= 1e-5 * out.std()
    assert torch.equal(alone, found["semantic"])


def test_the_decoder_step_by_step() -> None:
    decoder = fill(Decoder(CHANNELS, project=10, low=(6, 4), width=8)).eval()
    assert isinstance(decoder, Decoder)
    (fine, middle, deep), sizes = maps(65, 97)
    with torch.no_grad():
        x = F.relu(decoder.project(deep))
        for feature, size, low, fuse in zip((middle, fine), sizes[1::-1], decoder.low, decoder.fuse, strict=True):
            wide = F.interpolate(x, size, mode="bilinear", align_corners=True)
            assert torch.equal(wide[..., 0, 0], x[..., 0, 0])
            assert torch.equal(wide[..., -1, -1], x[..., -1, -1])
            joined = torch.cat((wide, F.relu(low(feature))), 1)
            depthwise, pointwise = fuse.get_submodule("depthwise"), fuse.get_submodule("pointwise")
            x = F.relu(pointwise(F.relu(depthwise(joined))))
            assert depthwise.get_parameter("c.weight").shape[2:] == (5, 5)
        assert torch.equal(decoder([fine, middle, deep]), x)
    assert x.shape == (1, 8, *sizes[0])


@pytest.mark.parametrize(("eps", "momentum"), [(1e-3, 0.01), (1e-5, 0.1)])
def test_every_batchnorm_has_the_requested_settings(eps: float, momentum: float) -> None:
    branch = SemanticBranch(CHANNELS, 3, eps=eps, momentum=momentum)
    norms = [part for part in branch.modules() if isinstance(part, nn.BatchNorm2d)]
    assert len(norms) == 9
    assert {(norm.eps, norm.momentum) for norm in norms} == {(eps, momentum)}


def test_widths_that_do_not_fit_the_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Decoder(CHANNELS, project=10, low=(6,), width=8)
