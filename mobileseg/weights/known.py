"""Where files of a digest are on this machine: an index in the user's cache, never part of what ships.

Manifests name weights and calibration images by name and sha256 alone; an export notes here where it read them, so that ``compare``
finds them again. An entry is a file of its own, so nothing is lost when two processes write at once. The index is a convenience: an
entry that cannot be written or read counts as absent, and whoever asks checks the digest of what it finds.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from mobileseg.errors import MobilesegError
from mobileseg.files import cache_folder, write_whole

_DIGEST = re.compile(r"[0-9a-f]{64}")


def remember(digest: str, path: Path) -> None:
    """Note that the file or folder of hex sha256 ``digest`` is at ``path``. Never fails."""
    if not _DIGEST.fullmatch(digest):
        return
    with contextlib.suppress(OSError, MobilesegError):
        folder = cache_folder("known")
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / digest, os.fsencode(os.path.abspath(path)))


def recall(digest: str) -> Path | None:
    """Where ``digest`` was last seen, if something is there still; it may have changed. None if nothing is known."""
    if not _DIGEST.fullmatch(digest):
        return None
    try:
        path = Path(os.fsdecode((cache_folder("known") / digest).read_bytes()))
        return path if path.is_absolute() and path.exists() else None
    except (OSError, ValueError):
        return None
