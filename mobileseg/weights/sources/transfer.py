"""One file over https: resumed after an interruption, within a limit, refused where a page comes in its place."""

from __future__ import annotations

import os
import re
import shutil
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import httpx

from mobileseg.errors import CheckpointError, DownloadError
from mobileseg.files import disk_full
from mobileseg.provenance import public_name
from mobileseg.weights.reading.strangers import HEAD, page_in_place

ATTEMPTS = 4
TIMEOUT_S = 30.0
BLOCK = 1 << 16
GB = 1e9
LIMIT_GB, LIMIT_VARIABLE = 8.0, "MOBILESEG_DOWNLOAD_LIMIT"
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
Progress = Callable[[int, int | None], object]  # bytes done, bytes in all (None: the server does not say)


@dataclass(frozen=True)
class Transfer:
    """``part``: where the file grows. ``tag``: which version of the file the part belongs to, as the server calls it. ``limit``: the
    most bytes that are taken."""

    url: str
    part: Path
    tag: Path
    limit: int
    progress: Progress

    def run(self) -> None:
        """Receive the whole file into ``part``. Raises ``DownloadError``, ``DiskFullError``, ``CheckpointError`` for a page."""
        context = ssl.create_default_context()  # honours SSL_CERT_FILE
        with httpx.Client(
            verify=context, follow_redirects=True, timeout=TIMEOUT_S, event_hooks={"request": [_https_only]}
        ) as client:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._receive(client)
                    return
                except httpx.HTTPStatusError as error:
                    raise _refusal(self.url, error.response.status_code) from error
                except httpx.TooManyRedirects as error:
                    raise DownloadError(
                        expected=f"the file at {public_name(self.url)}",
                        found="a loop of redirects",
                        fix="check the address",
                    ) from error
                except httpx.TransportError as error:
                    if attempt == ATTEMPTS:
                        raise DownloadError(
                            expected=f"a connection to {httpx.URL(self.url).host}",
                            found=f"{type(error).__name__}: {error}",
                            fix="try again (the download is resumed), or download the file and give its path",
                        ) from error

    def forget(self) -> None:
        """Remove what was received."""
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)

    def _receive(self, client: httpx.Client) -> None:
        """One request; appends to ``part`` when the server still has the version that ``tag`` names."""
        have = self.part.stat().st_size if self.part.exists() and self.tag.exists() else 0
        headers = {"Accept-Encoding": "identity"}  # ranges count what is sent, and the part holds what is meant
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": self.tag.read_text()}
        with client.stream("GET", self.url, headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._restart("the part on disk does not fit the file any more")
            response.raise_for_status()
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            total = self._total(response, have if resumed else None)
            self._check_room(total, have if resumed else 0)
            if not resumed:
                self._note_version(response)
            self._write(response, have if resumed else 0, total)

    def _total(self, response: httpx.Response, have: int | None) -> int | None:
        """Bytes of the whole file. ``have``: bytes before the part of it that comes, None where all of it comes."""
        if have is not None:
            found = RANGE.fullmatch(response.headers.get("content-range", ""))
            if found is None or int(found[1]) != have or (found[3] != "*" and int(found[3]) != int(found[2]) + 1):
                self._restart(f"the server sent another range: {response.headers.get('content-range', 'none')!r}")
            return int(found[2]) + 1
        length = response.headers.get("content-length", "")
        whole = length.isdecimal() and "content-encoding" not in response.headers  # else it counts compressed bytes
        return int(length) if whole else None

    def _restart(self, why: str) -> NoReturn:
        """Without the part on disk."""
        self.forget()
        raise httpx.ReadError(why)

    def _check_room(self, total: int | None, have: int) -> None:
        if total is None:
            return
        if total > self.limit:
            raise _too_large(self.url, total, self.limit)
        if total - have > shutil.disk_usage(self.part.parent).free:
            raise disk_full(self.part.parent)

    def _note_version(self, response: httpx.Response) -> None:
        etag = response.headers.get("etag", "")
        if etag and not etag.startswith("W/"):
            self.tag.write_text(etag)
        else:
            self.tag.unlink(missing_ok=True)

    def _write(self, response: httpx.Response, done: int, total: int | None) -> None:
        self.progress(done, total)
        head = b"" if done == 0 else None
        with self.part.open("ab" if done else "wb") as stream:
            for block in response.iter_bytes(BLOCK):
                if head is not None:
                    head = self._look(head + block)
                stream.write(block)
                done += len(block)
                if done > self.limit:
                    self.forget()
                    raise _too_large(self.url, None, self.limit)
                self.progress(done, total)
        if head is not None:
            self._refuse_page(head)
        if total is not None and done != total:
            raise httpx.ReadError(f"{done} of {total} bytes came")

    def _look(self, head: bytes) -> bytes | None:
        """The first bytes as long as there are too few of them to tell a page from a file."""
        if len(head) < HEAD:
            return head
        self._refuse_page(head)
        return None

    def _refuse_page(self, head: bytes) -> None:
        if found := page_in_place(head[:HEAD], self.url.partition("?")[0]):
            self.forget()
            raise CheckpointError(
                expected=f"a file of weights at {public_name(self.url)}", found=found.title, fix=found.fix
            )


def limit_bytes() -> int:
    """The largest download, from the environment. Raises ``DownloadError`` for anything but a number of gigabytes."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    try:
        limit = float(text) if text else LIMIT_GB
    except ValueError:
        limit = -1.0
    if not 0 < limit < float("inf"):
        raise DownloadError(
            expected=f"a number of gigabytes in {LIMIT_VARIABLE}",
            found=repr(text),
            fix=f"unset it: {LIMIT_GB:g} is usual",
        )
    return int(limit * GB)


def _too_large(url: str, total: int | None, limit: int) -> DownloadError:
    size = f"{total / GB:.1f} GB" if total is not None else "more"
    return DownloadError(
        expected=f"at most {limit / GB:g} GB at {public_name(url)}",
        found=size,
        fix=f"allow more with {LIMIT_VARIABLE}=<gigabytes>, or download the file and give its path",
    )


def _refusal(url: str, status: int) -> DownloadError:
    closed = status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
    return DownloadError(
        expected=f"the file at {public_name(url)}",
        found=f"the server's answer {status}"
        + (": it is private, wants a licence accepted, or does not exist" if closed else ""),
        fix="download it where you are signed in, and give its path" if closed else "check the address",
    )


def _https_only(request: httpx.Request) -> None:
    if request.url.scheme != "https":
        raise DownloadError(
            expected="https all the way",
            found=f"a redirect to {public_name(str(request.url))}",
            fix="download the file and give its path",
        )
