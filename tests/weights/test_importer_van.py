from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import mobileseg
from mobileseg.errors import CheckpointError
from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS
from mobileseg.weights.identify import identify

Tensors = dict[str, Tensor]
Save = Callable[..., Path]
NAMES = [name for name, spec in MODELS.items() if spec.family == "VAN"]
AUXILIARY = "auxiliary_head."


def shapes(name: str, num_classes: int = 150) -> Tensors:
    """A checkpoint of a large model that takes no room: every tensor one number, seen many times."""
    with torch.device("meta"):
        state = build(MODELS[name], num_classes).state_dict()
    return {key: torch.zeros((), dtype=value.dtype).expand(value.shape) for key, value in state.items()}


@pytest.fixture(scope="module")
def b0() -> Tensors:
    """The state_dict of a van-b0 with 7 classes, as VAN-Classification writes it. Read-only: it is shared."""
    return dict(mobileseg.create_model("van-b0", num_classes=7, seed=1).state_dict())


@pytest.fixture(scope="module")
def upernet() -> Tensors:
    """The state_dict of a van-b0-upernet with 5 classes, as VAN-Segmentation writes it."""
    return dict(mobileseg.create_model("van-b0-upernet", num_classes=5, seed=2).state_dict())


@pytest.mark.parametrize("prefix", ["", "backbone.", "module."])
def test_a_classifier_s_checkpoint(b0: Tensors, save: Save, prefix: str) -> None:
    path = save({"state_dict": {f"{prefix}{key}": value for key, value in b0.items()}})
    state = mobileseg.create_model("van-b0", weights=str(path)).state_dict()
    assert all(torch.equal(state[key], value) for key, value in b0.items())


@pytest.mark.parametrize("name", ["van-b0-fpn", "van-b0-upernet", "van-b0-light"])
def test_a_classifier_s_checkpoint_starts_every_segmenter_which_keeps_its_own_eps(
    b0: Tensors, save: Save, name: str
) -> None:
    model = mobileseg.create_model(name, num_classes=3)
    report = mobileseg.load_weights(model, str(save({"state_dict": b0})))
    assert not report.head_trained
    assert all(key.startswith(MODELS[name].head_prefixes) for key in report.missing)
    assert set(report.unexpected) == {"backbone.head.weight", "backbone.head.bias"}
    state = model.state_dict()
    assert all(torch.equal(state[f"backbone.{key}"], value) for key, value in b0.items() if not key.startswith("head."))
    assert {part.eps for part in model.modules() if isinstance(part, nn.LayerNorm)} == {1e-5}


def test_the_auxiliary_head_may_be_missing(upernet: Tensors, save: Save) -> None:
    assert mobileseg.create_model("van-b0-upernet", weights=str(save({"state_dict": upernet}))).mobileseg_classes == 5
    without = {key: value for key, value in upernet.items() if not key.startswith(AUXILIARY)}
    model = mobileseg.create_model("van-b0-upernet", num_classes=5, seed=3)
    report = mobileseg.load_weights(model, str(save({"meta": {}, "state_dict": without})))
    assert report.head_trained
    assert (report.loaded, report.missing, report.unexpected) == (len(without), (), ())
    assert not torch.equal(model.auxiliary_head.conv_seg.weight, upernet[f"{AUXILIARY}conv_seg.weight"])


def test_a_head_that_lacks_something_else_is_refused(upernet: Tensors, save: Save) -> None:
    key = "decode_head.psp_modules.2.1.conv.weight"
    path = save({name: value for name, value in upernet.items() if name != key})
    with pytest.raises(CheckpointError, match=rf"1 missing \({key}\)"):
        mobileseg.create_model("van-b0-upernet", weights=str(path))


@pytest.mark.parametrize("name", NAMES)
def test_every_checkpoint_is_distinguished_from_its_siblings(name: str) -> None:
    assert identify(shapes(name, 19)) == name  # B1 to B4 have the same widths, and B2 has every key of B1


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("van-b1", "van-b2"),
        ("van-b2", "van-b1"),
        ("van-b1-fpn", "van-b2"),
        ("van-b1-fpn", "van-b3-fpn"),
        ("van-b0-fpn", "van-b0-upernet"),
        ("van-b0-light", "van-b0-fpn"),
    ],
)
def test_another_variant_or_head_is_refused_with_both_names(save: Save, asked: str, given: str) -> None:
    with pytest.raises(CheckpointError, match=rf"checkpoint of {asked}; found one of {given} \("):
        mobileseg.create_model(asked, weights=str(save(shapes(given))))


def test_another_family_is_refused(b0: Tensors, save: Save) -> None:
    with pytest.raises(CheckpointError, match="seaformer-tiny; found one of van-b0 "):
        mobileseg.create_model("seaformer-tiny", weights=str(save(b0)))
