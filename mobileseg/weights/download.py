"""Fetching a weights file: https only, resumed where it broke off, whole or not there."""

from __future__ import annotations

import hashlib
import os
import ssl
from pathlib import Path

import httpx

from mobileseg.errors import CheckpointError, DownloadError
from mobileseg.files import cache_folder, disk_full, is_disk_full, sha256

ATTEMPTS = 4
TIMEOUT_S = 30.0


def fetch(url: str, digest: str | None = None) -> Path:
    """The local file of ``url``, from the cache where it is there already.

    ``digest``: hex sha256 that the file must have. Raises ``DownloadError`` where the server or the network fails and
    ``CheckpointError`` for a wrong digest or scheme. A download that was cut off goes on where it stopped.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = httpx.URL("")
    if parts.scheme != "https" or not parts.host:
        raise CheckpointError(
            expected="an https URL", found=url, fix="give the https address, or download it and give the path"
        )
    name = Path(parts.path).name or "weights"
    target = cache_folder("weights") / hashlib.sha256(url.encode()).hexdigest()[:16] / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _download(url, target, digest)
    except OSError as error:
        if is_disk_full(error):
            for left in target.parent.glob(f"{name}.*"):
                left.unlink()
            raise disk_full(target.parent) from error
        raise DownloadError(
            expected="a cache folder that can be written", found=str(error), fix="set MOBILESEG_CACHE to one"
        ) from error
    _check(target, url, digest)
    return target


def _download(url: str, target: Path, digest: str | None) -> None:
    part = target.with_name(target.name + ".part")
    tag = target.with_name(target.name + ".etag")  # which version of the file the part belongs to
    context = ssl.create_default_context()  # honours SSL_CERT_FILE
    with httpx.Client(
        verify=context, follow_redirects=True, timeout=TIMEOUT_S, event_hooks={"request": [_https_only]}
    ) as client:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _receive(client, url, part, tag)
                break
            except httpx.HTTPStatusError as error:
                raise DownloadError(
                    expected=f"the file at {url}",
                    found=f"the server's answer {error.response.status_code}",
                    fix="check the address",
                ) from error
            except httpx.TooManyRedirects as error:
                raise DownloadError(
                    expected=f"the file at {url}", found="a loop of redirects", fix="check the address"
                ) from error
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise DownloadError(
                        expected=f"a connection to {httpx.URL(url).host}",
                        found=f"{type(error).__name__}: {error}",
                        fix="try again (it goes on where it stopped), or download the file and give its path",
                    ) from error
    _check(part, url, digest)
    os.replace(part, target)
    tag.unlink(missing_ok=True)


def _https_only(request: httpx.Request) -> None:
    if request.url.scheme != "https":
        raise DownloadError(
            expected="https all the way",
            found=f"a redirect to {request.url}",
            fix="download the file and give its path",
        )


def _receive(client: httpx.Client, url: str, part: Path, tag: Path) -> None:
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
        with part.open("ab" if resumed else "wb") as stream:
            for block in response.iter_bytes(1 << 16):
                stream.write(block)


def _check(path: Path, url: str, digest: str | None) -> None:
    if digest is not None and (found := sha256(path)) != digest.lower():
        path.unlink()
        raise CheckpointError(
            expected=f"sha256 {digest} of {url}",
            found=found,
            fix="check the digest; the file was deleted and is fetched anew",
        )
