"""What the tests of the whole zoo share: legal sizes, pixels, outputs by name, and how exact float32 can be."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from reference_weights import make_input
from torch import Tensor, nn

from mobileseg.errors import SizeError
from mobileseg.models.axial import model as axial
from mobileseg.models.axial import resnet as axial_resnet
from mobileseg.models.checks import check_size
from mobileseg.models.registry import MODELS, measured
from mobileseg.models.sasa import model as sasa
from mobileseg.models.seaformer import model as seaformer
from mobileseg.models.spec import ModelSpec
from mobileseg.models.van import model as van

LARGE = 20e6  # parameters: what takes seconds to build is built a few times only
WIDE = 40e6  # parameters: up to here even so where no smaller one has the same head
HUGE = 60e6  # what repeats the blocks of a smaller sibling is built without numbers only
SIZES = ((64, 96), (224, 160), (352, 288), (161, 129), (65, 97))


def smallest(names: Iterable[str]) -> str:
    """Of the models named, the one of the fewest parameters."""
    return min(names, key=lambda name: float(measured()[name]["parameters"]))


HEADS = sorted({spec.build for spec in MODELS.values()})
BY_HEAD = [smallest(name for name in MODELS if MODELS[name].build == head) for head in HEADS]
SMALL = [name for name in MODELS if measured()[name]["parameters"] < (WIDE if name in BY_HEAD else LARGE)]
HANDY = [name for name in MODELS if measured()[name]["parameters"] < HUGE]


def one_block_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network with one block in each stage, until the test ends: lowering takes its time by the operator."""
    for family in (axial, axial_resnet, sasa, seaformer, van):
        variants = {name: _shallow(variant) for name, variant in family.VARIANTS.items()}  # type: ignore[attr-defined]  # each has its own
        monkeypatch.setattr(family, "VARIANTS", variants)


def _shallow(variant: Any) -> Any:
    field = "depths" if hasattr(variant, "depths") else "blocks"
    return replace(variant, **{field: (1,) * len(getattr(variant, field))})


def legal_sizes(spec: ModelSpec) -> list[tuple[int, int]]:
    """Up to three of ``SIZES`` that the model takes, the smallest first; its own size where none fits."""
    found = []
    for size in SIZES:
        try:
            check_size(spec, *size)
        except SizeError:
            continue
        found.append(size)
    return found[:3] or [spec.size]


def pixels(spec: ModelSpec, height: int, width: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """RGB 0..255 for the deploy model and the same normalised for the reference model."""
    image = (make_input((1, 3, height, width), seed) * 50 + 110).clamp(0, 255)
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (spec.mean, spec.std))
    return image, (image - mean) / std


def by_name(output: Tensor | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every output under a name; class logits first."""
    return dict(output) if isinstance(output, Mapping) else {"logits": output}


@torch.no_grad()
def assert_equal_but_rounding(model: nn.Module, normalised: Tensor, found: Tensor | Mapping[str, Tensor]) -> None:
    """``found`` is the model's output to 1e-5 of its std; or, where the network amplifies rounding more than that, to twenty
    times the difference of its own float32 and float64 runs (the goldens' tolerance)."""
    with torch.no_grad():
        wanted = by_name(model(normalised))
    errors = {name: float((by_name(found)[name] - out).abs().max() / out.std()) for name, out in wanted.items()}
    if max(errors.values()) <= 1e-5:
        return
    exact = by_name(copy.deepcopy(model).double()(normalised.double()))
    for name, out in wanted.items():
        assert errors[name] <= max(1e-5, 20 * float((exact[name] - out).abs().max() / out.std())), name
