"""Which model of the registry a set of keys belongs to, for the message where it is another than was asked for."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import torch
from torch import Tensor

from mobileseg.models.factory import build
from mobileseg.models.registry import FAMILY_KEYS, MODELS, measured
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.layouts.networks import BACKBONE, authors_keys

Shapes = Mapping[str, tuple[int, ...]]
LARGE = 60e6  # parameters


def identify(tensors: Mapping[str, Tensor]) -> str | None:
    """The model of the registry that shares the most keys and shapes with ``tensors``, else the family of a key that only one family
    has, in words; None for unknown ones."""
    keys = authors_keys(tensors).tensors
    family, prefix = _family(keys)
    if family is None:
        return None
    bare = {_below(key, prefix): tuple(value.shape) for key, value in keys.items()}
    head = any(key.startswith("decode_head.") for key in bare)
    best, most = None, 0.5  # one key in six is a BatchNorm counter, which fits any model: a third is shared by chance
    for spec in [spec for spec in MODELS.values() if spec.family == family]:
        if (spec.task != "classification") == head:
            state = _state(spec)
            # Relative to both: the keys of a shallow variant are all in the file of a deeper one.
            share = 2 * sum(bare.get(key) == shape for key, shape in state.items()) / (len(state) + len(bare))
            if share > most:
                best, most = spec.name, share
    return best or f"the {family} family, of an unknown variant"


def same_trunk(one: ModelSpec, other: ModelSpec) -> bool:
    """Whether the backbones are the same, key by key."""
    return _trunk(one) == _trunk(other)


def _family(keys: Mapping[str, Tensor]) -> tuple[str | None, str]:
    """The first family one of whose marks is there, and what stands before it."""
    for family, mark in FAMILY_KEYS.items():
        start = f"{mark.rpartition('.')[0]}."
        for key in keys:
            before, found, _ = f".{key}".partition(f".{start}")
            if found:
                return family, f"{before[1:]}." if before else ""
    return None, ""


def _below(key: str, prefix: str) -> str:
    """A key without the prefix of its backbone, or of the network that has it."""
    if key.startswith(prefix):
        return key.removeprefix(prefix).removeprefix(BACKBONE)
    return key.removeprefix(prefix.removesuffix(BACKBONE))


@functools.cache
def _state(spec: ModelSpec) -> Shapes:
    # The first use of the meta device imports sympy, which takes 4 s: worth it only for models that take longer to initialise.
    device = "meta" if measured()[spec.name]["parameters"] > LARGE else "cpu"
    with torch.device(device):
        model = build(spec, spec.num_classes)
    return {key.removeprefix(BACKBONE): tuple(value.shape) for key, value in model.state_dict().items()}


def _trunk(spec: ModelSpec) -> Shapes:
    heads = spec.head_prefixes + spec.auxiliary_prefixes
    return {key: shape for key, shape in _state(spec).items() if not key.startswith(heads)}
