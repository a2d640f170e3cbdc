"""What ``--weights`` may be: a bundled name, a path (of a TensorFlow checkpoint also its prefix or folder), an https URL, or
``random``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mobileseg.errors import CheckpointError
from mobileseg.models.spec import ModelSpec
from mobileseg.provenance import public_name
from mobileseg.weights.records import WeightsRecord, bundled, record_beside

RANDOM = "random"


@dataclass(frozen=True)
class Weights:
    """A weights file on this disk.

    ``name`` goes into records: a bundled name, the file's own name, or the URL without user and query. ``path``: where it is here.
    ``sha256``: what it must be, where that is known before reading.
    """

    kind: Literal["bundled", "file", "url"]
    name: str
    path: Path
    sha256: str | None = None
    record: WeightsRecord | None = None

    @property
    def licence(self) -> str:
        return self.record.licence if self.record else "not stated: that of whoever made the file"


def default_weights(spec: ModelSpec) -> str:
    """The first bundled name; raises ``CheckpointError`` where a model has none."""
    names = list(bundled(spec.name))
    if names:
        return names[0]
    raise CheckpointError(
        expected=f"--weights for {spec.name}: no trained weights of it travel with mobileseg",
        found="none given",
        fix=f"give a path or URL (the authors': {spec.official_weights}), or --weights random to try the pipeline",
    )


def resolve(
    weights: str | Path, spec: ModelSpec, progress: Callable[[int, int | None], object] | None = None
) -> Weights:
    """Find the file; downloads a URL into the cache. ``progress``: see ``download.fetch``. Raises ``CheckpointError``,
    ``DownloadError``."""
    weights = str(weights)
    if "://" in weights:
        from mobileseg.weights.download import fetch

        url, _, digest = weights.partition("#sha256=")
        return Weights("url", public_name(weights), fetch(url, digest or None, progress), digest or None)
    own = bundled(spec.name)
    if weights in own:
        return Weights("bundled", weights, own[weights].path, own[weights].sha256, own[weights])
    from mobileseg.weights.tensorflow import find_index

    path = Path(weights).expanduser()
    path = find_index(path) or path
    if path.is_file():
        record = record_beside(path, spec.name)
        return Weights("file", path.name, path, record.sha256 if record else None, record)
    raise CheckpointError(
        expected=f"bundled weights of {spec.name} ({', '.join(own) or 'there are none'}), a path, an https URL, or 'random'",
        found=repr(weights),
        fix="check the name or the path",
    )
