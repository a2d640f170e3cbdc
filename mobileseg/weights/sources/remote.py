"""Weights at an address: the file in the cache, with the shards that an index names, or unpacked."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urljoin

from mobileseg.errors import CheckpointError
from mobileseg.weights.reading.safetensors_files import INDEX, shard_names
from mobileseg.weights.sources.archive import is_archive, unpack
from mobileseg.weights.sources.download import fetch
from mobileseg.weights.sources.hub import SCHEME, hub_url
from mobileseg.weights.sources.transfer import Progress, limit_bytes

MARK = "#sha256="


def bring(address: str, progress: Progress | None = None, refresh: bool = False) -> tuple[str, Path, str | None]:
    """The https address, the checkpoint on this disk, and its sha256 where that is given in advance.

    ``address``: https or ``hf://``, perhaps with ``#sha256=`` of the file at that address. Raises what ``fetch``,
    ``hub_url`` and ``unpack`` raise.
    """
    place, _, digest = address.partition(MARK)
    url = hub_url(place) if place.startswith(SCHEME) else place
    path = fetch(url, digest or None, progress, refresh=refresh)
    if path.name.endswith(INDEX):
        plain = url.partition("?")[0]
        for name in _shards(path):
            fetch(urljoin(plain, quote(name)), progress=progress, refresh=refresh, target=path.with_name(name))
        return url, path, None  # the digest of an index with its shards is another
    if is_archive(path):
        return url, _in_archive(path), None
    return url, path, digest or None


def _shards(index: Path) -> tuple[str, ...]:
    """The names in an index; what is none does not stay in the cache."""
    try:
        return shard_names(index.read_bytes(), index.name)
    except CheckpointError:
        index.unlink(missing_ok=True)
        raise


def _in_archive(path: Path) -> Path:
    from mobileseg.weights.reading.tensorflow import find_index

    folder = unpack(path, limit_bytes())
    index = find_index(folder)
    files = [index] if index else sorted(one for one in folder.iterdir() if one.is_file())
    if len(files) != 1:
        raise CheckpointError(
            expected="an archive of one checkpoint",
            found=f"{len(files)} files in {path.name}: {', '.join(one.name for one in files[:4])}",
            fix="unpack it and give the path of the one that you mean",
        )
    return files[0]
