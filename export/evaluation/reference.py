"""The reference model of an artifact, rebuilt from its manifest."""

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
    """The reference model with exactly the weights that the manifest names; ``weights``: where they are now, if they were moved.

    Raises ``ArtifactError`` where the file there has another digest, ``CheckpointError`` where there is none.
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
    """Stretch the position tables as those of the artifact were."""
    if manifest.model.table_scale is not None:
        stretch_tables(model, *manifest.input.shape[2:])
    return model
