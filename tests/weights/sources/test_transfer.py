"""What servers send in place of a file, how much is taken, and what is downloaded again."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from https_site import DATA, Site

from mobileseg.errors import CheckpointError, DiskFullError, DownloadError
from mobileseg.files import cache_folder
from mobileseg.weights.sources import transfer
from mobileseg.weights.sources.download import fetch

DIGEST = hashlib.sha256(DATA).hexdigest()
HALF = len(DATA) // 2
PAGES = {
    "html": (b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>", "an HTML page"),
    "long html": (b"<html><title>Blob</title>" + b"<p>x</p>" * 10_000, "an HTML page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "Git-LFS pointer"),
    "drive": (b"<html><title>Google Drive - Virus scan warning</title></html>", "Google Drive"),
    "xml": (b"<?xml version='1.0'?><Error/>", "XML"),
    "json": (b'{"error":"no such revision"}', "JSON"),
    "empty": (b"", "an empty file"),
}


def cached() -> list[Path]:
    return sorted(path for path in cache_folder("weights").rglob("*") if path.is_file())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_place_of_the_file_is_named_and_not_kept(site: Site, name: str) -> None:
    site.content, title = PAGES[name]
    with pytest.raises(CheckpointError, match=f"weights at {site.url}; found {title}|weights at .*{title}") as caught:
        fetch(site.url)
    assert caught.value.exit_code == 2
    assert cached() == []
    site.content = DATA
    assert fetch(site.url, DIGEST).read_bytes() == DATA


def test_a_page_that_an_older_version_kept_is_replaced(site: Site) -> None:
    path = fetch(site.url)
    path.write_bytes(PAGES["html"][0])
    assert fetch(site.url, DIGEST).read_bytes() == DATA


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_beyond_the_limit_is_not_taken(site: Site, monkeypatch: pytest.MonkeyPatch, announced: bool) -> None:
    monkeypatch.setenv(transfer.LIMIT_VARIABLE, "0.0002")
    if not announced:
        site.headers["Content-Length"] = None
    with pytest.raises(DownloadError, match=rf"at most 0\.0002 GB at {site.url}.*MOBILESEG_DOWNLOAD_LIMIT"):
        fetch(site.url)
    assert cached() == []
    monkeypatch.setenv(transfer.LIMIT_VARIABLE, "1")
    assert fetch(site.url, DIGEST).read_bytes() == DATA


@pytest.mark.parametrize("text", ["many", "-1", "0", "nan", "inf"])
def test_a_limit_that_is_none_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(transfer.LIMIT_VARIABLE, text)
    with pytest.raises(DownloadError, match="number of gigabytes in MOBILESEG_DOWNLOAD_LIMIT"):
        fetch(site.url)
    assert site.requests == []


def test_a_disk_without_room_is_said_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: transfer.shutil._ntuple_diskusage(10, 5, HALF))
    with pytest.raises(DiskFullError):
        fetch(site.url)
    assert cached() == []


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "bytes 0-5/6",
        f"bytes {HALF + 1}-{len(DATA) - 1}/{len(DATA)}",
        f"bytes {HALF}-{len(DATA) - 1}/7",
        "items 1-2/3",
        "",
    ],
)
def test_another_range_than_was_asked_for_is_not_joined(site: Site, answer: str | None) -> None:
    """A part of the file in the wrong place would be a file of the right length."""
    site.cuts = [HALF]
    site.headers = {"Content-Range": answer}
    assert fetch(site.url, DIGEST).read_bytes() == DATA
    assert "range" in site.requests[1] and "range" not in site.requests[2]


def test_a_range_to_the_end_whose_total_is_not_known(site: Site) -> None:
    site.cuts = [HALF]
    fetch_half = f"bytes {HALF}-{len(DATA) - 1}/*"
    site.headers = {"Content-Range": fetch_half}
    assert fetch(site.url, DIGEST).read_bytes() == DATA


def test_refresh_downloads_again_and_keeps_the_old_file_meanwhile(site: Site) -> None:
    path = fetch(site.url)
    site.content, site.etag = DATA[::-1], '"two"'
    assert fetch(site.url).read_bytes() == DATA
    assert fetch(site.url, refresh=True) == path
    assert path.read_bytes() == DATA[::-1]
    site.status = 500
    with pytest.raises(DownloadError):
        fetch(site.url, refresh=True)
    assert path.read_bytes() == DATA[::-1]


def test_two_processes_that_refresh_download_once(site: Site) -> None:
    fetch(site.url)
    site.pause_s = 0.5
    script = f"from mobileseg.weights.sources.download import fetch; print(fetch({site.url!r}, refresh=True))"
    both = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert Path(said[0]).read_bytes() == DATA
    assert 2 <= len(site.requests) <= 3  # three where the second began after the first had ended


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_is_explained(site: Site, status: int) -> None:
    site.status = status
    with pytest.raises(DownloadError, match=rf"answer {status}: it is private.*signed in, and give its path"):
        fetch(site.url)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/..", "weights"), ("/", "weights"), ("/x/%2e%2e", "weights"), ("/a/b%00c.pth", "b_c.pth"), ("/a b.pth", "a_b.pth"),
     ("/" + "x" * 400 + ".pth", "x" * 116 + ".pth"), ("/..hidden", "hidden")],
)  # fmt: skip
def test_names_in_the_cache_are_names(site: Site, path: str, name: str) -> None:
    found = fetch(f"{site.base}{path}")
    assert found.name == name
    assert found.parent.parent == cache_folder("weights")
