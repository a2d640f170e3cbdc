"""Files as the training code of Axial-ResNet writes them, and files that must be refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

import mobileseg
from mobileseg.errors import CheckpointError

Tensors = dict[str, Tensor]
Save = Callable[..., Path]
NAME = "axial-resnet26-s"


@pytest.fixture(scope="module")
def state() -> Tensors:
    return dict(mobileseg.create_model(NAME, num_classes=7, seed=1).state_dict())


@pytest.fixture(scope="module")
def panoptic() -> Tensors:
    return dict(mobileseg.create_model("axial-deeplab-s", num_classes=7).state_dict())


@pytest.mark.parametrize("prefix", ["", "module."])
def test_the_authors_training_file(state: Tensors, save: Save, prefix: str) -> None:
    net = {f"{prefix}{key}": value for key, value in state.items()}
    path = save({"net": net, "optim": {"state": {}, "param_groups": [{"lr": 0.1}]}, "epoch": 99})
    model = mobileseg.create_model(NAME, num_classes=7, seed=9)
    report = mobileseg.load_weights(model, str(path))
    assert (report.loaded, report.missing, report.unexpected) == (len(state), (), ())
    assert report.layout == "training file, entry 'net'"
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


def test_neither_network_accepts_the_others_file(state: Tensors, panoptic: Tensors, save: Save) -> None:
    for asked, tensors, found in ((NAME, panoptic, "axial-deeplab-s"), ("axial-deeplab-s", state, NAME)):
        with pytest.raises(CheckpointError, match=rf"checkpoint of {asked}; found one of {found} \(") as caught:
            mobileseg.create_model(asked, weights=str(save(tensors)))
        assert caught.value.fix == f"use the model {found}"


@pytest.mark.parametrize("asked", ["axial-resnet-s", f"{NAME}-full"])
def test_another_variant_is_refused_with_both_names(state: Tensors, save: Save, asked: str) -> None:
    with pytest.raises(CheckpointError, match=rf"checkpoint of {asked}; found one of {NAME} \("):
        mobileseg.create_model(asked, weights=str(save({"net": state})))


def test_stretched_tables_are_another_models(save: Save) -> None:
    """What was trained at 256 pixels does not load as if it were trained at 224."""
    model = mobileseg.create_model(NAME, num_classes=7)
    mobileseg.models.factory.stretch_tables(model, 256, 256)
    with pytest.raises(CheckpointError, match="another shape"):
        mobileseg.create_model(NAME, weights=str(save(dict(model.state_dict()))))
