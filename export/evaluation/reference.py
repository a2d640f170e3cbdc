"""The reference model of an artifact, rebuilt from its manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from torch import nn

from mobileseg.errors import ArtifactError, CheckpointError
from mobileseg.export.manifest import Manifest, WeightsPart
from mobileseg.files import cache_folder
from mobileseg.models.factory import build, spec_of, stretch_tables
from mobileseg.models.reference import state_digest
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec
from mobileseg.provenance import public_name
from mobileseg.registry import choose
from mobileseg.weights.importer import load_weights, model_from_weights
from mobileseg.weights.known import recall
from mobileseg.weights.reading.checkpoint import digest
from mobileseg.weights.reading.safetensors_files import INDEX
from mobileseg.weights.records import bundled
from mobileseg.weights.resolve import Weights, resolve
from mobileseg.weights.retired import RETIRED

ENTRY = re.compile(r"entry '([^']+)'")


def reference_of(
    manifest: Manifest,
    weights: str | None = None,
    folder: Path | None = None,
    named: str | nn.Module | None = None,
) -> nn.Module:
    """The reference model with the very weights of the manifest.

    ``weights``: what ``--weights`` takes; without it the file is looked for by its sha256: in ``folder`` (the artifact's), in the
    working folder, among the bundled weights, in the download cache and where an export on this machine read it; a URL is downloaded
    if all that fails. ``named``: the network that the command or the program named, where the manifest's is not ours. Raises
    ``ArtifactError`` if the weights are not found, or are others.
    """
    part = manifest.weights
    if manifest.model.card is not None:
        return foreign_reference(manifest, weights, folder, named)
    spec = choose(MODELS, manifest.model.name, "model")
    if part.kind == "random" and weights is None:
        return _stretched(build(spec, manifest.model.num_classes, part.seed or 0), manifest)
    source = _given(weights, part, spec) if weights is not None else _found(part, spec, folder)
    source = replace(source, sha256=part.sha256, ema=part.ema, entry=_entry(part) if part.ema is None else None)
    model, _ = model_from_weights(spec, source, None, part.seed or 0)
    return _stretched(model, manifest)


def foreign_reference(
    manifest: Manifest, weights: str | None, folder: Path | None, named: str | nn.Module | None
) -> nn.Module:
    """The same for a network that is not ours. Its code runs only where ``named`` says whose: never because the manifest does. Raises
    ``ArtifactError``, and ``NetworkError`` where it cannot be built."""
    card, part = manifest.model.card, manifest.weights
    assert card is not None
    if named is None:
        raise refuse_unnamed(manifest)
    from mobileseg.models.foreign.opening import reference_for

    model = reference_for(card, manifest.model.num_classes, named, part.seed or 0)
    spec = spec_of(model)
    if part.kind in ("module", "random") and weights is None:
        found = state_digest(model)
        if part.sha256 is not None and found != part.sha256:
            raise ArtifactError(
                expected=f"a network with the weights that were exported (sha256 of its tensors {part.sha256})",
                found=f"{found}: other weights, or random ones that do not follow the seed",
                fix="give --model the network as it was exported, or export with --weights FILE",
            )
        return model
    source = _given(weights, part, spec) if weights is not None else _found(part, spec, folder)
    load_weights(model, replace(source, sha256=part.sha256, ema=part.ema))
    return model


def refuse_unnamed(manifest: Manifest) -> ArtifactError:
    """The error for a file of a network that is not ours where no command names it."""
    card = manifest.model.card
    assert card is not None
    return ArtifactError(
        expected=f"--model with the network of {manifest.artifact.file}: its code runs only where a command names it",
        found=f"none; the manifest says that it was exported from {card.factory or 'a module in memory'}",
        fix=f"if you trust it: --model {card.factory}, or its model.toml"
        if card.factory
        else "in Python: compare(artifact, data, model=module)",
    )


def _given(weights: str, part: WeightsPart, spec: ModelSpec) -> Weights:
    source = resolve(weights, spec)
    found = digest(source.path)
    if found != part.sha256:
        raise ArtifactError(
            expected=f"the weights that the artifact was made from (sha256 {part.sha256 or 'none: they were random'})",
            found=f"{found} at {source.path}",
            fix="give --weights with the file that was exported",
        )
    return source


def _found(part: WeightsPart, spec: ModelSpec, folder: Path | None) -> Weights:
    others = []
    for place in _places(part, spec, folder):
        found = _digest(place)
        if found == part.sha256:
            return resolve(place, spec)
        others.append(f"sha256 {found} at {place}")
    if part.kind == "url":
        return resolve(_with_digest(part), spec)
    if (old := RETIRED.get(part.sha256 or "")) is not None:
        raise ArtifactError(
            expected=f"the bundled weights that the artifact was made from (sha256 {part.sha256})",
            found=old.found,
            fix=old.fix,
        )
    raise ArtifactError(
        expected=f"the weights {public_name(part.source)} that the artifact was made from (sha256 {part.sha256})",
        found="; ".join(others)
        or "no such file beside the artifact, in the working folder, in the cache or where it was exported",
        fix=f"give --weights with the path of {public_name(part.source)}",
    )


def _digest(place: Path) -> str:
    """Of a file that may be the weights; what is no whole checkpoint has no digest."""
    try:
        return digest(place)
    except CheckpointError:
        return "none"


def _entry(part: WeightsPart) -> str | None:
    """The entry of the file that was exported: manifests of versions that asked nobody say it in the layout alone."""
    found = ENTRY.search(part.layout or "")
    return found[1] if found else None


def _places(part: WeightsPart, spec: ModelSpec, folder: Path | None) -> Iterator[Path]:
    """The files that may be the weights, the likeliest first. Manifests of older versions hold the whole path."""
    yield from (record.path for record in bundled(spec.name).values() if record.sha256 == part.sha256)
    name = Path(public_name(part.source)).name
    downloads = [path for path in sorted(cache_folder("weights").glob("*/*")) if path.name == name]
    known = recall(part.sha256 or "")
    places = [Path(part.source), (folder or Path()) / name, Path(name), *downloads, *([known] if known else [])]
    yield from dict.fromkeys(path.resolve() for path in places if path.is_file())


def _with_digest(part: WeightsPart) -> str:
    """The address, with the digest where that is of the very file at it: an index and an archive have others."""
    url = part.source.partition("#")[0]
    return url if url.endswith((INDEX, ".tar.gz", ".tgz")) else f"{url}#sha256={part.sha256}"


def _stretched(model: nn.Module, manifest: Manifest) -> nn.Module:
    """Stretch the position tables as those of the artifact were."""
    if manifest.model.table_scale is not None:
        stretch_tables(model, *manifest.input.shape[2:])
    return model
