"""The reference model that an artifact came from, made again from what its manifest says."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from mobileseg.errors import ArtifactError
from mobileseg.export.manifest import Manifest
from mobileseg.files import sha256
from mobileseg.models.factory import build, stretch_tables
from mobileseg.models.registry import MODELS
from mobileseg.registry import choose
from mobileseg.weights.importer import model_from_weights
from mobileseg.weights.resolve import resolve


def reference_of(manifest: Manifest, weights: str | None = None) -> nn.Module:
    """The reference model with the very weights of the manifest; ``weights`` says where they are now if they were moved.

    Raises ``ArtifactError`` where they are gone or others.
    """
    spec = choose(MODELS, manifest.model.name, "model")
    part = manifest.weights
    if part.kind == "random" and weights is None:
        return _stretched(build(spec, manifest.model.num_classes, part.seed or 0), manifest)
    source = resolve(weights or part.source, spec)
    found = sha256(source.path)
    if found != part.sha256:
        raise ArtifactError(
            expected=f"the weights that the artifact was made from (sha256 {part.sha256 or 'none: they were random'})",
            found=f"{found} at {source.path}",
            fix="give --weights with the file that was exported",
        )
    model, _ = model_from_weights(spec, replace(source, sha256=found), None, part.seed or 0)
    return _stretched(model, manifest)


def _stretched(model: nn.Module, manifest: Manifest) -> nn.Module:
    """With position tables as long as the artifact's."""
    if manifest.model.table_scale is not None:
        stretch_tables(model, *manifest.input.shape[2:])
    return model
