"""Digests of folders of data, remembered as long as no file in them changes: a sweep asks for them in every cell."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from mobileseg.errors import RequestError
from mobileseg.files import cache_folder, sha256, write_whole
from mobileseg.fleet.store.keys import short_hash


def data_digest(path: Path) -> str:
    """Hex sha256 of a file or folder. Raises ``RequestError`` where there is none."""
    if not path.exists():
        raise RequestError(expected="data that exist", found=f"nothing at {path}", fix="check the path")
    state = _state(path)
    kept = cache_folder("digests") / f"{short_hash(str(path.resolve()), 32)}.json"
    try:
        found = json.loads(kept.read_text())
        if found["state"] == state:
            return str(found["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not remembered, or by another version
    digest = sha256(path)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, json.dumps({"state": state, "sha256": digest}).encode())
    return digest


def _state(path: Path) -> str:
    """Changes whenever a file is written, added or removed."""
    found = hashlib.sha256()
    files = [path] if path.is_file() else sorted(Path(top) / name for top, _, names in os.walk(path) for name in names)
    for file in files:
        stat = file.stat()
        found.update(f"{file.relative_to(path.parent)}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ino}\n".encode())
    return found.hexdigest()
