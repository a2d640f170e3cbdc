"""The cache of everything that is built or fetched for ARM: made once, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mobileseg import files
from mobileseg.errors import EnvironmentLackError


def place() -> Path:
    """``arm`` in ``$MOBILESEG_CACHE``, else in the user's cache folder. Raises ``EnvironmentLackError`` where it cannot be made."""
    folder = files.cache_folder("arm")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentLackError(
            expected="a cache folder that can be written", found=str(error), fix="set MOBILESEG_CACHE to one"
        ) from error
    return folder


def once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder ``name`` in the cache, filled by ``make`` if it does not exist. What ``make`` writes beside the folder that it is
    given is removed afterwards. Where two processes make it at once, the first to finish wins."""
    folder = place() / name
    if not folder.exists():
        with files.staging(folder) as work:
            made = work / name
            made.mkdir()
            make(made)
            if not folder.exists():
                files.publish([(made, folder)])
    return folder
