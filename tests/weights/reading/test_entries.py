from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mobileseg.weights.reading.checkpoint import read_checkpoint
from mobileseg.weights.reading.entries import is_averaged

Save = Callable[..., Path]
ONE, TWO = {"a": torch.ones(2)}, {"a": torch.zeros(2)}


def entries(path: Path) -> dict[str, bool]:
    return {entry.name: entry.averaged for entry in read_checkpoint(path).entries}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"state_dict": ONE, "state_dict_ema": TWO}, {"state_dict": False, "state_dict_ema": True}),
        ({"model": ONE, "model_ema": TWO}, {"model": False, "model_ema": True}),
        ({"model_state_dict": ONE, "ema_state_dict": TWO}, {"model_state_dict": False, "ema_state_dict": True}),
        ({"params": ONE, "params_ema": TWO}, {"params": False, "params_ema": True}),
        ({"net": ONE, "swa_model": TWO}, {"net": False, "swa_model": True}),
        ({"model": ONE, "ema": {"module": TWO, "updates": 3}}, {"model": False, "ema.module": True}),
        ({"student": ONE, "teacher": TWO, "epoch": 1}, {"student": False, "teacher": True}),
        ({"modelEma": TWO}, {"modelEma": True}),
        ({"a": {"b": {"c": ONE}}}, {"a.b.c": False}),
        ({**ONE, "epoch": 3}, {"": False}),
        # What else has tensors
        ({"state_dict": ONE, "optimizer": {"state": {"x": TWO}}, "scaler": TWO}, {"state_dict": False}),
        ({"state_dict": ONE, "callbacks": {"average_model_state": TWO}}, {"state_dict": False}),
        ({"state_dict": ONE, "rng_state": torch.ones(3)}, {"": False, "state_dict": False}),
    ],
)
def test_where_the_weights_are_and_which_are_averages(save: Save, content: Any, found: dict[str, bool]) -> None:
    assert entries(save(content)) == found


def test_trainers_that_store_the_averages_as_the_plain_weights(save: Save) -> None:
    """mmengine's EMAHook swaps both, and Lightning's WeightAveraging moves the plain ones away."""
    hook = {"state_dict": ONE, "ema_state_dict": {"module.a": TWO["a"], "steps": torch.tensor(7)}, "message_hub": {}}
    assert entries(save(hook)) == {"state_dict": True, "ema_state_dict": False}
    averaging = {"state_dict": ONE, "current_model_state": TWO, "averaging_state": {"n_averaged": torch.tensor(3)}}
    assert entries(save(averaging)) == {"state_dict": True, "current_model_state": False}


@pytest.mark.parametrize(
    "name", ["ema", "model_ema", "ema_model.", "emaModel", "teacher.", "swa.model", "avg_model", "EMA"]
)
def test_names_of_averages(name: str) -> None:
    assert is_averaged(name)


@pytest.mark.parametrize("name", ["", "model.", "schema", "cinema.", "state_dict", "student."])
def test_names_of_others(name: str) -> None:
    assert not is_averaged(name)


def test_arrays_are_tensors_where_they_hold_numbers(save: Save) -> None:
    found = read_checkpoint(save({"model": {"a": np.ones(2, np.float16), "b": np.array(["x"]), **TWO}})).entries[0]
    assert {key: value.dtype for key, value in found.tensors.items()} == {"a": torch.float32}
    plain = read_checkpoint(save({"model": {"c": np.ones(2, np.float16), "b": np.array(["x"])}})).entries[0]
    assert {key: value.dtype for key, value in plain.tensors.items()} == {"c": torch.float16}
