"""Plain and averaged weights in one file, and several networks of which one is meant."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import mobileseg
from mobileseg.errors import CheckpointError

Tensors = dict[str, Tensor]
Save = Callable[..., Path]
Contents = Callable[[Tensors, Tensors], Any]


def under(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}{key}": value for key, value in tensors.items()}


BOTH: dict[str, Contents] = {
    "timm": lambda plain, ema: {"state_dict": plain, "state_dict_ema": ema},
    "model_ema": lambda plain, ema: {"model": plain, "model_ema": ema},
    "ema_state_dict": lambda plain, ema: {"model_state_dict": plain, "ema_state_dict": ema},
    "params": lambda plain, ema: {"params": plain, "params_ema": ema},
    "nested": lambda plain, ema: {"model": plain, "ema": {"module": under("module.", ema), "updates": 9}},
    "prefixes": lambda plain, ema: {"state_dict": {**under("model.", plain), **under("ema_model.module.", ema)}},
    "bare and prefix": lambda plain, ema: {"state_dict": {**plain, **under("model_ema.", ema)}},
    "student and teacher": lambda plain, ema: {**under("student.", plain), **under("teacher.", ema)},
    "mmengine": lambda plain, ema: {
        "state_dict": ema, "ema_state_dict": {**under("module.", plain), "steps": torch.tensor(1)}, "message_hub": {}, "meta": {},
    },
    "lightning": lambda plain, ema: {
        "state_dict": under("model.", ema), "current_model_state": under("model.", plain), "averaging_state": {},
        "pytorch-lightning_version": "2.6",
    },
}  # fmt: skip


def holds(model: torch.nn.Module, tensors: Tensors) -> bool:
    return all(torch.equal(value, tensors[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", BOTH)
def test_the_averages_by_default_and_either_on_request(
    tiny: Tensors, tiny_ema: Tensors, save: Save, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = save(BOTH[name](tiny, tiny_ema))
    with caplog.at_level(logging.INFO, logger="mobileseg"):
        model = mobileseg.create_model("seaformer-tiny", weights=path)
    assert holds(model, tiny_ema)
    assert any("took the averaged ones; --no-ema takes the others" in line for line in caplog.messages)
    assert holds(mobileseg.create_model("seaformer-tiny", weights=path, ema=True), tiny_ema)
    assert holds(mobileseg.create_model("seaformer-tiny", weights=path, ema=False), tiny)
    report = mobileseg.load_weights(model, path, ema=False)
    assert not report.averaged
    assert "took the plain ones; --ema takes the others" in report.choice


def test_a_swap_is_said(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    model = mobileseg.create_model("seaformer-tiny", num_classes=5)
    report = mobileseg.load_weights(model, save(BOTH["mmengine"](tiny, tiny_ema)))
    assert "entry 'state_dict', where its trainer stores the averages" in report.choice


def test_a_choice_that_is_none_is_refused(tiny: Tensors, save: Save) -> None:
    with pytest.raises(
        CheckpointError, match=r"averaged weights, as --ema asks; found only plain ones .*entry 'model'"
    ):
        mobileseg.create_model("seaformer-tiny", weights=save({"model": tiny}), ema=True)
    with pytest.raises(
        CheckpointError, match=r"plain weights, as --no-ema asks; found only averaged ones .*entry 'ema'"
    ):
        mobileseg.create_model("seaformer-tiny", weights=save({"ema": tiny}), ema=False)
    assert holds(mobileseg.create_model("seaformer-tiny", weights=save({"ema": tiny})), tiny)


def test_a_whole_network_comes_before_a_part(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    """A teacher without a head is no choice."""
    backbone = {key: value for key, value in tiny_ema.items() if key.startswith("backbone.")}
    model = mobileseg.create_model("seaformer-tiny", weights=save({"student": tiny, "teacher": backbone}))
    assert holds(model, tiny)


def test_averages_of_another_network_are_not_taken_by_default(
    tiny: Tensors, tiny_ema: Tensors, small: Tensors, save: Save
) -> None:
    """A teacher of another size; an average without the statistics of the normalisation."""
    parameters = {key: value for key, value in tiny_ema.items() if "running" not in key}
    for other in (small, parameters):
        path = save({**under("student.", tiny), **under("teacher.", other), "criterion.weight": torch.ones(1)})
        model = mobileseg.create_model("seaformer-tiny", weights=path)
        assert holds(model, tiny)
        assert "the averaged ones are not all of the same network" in mobileseg.load_weights(model, path).choice
        with pytest.raises(CheckpointError):
            mobileseg.create_model("seaformer-tiny", weights=path, ema=True)
    both = save({**tiny, "criterion.weight": torch.ones(1), **under("ema.", tiny_ema)})
    assert holds(mobileseg.create_model("seaformer-tiny", weights=both), tiny_ema)


def test_known_names_come_before_others(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    for content in (
        {"state_dict": tiny, "best": tiny_ema},
        {"best": tiny_ema, "model": tiny},
        {"state_dict": {**under("best.", tiny_ema), **under("model.", tiny)}},
    ):
        assert holds(mobileseg.create_model("seaformer-tiny", weights=save(content)), tiny)


def test_two_that_are_alike_are_refused_unless_equal(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    for content in ({"one": tiny, "two": tiny_ema}, {**under("one.", tiny), **under("two.", tiny_ema)}):
        with pytest.raises(CheckpointError, match=r"one network in the file; found 2 in weights\.pth: .*one.*two"):
            mobileseg.create_model("seaformer-tiny", weights=save(content))
    same = save({**under("one.", tiny), **under("two.", tiny)})  # one module that two attributes hold
    assert holds(mobileseg.create_model("seaformer-tiny", weights=same), tiny)
