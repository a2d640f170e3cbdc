"""Where files of a digest are on this machine: a convenience that may be lost at any time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mobileseg.files import cache_folder
from mobileseg.weights.known import recall, remember

DIGEST = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "weights.pth").touch()
    return tmp_path / "weights.pth"


def test_what_is_remembered_is_recalled_from_any_folder(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recall(DIGEST) is None
    monkeypatch.chdir(weights.parent)
    remember(DIGEST, Path("weights.pth"))
    monkeypatch.chdir("/")
    assert recall(DIGEST) == weights
    remember(DIGEST, weights.parent)
    assert recall(DIGEST) == weights.parent


def test_what_is_gone_is_not_recalled(weights: Path) -> None:
    remember(DIGEST, weights)
    weights.unlink()
    assert recall(DIGEST) is None


def test_a_name_of_any_bytes(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"w\xffeights\n.pth")
    odd.touch()
    remember(DIGEST, odd)
    assert recall(DIGEST) == odd


@pytest.mark.parametrize("content", [b"", b"weights.pth", b"\0", b"\xff\xfe", b"/" + b"x" * 100_000])
def test_a_corrupt_entry_counts_as_none(weights: Path, content: bytes) -> None:
    remember(DIGEST, weights)
    (cache_folder("known") / DIGEST).write_bytes(content)
    assert recall(DIGEST) is None
    remember(DIGEST, weights)
    assert recall(DIGEST) == weights


def test_an_entry_that_is_a_folder_counts_as_none(weights: Path) -> None:
    (cache_folder("known") / DIGEST).mkdir(parents=True)
    remember(DIGEST, weights)
    assert recall(DIGEST) is None


def test_a_cache_that_cannot_be_written_is_no_error(weights: Path, cache: Path) -> None:
    cache.touch()
    remember(DIGEST, weights)
    assert recall(DIGEST) is None


@pytest.mark.parametrize("digest", ["", "../../x", DIGEST[1:], DIGEST.replace("0", "/")])
def test_nothing_but_a_digest_becomes_a_file(weights: Path, cache: Path, digest: str) -> None:
    remember(digest, weights)
    assert recall(digest) is None
    assert not cache.exists()


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from mobileseg.weights.known import recall, remember
for number in range(50):
    remember("f" * 64, Path(sys.argv[1]))
    assert recall("f" * 64) is not None
    remember(f"{sys.argv[2]}{number:063x}", Path(sys.argv[1]))
"""
    places = [tmp_path / name for name in "abc"]
    for place in places:
        place.mkdir()
    running = [subprocess.Popen([sys.executable, "-c", script, str(place), place.name]) for place in places]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert recall("f" * 64) in places
    assert [recall(f"{place.name}{number:063x}") for place in places for number in range(50)] == [
        place for place in places for _ in range(50)
    ]
