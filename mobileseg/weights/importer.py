"""Loading a checkpoint into a model: every key is accounted for, and every mismatch is reported."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mobileseg.errors import CheckpointError
from mobileseg.models.factory import build, spec_of
from mobileseg.models.registry import FAMILY_KEYS, MODELS, measured
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.checkpoint import Checkpoint, read_checkpoint
from mobileseg.weights.resolve import Weights, resolve

Shapes = Mapping[str, tuple[int, ...]]
LARGE = 60e6  # parameters
CLASSIFIERS = ("backbone.linear", "backbone.head", "backbone.fc")  # a classification file's last layer, in every family


@dataclass(frozen=True)
class LoadReport:
    """The result of loading weights. ``layout``: of the file, in words. ``loaded``: number of tensors. ``missing``: keys of the model
    that the file lacks. ``unexpected``: keys of the file that the model lacks."""

    weights: Weights
    layout: str
    loaded: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def head_trained(self) -> bool:
        """False if only a backbone was loaded, so that the head is still random."""
        return not self.missing


def model_from_weights(
    spec: ModelSpec, weights: str | Path | Weights, num_classes: int | None = None, seed: int = 0
) -> tuple[nn.Module, LoadReport]:
    """The reference model of ``spec`` with ``weights`` loaded, in evaluation mode.

    The number of classes is the file's; ``num_classes`` and ``seed`` apply where the file is a backbone without a head. Raises
    ``CheckpointError`` for anything that does not fit, ``DownloadError``.
    """
    source = weights if isinstance(weights, Weights) else resolve(weights, spec)
    checkpoint = _read(source)
    tensors = _fit_prefix(checkpoint.tensors, spec)
    found = classes_of(tensors, spec)
    if found is not None and num_classes is not None and found != num_classes:
        _refuse_another(spec, source, tensors)
        raise CheckpointError(
            expected=f"{num_classes} classes, as requested",
            found=f"{found} in {source.name}",
            fix=f"omit the number of classes, or give {found}",
        )
    wanted = num_classes if found is None else found
    model = build(spec, spec.num_classes if wanted is None else wanted, seed)
    return model, _load(model, spec, source, checkpoint, tensors)


def load_weights(model: nn.Module, weights: str | Path) -> LoadReport:
    """Load weights, given as a bundled name, path or URL, into a reference model, in place.

    A backbone-only file (a classifier's) may initialise a segmentation model: the report's ``head_trained`` is then False, and
    ``missing`` lists the keys of the head. Raises ``CheckpointError`` for anything that does not fit, ``DownloadError``, and
    ``RequestError`` for a model that is not from the registry.
    """
    spec = spec_of(model)
    source = resolve(weights, spec)
    checkpoint = _read(source)
    tensors = _fit_prefix(checkpoint.tensors, spec)
    found = classes_of(tensors, spec)
    if found is not None and found != model.mobileseg_classes:
        _refuse_another(spec, source, tensors)
        raise CheckpointError(
            expected=f"{model.mobileseg_classes} classes, as the model has",
            found=f"{found} in {source.name}",
            fix=f"create the model with num_classes={found}",
        )
    return _load(model, spec, source, checkpoint, tensors)


def classes_of(tensors: Mapping[str, Tensor], spec: ModelSpec) -> int | None:
    """The number of classes, from the shape of the classifier's weight; None where the file has no such head."""
    weight = tensors.get(spec.classifier_key)
    return None if weight is None or weight.ndim == 0 else weight.shape[0]


def _read(source: Weights) -> Checkpoint:
    checkpoint = read_checkpoint(source.path)
    if source.sha256 is not None and checkpoint.sha256 != source.sha256:
        raise CheckpointError(
            expected=f"sha256 {source.sha256}",
            found=f"{checkpoint.sha256} in {source.path}",
            fix="download the file again, or fix the digest",
        )
    return checkpoint


def _fit_prefix(tensors: Mapping[str, Tensor], spec: ModelSpec) -> dict[str, Tensor]:
    """Rename the keys to those of ``spec``: segmentation models have the backbone under ``backbone.``, classifiers without prefix."""
    prefixed = any(key.startswith("backbone.") for key in tensors)
    if spec.task == "classification":
        return {key.removeprefix("backbone."): value for key, value in tensors.items()}
    if prefixed:
        return dict(tensors)
    own = spec.head_prefixes + spec.auxiliary_prefixes
    return {key if key.startswith(own) else f"backbone.{key}": value for key, value in tensors.items()}


def _load(
    model: nn.Module, spec: ModelSpec, source: Weights, checkpoint: Checkpoint, tensors: dict[str, Tensor]
) -> LoadReport:
    own = model.state_dict()
    missing = tuple(key for key in own if key not in tensors and not key.startswith(spec.auxiliary_prefixes))
    unexpected = tuple(key for key in tensors if key not in own)
    misfits = [key for key in own if key in tensors and own[key].shape != tensors[key].shape]
    if misfits or missing or unexpected:
        backbone_only = not misfits and _is_backbone_only(own, missing, unexpected, spec)
        if not backbone_only:
            raise _misfit(spec, source, tensors, missing, unexpected, misfits, own)
    with torch.no_grad():
        for key, value in own.items():
            if key in tensors:
                value.copy_(tensors[key])  # state_dict shares memory; float16 on disk becomes float32 here
    return LoadReport(source, checkpoint.layout, sum(key in tensors for key in own), missing, unexpected)


def _is_backbone_only(
    own: Mapping[str, Tensor], missing: tuple[str, ...], unexpected: tuple[str, ...], spec: ModelSpec
) -> bool:
    """Whether only the head of a segmentation model is missing, and only a classifier is left over."""
    return (
        spec.task != "classification"
        and bool(missing)
        and set(missing) == {key for key in own if key.startswith(spec.head_prefixes)}
        and all(key.rpartition(".")[0] in CLASSIFIERS for key in unexpected)
    )


def _misfit(
    spec: ModelSpec,
    source: Weights,
    tensors: dict[str, Tensor],
    missing: tuple[str, ...],
    unexpected: tuple[str, ...],
    misfits: list[str],
    own: Mapping[str, Tensor],
) -> CheckpointError:
    _refuse_another(spec, source, tensors)
    parts = []
    if misfits:
        first = misfits[0]
        parts.append(
            f"{len(misfits)} of another shape (first {first}: {tuple(tensors[first].shape)} instead of {tuple(own[first].shape)})"
        )
    parts += [f"{len(k)} {what} ({_some(k)})" for what, k in (("missing", missing), ("unexpected", unexpected)) if k]
    return CheckpointError(
        expected=f"the {len(own)} keys of {spec.name}",
        found=f"{source.name}: {'; '.join(parts)}",
        fix="give the authors' checkpoint of this model, or one trained with mobileseg",
    )


def _refuse_another(spec: ModelSpec, source: Weights, tensors: Mapping[str, Tensor]) -> None:
    """Raise ``CheckpointError`` if the tensors are another model's; a damaged file of this model passes."""
    other = identify(tensors)
    if other is None or other == spec.name:
        return
    starts = other in MODELS and MODELS[other].task == "classification" and _trunk(MODELS[other]) == _trunk(spec)
    if starts and spec.task != "classification":
        return
    raise CheckpointError(
        expected=f"a checkpoint of {spec.name}",
        found=f"one of {other} ({source.name})",
        fix=f"use the model {other}" if other in MODELS else f"give a checkpoint of {spec.name}",
    )


def _some(keys: tuple[str, ...], limit: int = 6) -> str:
    return ", ".join(keys[:limit]) + (", ..." if len(keys) > limit else "")


def identify(tensors: Mapping[str, Tensor]) -> str | None:
    """The model of the registry that shares the most keys and shapes with ``tensors``, else the family of a key that only one family
    has, in words; None for unknown ones."""
    bare = {key.removeprefix("backbone."): tuple(value.shape) for key, value in tensors.items()}
    head = any(key.startswith("decode_head.") for key in tensors)
    marks = {family: key.rsplit(".", 1)[0] for family, key in FAMILY_KEYS.items()}
    families = [family for family, start in marks.items() if any(key.startswith(start) for key in bare)]
    best, most = None, 0.5  # one key in six is a BatchNorm counter, which fits any model: a third is shared by chance
    for spec in [spec for spec in MODELS.values() if spec.family in families]:
        if (spec.task != "classification") == head:
            state = _state(spec)
            # Relative to both: the keys of a shallow variant are all in the file of a deeper one.
            share = 2 * sum(bare.get(key) == shape for key, shape in state.items()) / (len(state) + len(bare))
            if share > most:
                best, most = spec.name, share
    if best is None and families:
        return f"the {families[0]} family, of an unknown variant"
    return best


@functools.cache
def _state(spec: ModelSpec) -> Shapes:
    # The first use of the meta device imports sympy, which takes 4 s: worth it only for models that take longer to initialise.
    device = "meta" if measured()[spec.name]["parameters"] > LARGE else "cpu"
    with torch.device(device):
        model = build(spec, spec.num_classes)
    return {key.removeprefix("backbone."): tuple(value.shape) for key, value in model.state_dict().items()}


def _trunk(spec: ModelSpec) -> Shapes:
    heads = spec.head_prefixes + spec.auxiliary_prefixes
    return {key: shape for key, shape in _state(spec).items() if not key.startswith(heads)}
