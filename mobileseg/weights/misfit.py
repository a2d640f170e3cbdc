"""What is said of a file that does not fit."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from mobileseg.errors import CheckpointError
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.fit import Fit
from mobileseg.weights.identify import identify, same_trunk
from mobileseg.weights.layouts.choice import Choice
from mobileseg.weights.layouts.wrappers import unwrap
from mobileseg.weights.reading.checkpoint import RESAVE
from mobileseg.weights.resolve import Weights


def misfit(spec: ModelSpec, source: Weights, fit: Fit, own: Mapping[str, Tensor]) -> CheckpointError:
    """The error for tensors of another shape, missing and unexpected ones: how many, and the first."""
    parts = []
    if fit.misfits:
        key, tensor = next(iter(fit.misfits.items()))
        if tensor.shape == own[key].shape:
            kind = f"{str(tensor.dtype).removeprefix('torch.')} instead of floating point numbers"
            parts.append(f"{len(fit.misfits)} of another kind (first {key}: {kind})")
        else:
            shapes = f"{tuple(tensor.shape)} instead of {tuple(own[key].shape)}"
            parts.append(f"{len(fit.misfits)} of another shape (first {key}: {shapes})")
    for what, keys in (("missing", fit.missing), ("unexpected", fit.unexpected)):
        parts += [f"{len(keys)} {what} ({_some(keys)})"] if keys else []
    return CheckpointError(
        expected=f"the {len(own)} keys of {spec.name}",
        found=f"{source.name}: {'; '.join(parts)}",
        fix="give the authors' checkpoint of this model, or one trained with mobileseg"
        if spec.card is None
        else "give a state_dict of the module that the factory returns",
    )


def refuse_another(spec: ModelSpec, source: Weights, tensors: Mapping[str, Tensor]) -> None:
    """Raise ``CheckpointError`` if the tensors are another model's; a damaged file of this model passes."""
    other = identify(tensors) if spec.card is None else None
    if other is None or other == spec.name:
        return
    starts = other in MODELS and MODELS[other].task == "classification" and same_trunk(MODELS[other], spec)
    if starts and spec.task != "classification":
        return
    raise CheckpointError(
        expected=f"a checkpoint of {spec.name}",
        found=f"one of {other} ({source.name})",
        fix=f"use the model {other}" if other in MODELS else f"give a checkpoint of {spec.name}",
    )


def refuse_objects(source: Weights, fit: Fit, choice: Choice) -> None:
    """Raise ``CheckpointError`` where a key of the model is in the file, but as an object of a class that is not known here."""
    objects = {unwrap(key): name for key, name in choice.entry.objects.items()}
    for key in fit.missing:
        for place in (f"{choice.network.prefix}{key}", f"{choice.network.prefix}{key.removeprefix('backbone.')}"):
            if place in objects:
                raise CheckpointError(
                    expected="weights as plain tensors",
                    found=f"{place} of {source.name} needs arbitrary unpickling ({objects[place]}), which could run code",
                    fix=RESAVE,
                )


def _some(keys: tuple[str, ...], limit: int = 6) -> str:
    return ", ".join(keys[:limit]) + (", ..." if len(keys) > limit else "")
