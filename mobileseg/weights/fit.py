"""How a network in a file fits a model: what is taken, what is missing, what does not fit, what may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mobileseg.errors import CheckpointError
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.layouts.networks import BACKBONE, CLASSIFIERS, Network
from mobileseg.weights.layouts.training_only import COUNTER, is_training_only


@dataclass(frozen=True)
class Fit:
    """``taken``: tensors by the model's keys. ``missing``: keys of the model that the file lacks, where one of them is needed.
    ``misfits``: keys whose tensors have another shape, or no floating point numbers where there should be. ``unexpected``: keys
    that the model lacks. ``left_out``: the file's keys of tensors that only training needs. ``untrained``: keys of the last
    layer, which has another number of classes. ``backbone_only``: nothing is wrong but that a head is missing."""

    taken: Mapping[str, Tensor]
    missing: tuple[str, ...]
    misfits: Mapping[str, Tensor]
    unexpected: tuple[str, ...]
    left_out: tuple[str, ...]
    untrained: tuple[str, ...]
    backbone_only: bool

    @property
    def good(self) -> bool:
        """Whether the tensors may be loaded."""
        return not self.misfits and (self.backbone_only or not (self.missing or self.unexpected))


def fit_of(own: Mapping[str, Tensor], network: Network, spec: ModelSpec) -> Fit:
    """Of a network in the model whose state is ``own``. A last layer of another number of classes is left out: whoever does not want
    that compares the numbers before."""
    tensors = network.tensors
    untrained = _last_layers(own, tensors, spec)
    shared = [key for key in own if key in tensors and key not in untrained]
    loose = [key for key in shared if _differs(own[key], tensors[key]) and _is_dead(key, spec)]
    misfits = {key: tensors[key] for key in shared if key not in loose and _differs(own[key], tensors[key])}
    absent = [key for key in own if key not in tensors and not key.startswith(spec.auxiliary_prefixes)]
    needed = {key for key in absent if not _is_dead(key, spec)}
    tops = frozenset(key.partition(".")[0] for key in own)
    surplus = [key for key in tensors if key not in own]
    unexpected = tuple(key for key in surplus if not is_training_only(key, tops))
    left_out = [network.names[key] for key in (*surplus, *loose) if key not in unexpected]
    backbone_only = _is_backbone_only(own, needed, unexpected, spec)
    heads_only = [key for key in absent if key.startswith(spec.head_prefixes)]
    return Fit(
        taken={key: tensors[key] for key in shared if key not in misfits and key not in loose},
        missing=tuple(heads_only if backbone_only else absent if needed else ()),
        misfits=misfits,
        unexpected=unexpected,
        left_out=(*network.beside, *left_out),
        untrained=untrained,
        backbone_only=backbone_only,
    )


def check_numbers(path: Path, fit: Fit) -> None:
    """Raise ``CheckpointError`` where one of the tensors to load contains NaN or infinity."""
    bad = [
        key for key, value in fit.taken.items() if value.is_floating_point() and not torch.isfinite(value.float()).all()
    ]
    if bad:
        raise CheckpointError(
            expected="finite weights",
            found=f"NaN or infinity in {len(bad)} tensors of {path}, first {bad[0]}",
            fix="use a checkpoint from before training diverged",
        )


def _is_dead(key: str, spec: ModelSpec) -> bool:
    """Whether the network computes the same without this key: counters, and heads for training alone."""
    return key.rpartition(".")[2] == COUNTER or key.startswith(spec.auxiliary_prefixes)


def _differs(own: Tensor, found: Tensor) -> bool:
    return own.shape != found.shape or (own.is_floating_point() and not found.is_floating_point())


def _last_layers(own: Mapping[str, Tensor], tensors: Mapping[str, Tensor], spec: ModelSpec) -> tuple[str, ...]:
    """The keys of layers with an output for each class, where the file has another number of classes."""
    weight = tensors.get(spec.classifier_key)
    if weight is None or weight.ndim == 0 or weight.shape[0] == own[spec.classifier_key].shape[0]:
        return ()
    here, there = own[spec.classifier_key].shape[0], weight.shape[0]
    layers = (spec.classifier_key.rpartition(".")[0], *(f"{prefix}conv_seg" for prefix in spec.auxiliary_prefixes))
    return tuple(
        key
        for key, value in own.items()
        if key.rpartition(".")[0] in layers
        and key in tensors
        and tensors[key].shape == (there, *value.shape[1:])
        and value.shape[0] == here
    )


def _is_backbone_only(
    own: Mapping[str, Tensor], needed: set[str], unexpected: tuple[str, ...], spec: ModelSpec
) -> bool:
    """Whether only the head of a segmentation model is missing, and only a classifier is left over."""
    heads = {key for key in own if key.startswith(spec.head_prefixes) and not _is_dead(key, spec)}
    return (
        spec.task != "classification"
        and bool(needed)
        and needed == heads
        and all(key.removeprefix(BACKBONE).rpartition(".")[0] in CLASSIFIERS for key in unexpected)
    )
