from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import full_disk
import pytest
import torch
import trustme
from https_site import DATA, Site, serve
from torch import Tensor

import mobileseg
from mobileseg.errors import CheckpointError, DownloadError
from mobileseg.files import cache_folder
from mobileseg.progress import listen
from mobileseg.weights.sources.download import fetch
from mobileseg.weights.sources.transfer import ATTEMPTS

DIGEST = hashlib.sha256(DATA).hexdigest()
HALF = len(DATA) // 2


def wait_for(happened: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)


def cached() -> list[Path]:
    return sorted(path for path in cache_folder("weights").rglob("*") if path.is_file())


def test_fetches_once_and_then_takes_the_cached_file(site: Site, tmp_path: Path) -> None:
    path = fetch(site.url, DIGEST.upper())
    assert path.read_bytes() == DATA
    assert path.name == "weights.pth"
    assert tmp_path / "cache" in path.parents
    assert cached() == [path]
    assert fetch(site.url, DIGEST) == path
    assert len(site.requests) == 1


def test_files_of_one_name_do_not_collide(site: Site) -> None:
    first = fetch(site.url)
    site.content = b"other"
    second = fetch(f"{site.base}/elsewhere/weights.pth")
    assert (first.read_bytes(), second.read_bytes()) == (DATA, b"other")


def test_goes_on_where_the_connection_broke(site: Site) -> None:
    site.cuts = [HALF]
    assert fetch(site.url, DIGEST).read_bytes() == DATA
    first, second = site.requests
    assert "range" not in first
    assert 0 < int(second["range"].removeprefix("bytes=").removesuffix("-")) <= HALF
    assert second["if-range"] == '"one"'


def test_goes_on_in_the_next_call_and_shows_no_half_file_before(site: Site) -> None:
    site.cuts = [HALF] + [0] * (ATTEMPTS - 1)
    with pytest.raises(DownloadError, match=r"connection to localhost.*the download is resumed") as caught:
        fetch(site.url, DIGEST)
    assert caught.value.exit_code == 3
    assert len(site.requests) == ATTEMPTS
    assert "weights.pth" not in [path.name for path in cached()]
    path = fetch(site.url, DIGEST)
    assert path.read_bytes() == DATA
    assert int(site.requests[-1]["range"].removeprefix("bytes=").removesuffix("-")) > 0
    assert cached() == [path]


def test_starts_again_where_the_file_has_changed(site: Site) -> None:
    site.cuts = [HALF] + [0] * (ATTEMPTS - 1)
    with pytest.raises(DownloadError):
        fetch(site.url)
    site.content, site.etag = DATA[::-1], '"two"'
    assert fetch(site.url).read_bytes() == DATA[::-1]
    assert site.requests[-1]["if-range"] == '"one"'


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_starts_again_where_nothing_tells_the_versions_apart(site: Site, etag: str | None) -> None:
    site.cuts, site.etag = [HALF], etag
    assert fetch(site.url, DIGEST).read_bytes() == DATA
    assert "range" not in site.requests[1]


def test_starts_again_where_the_server_knows_no_ranges(site: Site) -> None:
    site.cuts, site.ranges = [HALF], False
    assert fetch(site.url, DIGEST).read_bytes() == DATA
    assert "range" in site.requests[1]


def test_resumes_from_a_server_that_would_compress(site: Site) -> None:
    site.content = bytes(torch.randint(0, 256, (400_000,), generator=torch.Generator().manual_seed(0)).tolist())
    site.cuts, site.compresses = [200_000], True  # ranges count the compressed bytes, the part holds plain ones
    assert fetch(site.url).read_bytes() == site.content


def test_refuses_another_digest_and_forgets_the_file(site: Site) -> None:
    with pytest.raises(CheckpointError, match=rf"sha256 {'0' * 64} of .*found {DIGEST}"):
        fetch(site.url, "0" * 64)
    assert not [path for path in cached() if path.suffix != ".etag"]
    path = fetch(site.url, DIGEST)
    with pytest.raises(CheckpointError, match="downloaded again"):
        fetch(site.url, "0" * 64)
    assert not path.exists()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_the_server_s_refusal_is_named(site: Site, status: int) -> None:
    site.status = status
    with pytest.raises(DownloadError, match=rf"{site.url}; found the server's answer {status}"):
        fetch(site.url)
    assert cached() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/x",
        "ftp://localhost/x",
        "file:///etc/passwd",
        "https:///x",
        "https://localhost:port/x",
        "https://[::1/x",
    ],
)
def test_refuses_anything_but_an_https_address(site: Site, url: str) -> None:
    with pytest.raises(CheckpointError, match="https URL"):
        fetch(url)
    assert site.requests == []


def test_follows_a_redirect(site: Site) -> None:
    site.redirects = [f"{site.base}/cdn"]
    assert fetch(site.url, DIGEST).read_bytes() == DATA
    assert len(site.requests) == 2


def test_follows_no_redirect_to_plain_http(site: Site) -> None:
    with serve(None) as plain:
        plain.site = site
        site.redirects = [f"http://localhost:{plain.port}/weights.pth"]
        with pytest.raises((DownloadError, CheckpointError), match="https"):
            fetch(site.url)
    assert len(site.requests) == 1
    assert not [path for path in cached() if path.suffix != ".etag"]


def test_a_loop_of_redirects_ends(site: Site) -> None:
    site.redirects = [site.url] * 1000
    with pytest.raises(DownloadError, match="redirect"):
        fetch(site.url)


def test_nobody_listens(site: Site) -> None:
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match=r"connection to localhost.*give its path"):
        fetch(f"https://localhost:{port}/weights.pth")
    assert cached() == []


def test_a_certificate_of_a_stranger_is_refused(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "stranger.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "stranger.pem"))
    with pytest.raises(DownloadError, match=r"CERTIFICATE_VERIFY_FAILED"):
        fetch(site.url)
    assert site.requests == []


def test_a_cache_that_cannot_be_written(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match="MOBILESEG_CACHE"):
        fetch(site.url)


def test_a_full_disk_leaves_nothing(site: Site) -> None:
    script = f"""
from mobileseg.errors import DiskFullError
from mobileseg.weights.sources.download import fetch
try:
    fetch({site.url!r})
except DiskFullError:
    print("full")
"""
    assert full_disk.run(script, room=HALF).stdout == "full\n"
    assert cached() == []


def test_progress_counts_bytes_from_where_a_download_is_resumed(site: Site) -> None:
    site.cuts = [HALF]
    seen: list[tuple[int, int | None]] = []
    fetch(site.url, DIGEST, lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {len(DATA)}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[0] == (0, len(DATA))
    assert seen[-1] == (len(DATA), len(DATA))
    again: list[int] = []
    fetch(site.url, DIGEST, lambda done, _: again.append(done))
    assert again == []


def test_a_download_is_counted_for_whoever_listens(site: Site) -> None:
    heard: list[tuple[object, ...]] = []
    with listen(lambda *said: heard.append(said)):
        fetch(site.url, DIGEST)
    name = site.url.rpartition("/")[2]
    assert heard[0] == (f"download {name}", 0, len(DATA), "B")
    assert heard[-1] == (f"download {name}", len(DATA), len(DATA), "B")


def test_two_processes_download_a_file_once(site: Site) -> None:
    """Real processes, started together; the one that finds the lock taken gets the other's file."""
    site.pause_s = 0.5
    script = f"from mobileseg.weights.sources.download import fetch; print(fetch({site.url!r}, {DIGEST!r}))"
    both = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert Path(said[0]).read_bytes() == DATA
    assert len(site.requests) == 1
    assert cached() == [Path(said[0])]


def test_a_process_that_is_killed_leaves_no_lock(site: Site) -> None:
    site.pause_s = 60
    script = f"from mobileseg.weights.sources.download import fetch; fetch({site.url!r})"
    process = subprocess.Popen([sys.executable, "-c", script])
    wait_for(lambda: site.requests)
    process.kill()
    process.wait()
    site.pause_s = 0
    assert fetch(site.url, DIGEST).read_bytes() == DATA


def test_secrets_of_an_address_are_not_shown(site: Site) -> None:
    site.status = 403
    url = f"{site.url}?token=secret".replace("https://", "https://alice:secret@")
    with pytest.raises(DownloadError) as caught:
        fetch(url)
    assert site.url in str(caught.value)
    assert "secret" not in str(caught.value)


def test_weights_from_an_address(site: Site, tiny: dict[str, Tensor], save: Callable[..., Path]) -> None:
    site.content = save(tiny, "weights.safetensors").read_bytes()
    url = f"{site.url}#sha256={hashlib.sha256(site.content).hexdigest()}"
    model = mobileseg.create_model("seaformer-tiny", weights=url)
    assert all(torch.equal(value, tiny[key]) for key, value in model.state_dict().items())
    report = mobileseg.load_weights(model, url)
    assert report.weights.kind == "url"
    assert report.weights.sha256 == hashlib.sha256(site.content).hexdigest()
    assert len(site.requests) == 1
    with pytest.raises(CheckpointError, match="sha256 0000"):
        mobileseg.load_weights(model, f"{site.url}#sha256={'0' * 64}")
