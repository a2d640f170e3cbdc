from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from mobileseg.errors import CheckpointError
from mobileseg.weights.sources.archive import is_archive, unpack

LIMIT = 1_000_000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "cache"))


def write(path: Path, members: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


def test_files_without_their_folders(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar.gz", {"net/ckpt-1.index": b"i", "net/ckpt-1.data-00000-of-00001": b"d"})
    assert is_archive(path)
    folder = unpack(path, LIMIT)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == {
        "ckpt-1.index": b"i",
        "ckpt-1.data-00000-of-00001": b"d",
    }
    kept = (folder / "ckpt-1.index").stat().st_mtime_ns
    assert (unpack(path, LIMIT) / "ckpt-1.index").stat().st_mtime_ns == kept


def test_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    members = {"../../evil": b"x", "/tmp/absolute": b"y", "a\\..\\back": b"z"}
    folder = unpack(write(tmp_path / "a.tgz", members, {"passwd": "/etc/passwd"}), LIMIT)
    assert {one.name for one in folder.iterdir()} == {"evil", "absolute", "back"}
    assert not (tmp_path.parent / "evil").exists()


def test_a_newer_archive_is_unpacked_again(tmp_path: Path) -> None:
    unpack(write(tmp_path / "a.tgz", {"one": b"1"}), LIMIT)
    assert {one.name for one in unpack(write(tmp_path / "a.tgz", {"two": b"2"}), LIMIT).iterdir()} == {"two"}


@pytest.mark.parametrize(
    ("members", "found"), [({"a": bytes(2_000_000)}, "more than 0.001 GB"), ({"x/a": b"1", "y/a": b"2"}, "two files a")]
)
def test_too_much_and_twice_the_same_name_are_refused(tmp_path: Path, members: dict[str, bytes], found: str) -> None:
    with pytest.raises(CheckpointError, match=found):
        unpack(write(tmp_path / "a.tgz", members), LIMIT)
    assert [one.name for one in tmp_path.iterdir() if one.name != "cache"] == ["a.tgz"]


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tgz", {"a": bytes(range(256)) * 50})
    whole = path.read_bytes()
    for kept in (12, len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:kept])
        with pytest.raises(CheckpointError, match="complete tar archive"):
            unpack(path, LIMIT)


def test_what_torch_saved_as_a_tar_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "van.pth.tar").write_bytes(b"PK\3\4")
    assert not is_archive(tmp_path / "van.pth.tar")
