"""safetensors: a file, or an index with the shards that it names (as Hugging Face writes what is large)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from mobileseg.errors import CheckpointError
from mobileseg.files import sha256

INDEX = ".index.json"
LARGEST_INDEX = 64 << 20  # bytes


@dataclass(frozen=True)
class Index:
    """``shards``: the files that an index names, in the index's order."""

    path: Path
    shards: tuple[Path, ...]

    def sha256(self) -> str:
        """Hex digest of the digests of the index and of its shards."""
        return hashlib.sha256("".join(map(sha256, (self.path, *self.shards))).encode()).hexdigest()


def shard_names(text: bytes, place: str) -> tuple[str, ...]:
    """The names of the shards in an index at ``place``. Raises ``CheckpointError`` for another text, and for a name with a folder."""
    try:
        names = tuple(dict.fromkeys(json.loads(text)["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            expected='an index of shards: {"weight_map": {key: file}}',
            found=f"{place}, another JSON text",
            fix="give the weights themselves, or the index beside them",
        ) from error
    if bad := [name for name in names if not isinstance(name, str) or not _is_plain(name)]:
        raise CheckpointError(
            expected="an index of shards in its own folder",
            found=f"{place} names {str(bad[0])[:80]!r}",
            fix="give an index that was not changed",
        )
    return names


def _is_plain(name: str) -> bool:
    return Path(name).name == name and name.isprintable() and "\\" not in name and name not in (".", "..")


def read_index(path: Path) -> Index:
    """Raises ``CheckpointError`` where it is no index or a shard is missing."""
    if path.stat().st_size > LARGEST_INDEX:
        raise CheckpointError(expected="an index of shards", found=f"{path}, too large for one", fix="check --weights")
    shards = tuple(path.with_name(name) for name in shard_names(path.read_bytes(), str(path)))
    if missing := [shard.name for shard in shards if not shard.is_file()]:
        raise CheckpointError(
            expected=f"the {len(shards)} shards of {path.name} beside it",
            found=f"{len(missing)} missing: {', '.join(missing[:3])}",
            fix="download them into the same folder",
        )
    return Index(path, shards)


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """The tensors of a file, and its metadata. Raises ``CheckpointError`` where it is damaged."""
    try:
        with safe_open(path, framework="pt") as opened:
            metadata: Mapping[str, str] = opened.metadata() or {}
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            expected="a complete safetensors file", found=f"{path}: {error}", fix="download it again"
        ) from error
    return tensors, metadata
