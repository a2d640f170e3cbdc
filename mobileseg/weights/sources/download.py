"""Downloading a weights file: https only, resumed after an interruption, whole or not there, by one process at a time.

httpx does the transfer because the download libraries that were looked at lack what this needs: pooch starts anew after every
interruption, huggingface_hub fetches from its own hub.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
from filelock import FileLock

from mobileseg.errors import CheckpointError, DownloadError
from mobileseg.files import cache_folder, disk_full, is_disk_full, sha256
from mobileseg.progress import count
from mobileseg.provenance import public_name
from mobileseg.weights.reading.strangers import page_in_place, read_head
from mobileseg.weights.sources.transfer import Progress, Transfer, limit_bytes

LONGEST_NAME = 120  # characters of a file's name in the cache


def fetch(
    url: str,
    digest: str | None = None,
    progress: Progress | None = None,
    *,
    refresh: bool = False,
    target: Path | None = None,
) -> Path:
    """The local file of ``url``, from the cache if it is there.

    ``digest``: hex sha256 that the file must have. ``progress``: called with every block that arrives; default:
    ``mobileseg.progress`` counts the bytes. ``refresh``: download it again; until that is done the old file stays. ``target``: a
    path in the cache, where the file belongs beside others; default: in a folder of its own.

    An interrupted download is resumed. While another process downloads the same URL this one waits, then takes its file. Raises
    ``DownloadError`` if the server, the network or the cache fails or the file is too large, ``CheckpointError`` for a wrong digest
    or scheme, and for a page in place of a file.
    """
    name = _name(url)
    if progress is None:
        progress = functools.partial(_count, f"download {name}")
    key = hashlib.sha256(url.encode()).hexdigest()[:16]
    target = target or cache_folder("weights") / key / name
    with _cache_errors(target):
        if refresh or not _is_file(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            cache_folder("locks").mkdir(parents=True, exist_ok=True)
            before = _version(target)
            with FileLock(cache_folder("locks") / f"{key}.lock"):
                # The process that held the lock may have brought it.
                if _version(target) == before if refresh else not _is_file(target):
                    _download(url, target, digest, progress)
    _check(target, url, digest)
    return target


def _name(url: str) -> str:
    """What the file of a URL is called in the cache. Raises ``CheckpointError`` for anything but https."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = httpx.URL("")
    if parts.scheme != "https" or not parts.host:
        raise CheckpointError(
            expected="an https URL",
            found=public_name(url),
            fix="give the https address, or download it and give the path",
        )
    return re.sub(r"[^\w.+-]", "_", Path(parts.path).name)[-LONGEST_NAME:].strip(".") or "weights"


def _is_file(target: Path) -> bool:
    """Whether the file is in the cache. A page that an older version kept there is removed."""
    if not target.exists():
        return False
    if page_in_place(read_head(target), target.name) is None:
        return True
    target.unlink(missing_ok=True)
    return False


def _version(target: Path) -> tuple[int, int] | None:
    """Tells whether a file was replaced; None where there is none."""
    with contextlib.suppress(OSError):
        found = target.stat()
        return found.st_mtime_ns, found.st_ino
    return None


def _count(task: str, done: int, total: int | None) -> None:
    count(task, done, total, "B")


def _download(url: str, target: Path, digest: str | None, progress: Progress) -> None:
    part, tag = (target.with_name(f"{target.name}.{suffix}") for suffix in ("part", "etag"))
    Transfer(url, part, tag, limit_bytes(), progress).run()
    _check(part, url, digest)
    os.replace(part, target)
    tag.unlink(missing_ok=True)


def _check(path: Path, url: str, digest: str | None) -> None:
    if digest is not None and (found := sha256(path)) != digest.lower():
        path.unlink()
        raise CheckpointError(
            expected=f"sha256 {digest} of {public_name(url)}",
            found=found,
            fix="check the digest; the file was deleted and will be downloaded again",
        )


@contextlib.contextmanager
def _cache_errors(target: Path) -> Iterator[None]:
    """What the file system says, as errors of ours."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            for left in target.parent.glob(f"{target.name}.*"):
                left.unlink()
            raise disk_full(target.parent) from error
        raise DownloadError(
            expected="a cache folder that can be written", found=str(error), fix="set MOBILESEG_CACHE to one"
        ) from error
    except NotImplementedError as error:  # filelock's answer to a file system without locks
        raise DownloadError(
            expected="a cache folder on a file system with locks",
            found=str(cache_folder("locks")),
            fix="set MOBILESEG_CACHE to one on a local disk",
        ) from error
