"""Loading a checkpoint into a model: every key is accounted for, and every mismatch is reported."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mobileseg.errors import CheckpointError
from mobileseg.models.factory import build, num_classes_of, spec_of
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.fit import Fit, check_numbers, fit_of
from mobileseg.weights.layouts.choice import Choice, choose
from mobileseg.weights.misfit import misfit, refuse_another, refuse_objects
from mobileseg.weights.reading.checkpoint import Checkpoint, read_checkpoint
from mobileseg.weights.report import LoadReport
from mobileseg.weights.resolve import Weights, resolve

__all__ = ["LoadReport", "classes_of", "load_weights", "model_from_weights"]
log = logging.getLogger("mobileseg.weights")


def model_from_weights(
    spec: ModelSpec,
    weights: str | Path | Weights,
    num_classes: int | None = None,
    seed: int = 0,
    *,
    other_classes: bool = False,
) -> tuple[nn.Module, LoadReport]:
    """The reference model of ``spec`` with ``weights`` loaded, in evaluation mode.

    The number of classes is the file's; ``num_classes`` and ``seed`` apply where the file is a backbone without a head. With
    ``other_classes`` the model has ``num_classes`` whatever the file has; where they differ its last layer is random. Raises
    ``CheckpointError`` for anything that does not fit, ``DownloadError``.
    """
    source = weights if isinstance(weights, Weights) else resolve(weights, spec)
    checkpoint = _read(source)
    choice = choose(checkpoint, spec, source.ema, source.entry, source.ema_option)
    found = _classes(choice, spec, source)
    if found is not None and num_classes is not None and found != num_classes and not other_classes:
        refuse_another(spec, source, choice.entry.tensors)
        raise CheckpointError(
            expected=f"{num_classes} classes, as requested",
            found=f"{found} in {source.name}",
            fix=f"omit the number of classes, or give {found}; finetune --weights trains a last layer for others",
        )
    wanted = found if num_classes is None else num_classes
    model = build(spec, spec.num_classes if wanted is None else wanted, seed)
    return model, _load(model, spec, source, checkpoint, choice)


def load_weights(model: nn.Module, weights: str | Path | Weights, *, other_classes: bool = False) -> LoadReport:
    """Load weights, given as a bundled name, path or URL, into a reference model, in place.

    A backbone-only file (a classifier's) may initialise a segmentation model: the report's ``head_trained`` is then False, and
    ``missing`` lists the keys of the head. With ``other_classes`` a file with another number of classes is loaded but for the last
    layer. Raises ``CheckpointError`` for anything that does not fit, ``DownloadError``, and ``RequestError`` for a model that is not
    from the registry.
    """
    spec = spec_of(model)
    source = weights if isinstance(weights, Weights) else resolve(weights, spec)
    checkpoint = _read(source)
    choice = choose(checkpoint, spec, source.ema, source.entry, source.ema_option)
    found = _classes(choice, spec, source)
    if found is not None and found != num_classes_of(model) and not other_classes:
        refuse_another(spec, source, choice.entry.tensors)
        raise CheckpointError(
            expected=f"{num_classes_of(model)} classes, as the model has",
            found=f"{found} in {source.name}",
            fix=f"create the model with num_classes={found}, or load all but the last layer: other_classes=True",
        )
    return _load(model, spec, source, checkpoint, choice)


def classes_of(tensors: Mapping[str, Tensor], spec: ModelSpec) -> int | None:
    """The number of classes, from the shape of the classifier's weight; None where the file has no such head."""
    weight = tensors.get(spec.classifier_key)
    return None if weight is None or weight.ndim == 0 else weight.shape[0]


def _classes(choice: Choice, spec: ModelSpec, source: Weights) -> int | None:
    """``classes_of`` of the chosen network. Raises ``CheckpointError`` where it is no number of classes, or another one than the record
    has names for."""
    found = classes_of(choice.network.tensors, spec)
    named = len(source.record.classes) if source.record else found
    if found is not None and (found < 1 or found != named):
        raise CheckpointError(
            expected=f"{named} classes, as its record has" if source.record else "weights of at least one class",
            found=f"{found} in {source.name}",
            fix="give the record that belongs to the file" if source.record else "give the file of a trained network",
        )
    return found


def _read(source: Weights) -> Checkpoint:
    try:
        checkpoint = read_checkpoint(source.path)
    except CheckpointError as error:
        if source.kind == "url" and error.fix.startswith("download it again"):
            fix = f"{error.fix} with --refresh"
            raise CheckpointError(expected=error.expected, found=error.found, fix=fix) from error
        raise
    if source.sha256 is not None and checkpoint.sha256 != source.sha256:
        raise CheckpointError(
            expected=f"sha256 {source.sha256}",
            found=f"{checkpoint.sha256} in {source.path}",
            fix="download the file again, or fix the digest",
        )
    return checkpoint


def _load(model: nn.Module, spec: ModelSpec, source: Weights, checkpoint: Checkpoint, choice: Choice) -> LoadReport:
    own = model.state_dict()
    fit = fit_of(own, choice.network, spec)
    refuse_objects(source, fit, choice)
    if not fit.good:
        refuse_another(spec, source, choice.entry.tensors)
        raise misfit(spec, source, fit, own)
    check_numbers(source.path, fit)
    with torch.no_grad():
        for key, value in fit.taken.items():
            own[key].copy_(value)  # state_dict shares memory; float16 on disk becomes float32 here
    report = _report(spec, source, checkpoint, choice, fit)
    for line in report.notes():
        log.info(line)
    if warning := report.warning():
        log.warning(warning)
    return report


def _report(spec: ModelSpec, source: Weights, checkpoint: Checkpoint, choice: Choice, fit: Fit) -> LoadReport:
    project = choice.network.project
    labels = checkpoint.labels
    return LoadReport(
        weights=source,
        layout=checkpoint.layout(choice.entry) + (f", keys of {project}" if project else ""),
        loaded=len(fit.taken),
        missing=fit.missing,
        unexpected=fit.unexpected,
        left_out=fit.left_out,
        untrained=fit.untrained,
        averaged=choice.averaged,
        choice=choice.note,
        unread=checkpoint.unread,
        labels=labels if labels and len(labels.names) == classes_of(choice.network.tensors, spec) else None,
    )
