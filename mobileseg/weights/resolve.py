"""What ``--weights`` may be: a bundled name, a path (of a TensorFlow checkpoint also its prefix or folder), an address (https or
``hf://``), ``official``, or ``random``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mobileseg.errors import CheckpointError
from mobileseg.models.spec import ModelSpec
from mobileseg.provenance import public_name
from mobileseg.weights.records import WeightsRecord, bundled, find_bundled, record_beside
from mobileseg.weights.retired import retired

RANDOM = "random"
OWN = "own"  # what the factory of a network that is not ours gives
OFFICIAL = "official"
NAMED_FILES = ("model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json", "pytorch_model.bin")
Progress = Callable[[int, int | None], object]


@dataclass(frozen=True)
class Weights:
    """A weights file on this disk.

    ``name`` goes into records: a bundled name, the file's own name, or the URL without user and query. ``path``: where it is here.
    ``sha256``: what it must be, where that is known before reading. ``ema``: take the averaged weights (True) or the plain ones
    (False) of a file that has both; None: the averaged ones. ``entry``: the entry of the file to take where it has that one, None for
    the likeliest. ``stated_licence``: of the authors' file. ``ema_option``: what chooses ``ema`` on the command line, for messages.
    """

    kind: Literal["bundled", "file", "url"]
    name: str
    path: Path
    sha256: str | None = None
    record: WeightsRecord | None = None
    ema: bool | None = None
    stated_licence: str | None = None
    entry: str | None = None
    ema_option: str = "ema"

    @property
    def licence(self) -> str:
        if self.record:
            return self.record.licence
        return self.stated_licence or "not stated: that of whoever made the file"


def default_weights(spec: ModelSpec) -> str:
    """The first bundled name, or ``own`` of a network that is not ours; raises ``CheckpointError`` where a model has none."""
    if spec.card is not None:
        return OWN
    names = list(bundled(spec.name))
    if names:
        return names[0]
    ours = f"--weights {OFFICIAL}" if spec.official and spec.official.fetched else "a path or an address"
    raise CheckpointError(
        expected=f"--weights for {spec.name}: no trained weights of it travel with mobileseg",
        found="none given",
        fix=f"give {ours} (the authors': {spec.official_weights}), or --weights random to try the pipeline",
    )


def resolve(
    weights: str | Path,
    spec: ModelSpec,
    progress: Progress | None = None,
    *,
    ema: bool | None = None,
    refresh: bool = False,
) -> Weights:
    """Find the file; what is elsewhere is downloaded into the cache. ``progress``: see ``download.fetch``. ``ema``: see ``Weights``.
    ``refresh``: download again what is in the cache. Raises ``CheckpointError``, ``DownloadError``."""
    text = str(weights)
    licence = None
    if text == OFFICIAL:
        text, licence = _official(spec)
    if "://" in text:
        return _remote(text, progress, ema, refresh, licence)
    if refresh:
        raise CheckpointError(
            expected="--refresh with weights that are downloaded",
            found=public_name(text),
            fix="leave it out: what is on this disk is read anew each time",
        )
    if record := find_bundled(spec.name, text):
        return Weights("bundled", record.name, record.path, record.sha256, record, ema)
    if text and (path := _local(Path(os.path.expanduser(text)))):  # a user that is none stays as it is
        record = record_beside(path, spec.name)
        return Weights("file", path.name, path, record.sha256 if record else None, record, ema)
    if old := retired(spec.name, text):
        raise CheckpointError(expected=f"weights of {spec.name}", found=old.found, fix=old.fix)
    names = ", ".join(bundled(spec.name)) or "there are none"
    raise CheckpointError(
        expected=f"bundled weights of {spec.name} ({names}), a path, an https or hf:// address, {OFFICIAL!r} or {RANDOM!r}",
        found=repr(text),
        fix="check the name or the path",
    )


def _local(path: Path) -> Path | None:
    """The file that a path refers to: itself, a TensorFlow index, or the usual one of a folder."""
    from mobileseg.weights.reading.tensorflow import find_index

    if found := find_index(path):
        return found
    if path.is_dir():
        return next((path / name for name in NAMED_FILES if (path / name).is_file()), None)
    return path if path.is_file() else None


def _remote(address: str, progress: Progress | None, ema: bool | None, refresh: bool, licence: str | None) -> Weights:
    from mobileseg.weights.sources.remote import bring

    url, path, digest = bring(address, progress, refresh)
    return Weights("url", public_name(url), path, digest, None, ema, licence)


def _official(spec: ModelSpec) -> tuple[str, str]:
    """The address of the authors' file, and its licence. Raises ``CheckpointError`` where it has none that is fetched."""
    official = spec.official
    if official is not None and official.url is not None and official.fetched:
        return official.url + (f"#sha256={official.sha256}" if official.sha256 else ""), official.licence
    raise CheckpointError(
        expected=f"an https address of the authors' weights of {spec.name}",
        found=f"one of plain http, which anybody on the way can change: {official.url}"
        if official is not None and official.url is not None
        else spec.official_weights,
        fix="download the file by hand and give its path"
        if official
        else "give a path, or train them: mobileseg finetune",
    )
