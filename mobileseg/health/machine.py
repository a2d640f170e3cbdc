"""Python, where mobileseg keeps what it downloads and builds, and the room that is left."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from mobileseg.files import cache_folder, size_bytes
from mobileseg.health.check import Check

OLDEST = (3, 11)
LEAST_FREE = 2 << 30  # bytes: an export of the largest model and its libraries' temporary files


def python() -> Check:
    """The interpreter."""
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info >= OLDEST:
        return Check("base", "python", "ok", found)
    return Check("base", "python", "other version", found, f"install Python {'.'.join(map(str, OLDEST))} or newer")


def cache() -> Check:
    """Where downloads and built runners are."""
    folder = cache_folder("weights").parent
    if not folder.exists():
        return Check("machine", "cache", "ok", f"{folder}, not made yet")
    try:
        size = size_bytes(folder)
    except OSError as error:
        return Check(
            "machine", "cache", "broken", f"{folder}: {error.strerror}", "set MOBILESEG_CACHE to another folder"
        )
    return Check("machine", "cache", "ok", f"{folder}, {size / 1e6:.0f} MB")


def disk() -> Check:
    """What is free where the cache is."""
    folder = next(place for place in (cache_folder("weights"), *cache_folder("weights").parents) if place.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free for the cache, {shutil.disk_usage(Path.cwd()).free / 1e9:.1f} GB here"
    if free >= LEAST_FREE:
        return Check("machine", "disk", "ok", detail)
    return Check("machine", "disk", "broken", detail, "free some space, or set MOBILESEG_CACHE to another disk")
