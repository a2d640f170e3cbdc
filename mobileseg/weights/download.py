"""Downloading a weights file: https only, resumed after an interruption, whole or not there, by one process at a time.

httpx does the transfer because the download libraries that were looked at lack what this needs: pooch starts anew after every
interruption, huggingface_hub fetches from its own hub.
"""

from __future__ import annotations

import functools
import hashlib
import os
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
from filelock import FileLock

from mobileseg.errors import CheckpointError, DownloadError
from mobileseg.files import cache_folder, disk_full, is_disk_full, sha256
from mobileseg.progress import count
from mobileseg.provenance import public_name

ATTEMPTS = 4
TIMEOUT_S = 30.0
Progress = Callable[[int, int | None], object]  # bytes done, bytes in all (None: the server does not say)


def fetch(url: str, digest: str | None = None, progress: Progress | None = None) -> Path:
    """The local file of ``url``, from the cache if it is there.

    ``digest``: hex sha256 that the file must have. ``progress``: called with every block that arrives;
    default: ``mobileseg.progress`` counts the bytes. An interrupted download is
    resumed. While another process downloads the same URL this one waits, then takes its file. Raises ``DownloadError`` if the
    server, the network or the cache fails, ``CheckpointError`` for a wrong digest or scheme.
    """
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
    name = Path(parts.path).name or "weights"
    if progress is None:
        progress = functools.partial(_count, f"download {name}")
    key = hashlib.sha256(url.encode()).hexdigest()[:16]
    target = cache_folder("weights") / key / name
    try:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            cache_folder("locks").mkdir(parents=True, exist_ok=True)
            with FileLock(cache_folder("locks") / f"{key}.lock"):
                if not target.exists():  # the process that held the lock may have brought it
                    _download(url, target, digest, progress)
    except OSError as error:
        if is_disk_full(error):
            for left in target.parent.glob(f"{name}.*"):
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
    _check(target, url, digest)
    return target


def _count(task: str, done: int, total: int | None) -> None:
    count(task, done, total, "B")


def _download(url: str, target: Path, digest: str | None, progress: Progress) -> None:
    part = target.with_name(target.name + ".part")
    tag = target.with_name(target.name + ".etag")  # which version of the file the part belongs to
    context = ssl.create_default_context()  # honours SSL_CERT_FILE
    with httpx.Client(
        verify=context, follow_redirects=True, timeout=TIMEOUT_S, event_hooks={"request": [_https_only]}
    ) as client:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _receive(client, url, part, tag, progress)
                break
            except httpx.HTTPStatusError as error:
                raise DownloadError(
                    expected=f"the file at {public_name(url)}",
                    found=f"the server's answer {error.response.status_code}",
                    fix="check the address",
                ) from error
            except httpx.TooManyRedirects as error:
                raise DownloadError(
                    expected=f"the file at {public_name(url)}", found="a loop of redirects", fix="check the address"
                ) from error
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise DownloadError(
                        expected=f"a connection to {httpx.URL(url).host}",
                        found=f"{type(error).__name__}: {error}",
                        fix="try again (the download is resumed), or download the file and give its path",
                    ) from error
    _check(part, url, digest)
    os.replace(part, target)
    tag.unlink(missing_ok=True)


def _https_only(request: httpx.Request) -> None:
    if request.url.scheme != "https":
        raise DownloadError(
            expected="https all the way",
            found=f"a redirect to {public_name(str(request.url))}",
            fix="download the file and give its path",
        )


def _receive(client: httpx.Client, url: str, part: Path, tag: Path, progress: Progress) -> None:
    """One request; appends to ``part`` when the server still has the version that ``tag`` names."""
    have = part.stat().st_size if part.exists() and tag.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # ranges count what is sent, and the part holds what is meant
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag.read_text()}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise httpx.ReadError("the part on disk does not fit the file any more")
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        etag = response.headers.get("etag", "")
        if etag and not etag.startswith("W/"):
            tag.write_text(etag)
        else:
            tag.unlink(missing_ok=True)
        done = have if resumed else 0
        length = response.headers.get("content-length", "")
        whole = length.isdecimal() and "content-encoding" not in response.headers  # else it counts compressed bytes
        total = done + int(length) if whole else None
        progress(done, total)
        with part.open("ab" if resumed else "wb") as stream:
            for block in response.iter_bytes(1 << 16):
                stream.write(block)
                done += len(block)
                progress(done, total)


def _check(path: Path, url: str, digest: str | None) -> None:
    if digest is not None and (found := sha256(path)) != digest.lower():
        path.unlink()
        raise CheckpointError(
            expected=f"sha256 {digest} of {public_name(url)}",
            found=found,
            fix="check the digest; the file was deleted and will be downloaded again",
        )
