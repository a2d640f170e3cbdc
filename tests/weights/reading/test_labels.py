from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mobileseg.weights.reading.checkpoint import read_checkpoint
from mobileseg.weights.reading.labels import Labels, find_labels

NAMES, PALETTE = ("road", "sky"), [[1, 2, 3], [4, 5, 6]]
WHOLE = Labels(NAMES, ((1, 2, 3), (4, 5, 6)))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"meta": {"CLASSES": NAMES, "PALETTE": PALETTE}}, WHOLE),
        ({"meta": {"dataset_meta": {"classes": NAMES, "palette": PALETTE}}}, WHOLE),
        ({"dataset_meta": {"classes": list(NAMES), "palette": PALETTE}}, WHOLE),
        ({"class_names": list(NAMES)}, Labels(NAMES)),
        ({"hyper_parameters": {"class_names": {0: "road", 1: "sky"}}}, Labels(NAMES)),
        ({"meta": {"CLASSES": NAMES, "PALETTE": PALETTE[:1]}}, Labels(NAMES)),
        ({"meta": {"CLASSES": NAMES, "PALETTE": [[1, 2, 300], [0, 0, 0]]}}, Labels(NAMES)),
        ({"meta": {"CLASSES": ("road", "road")}}, None),
        ({"meta": {"CLASSES": ("road", 7)}}, None),
        ({"meta": {"CLASSES": ("road", "\ud800")}}, None),  # half of a letter, which no manifest can hold
        ({"meta": {"CLASSES": None}, "class_names": list(NAMES)}, Labels(NAMES)),
        ({"meta": "text", "classes": 19}, None),
        (7, None),
    ],
)
def test_names_and_colours_beside_the_weights(content: Any, found: Labels | None) -> None:
    assert find_labels(content) == found


def test_colours_as_an_array(tmp_path: Path, save: Callable[..., Path]) -> None:
    content = {"state_dict": {"a": torch.ones(1)}, "meta": {"CLASSES": NAMES, "PALETTE": np.array(PALETTE, np.uint8)}}
    assert read_checkpoint(save(content)).labels == WHOLE


def test_metadata_of_safetensors(tmp_path: Path) -> None:
    metadata = {"classes": json.dumps(NAMES), "palette": json.dumps(PALETTE), "format": "pt"}
    save_file({"a": torch.ones(1)}, tmp_path / "a.safetensors", metadata)
    assert read_checkpoint(tmp_path / "a.safetensors").labels == WHOLE
    save_file({"a": torch.ones(1)}, tmp_path / "b.safetensors", {"classes": "[" * 100_000, "palette": "x"})
    assert read_checkpoint(tmp_path / "b.safetensors").labels is None
