from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import full_disk
import pytest

from mobileseg.errors import DiskFullError, OutputError
from mobileseg.files import check_output, is_disk_full, of_the_system, publish, sha256, size_bytes, staging, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_sha256_of_a_file_longer_than_a_block(tmp_path: Path) -> None:
    data = os.urandom((1 << 20) + 17)
    (tmp_path / "file").write_bytes(data)
    assert sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_sha256_of_a_folder_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    first = write_tree(tmp_path / "first", {"a": "1", "b/c": "2"})
    second = write_tree(tmp_path / "second", {"b/c": "2", "a": "1"})
    assert sha256(first) == sha256(second)
    assert size_bytes(first) == 2
    renamed = write_tree(tmp_path / "renamed", {"a": "1", "b/d": "2"})
    swapped = write_tree(tmp_path / "swapped", {"a": "2", "b/c": "1"})
    assert len({sha256(first), sha256(renamed), sha256(swapped)}) == 3


def test_check_output_takes_a_free_name_and_leaves_nothing(tmp_path: Path) -> None:
    check_output(tmp_path / "new", force=False)
    assert names(tmp_path) == []


def test_check_output_refuses_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="mkdir -p"):
        check_output(tmp_path / "missing" / "file", force=True)


def test_check_output_refuses_a_parent_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        check_output(tmp_path / "file" / "below", force=True)


def test_check_output_refuses_what_exists_but_for_force(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        check_output(there, force=False)
    check_output(there, force=True)
    assert there.read_text() == "mine"


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    # Permission bits do not stop root: it gets a read-only mount, or /proc, where nobody can create files.
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        yield folder
    elif subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
    else:
        yield Path("/proc")


def test_check_output_refuses_a_read_only_folder(read_only: Path) -> None:
    with pytest.raises(OutputError, match="a folder that can be written"):
        check_output(read_only / "file", force=False)


@pytest.mark.parametrize("force", [True, False])
def test_a_file_never_takes_the_place_of_a_folder(tmp_path: Path, force: bool) -> None:
    write_tree(tmp_path, {"results/mine": "a year's work"})
    with pytest.raises(OutputError, match="results is a folder"):
        check_output(tmp_path / "results", force)
    check_output(tmp_path / "results", force=True, folder_wanted=True)


@pytest.mark.parametrize("name", ["x" * 300, "file/below/it"])
def test_what_the_system_says_of_a_path_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"File name too long|Not a directory") as caught:
        (tmp_path / name).stat() if len(name) < 100 else (tmp_path / name).touch()
    found = of_the_system(caught.value)
    assert found is not None and found.exit_code == 2
    assert name in found.found and str(caught.value.strerror) in found.found


def test_what_the_system_says_of_anything_else_is_not() -> None:
    assert of_the_system(OSError(errno.ENAMETOOLONG, "too long")) is None
    assert of_the_system(FileNotFoundError(errno.ENOENT, "nothing", "there")) is None
    full = of_the_system(OSError(errno.ENOSPC, "full", "there"))
    assert full is not None and full.exit_code == 3


def write_and_raise(output: Path, end: type[BaseException]) -> None:
    with staging(output) as folder:
        assert folder.parent == output.parent
        write_tree(folder, {"a": "1", "deep/b": "2"})
        raise end


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt, SystemExit])
def test_staging_is_gone_however_the_block_ends(tmp_path: Path, end: type[BaseException]) -> None:
    with pytest.raises(end):
        write_and_raise(tmp_path / "out", end)
    assert names(tmp_path) == []


def write_to_a_full_disk(output: Path) -> None:
    with staging(output) as folder:
        (folder / "out").symlink_to("/dev/full")  # whoever writes there gets the kernel's ENOSPC
        (folder / "out").write_bytes(b"x")


def test_a_full_disk_has_its_own_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="nothing was left behind") as caught:
        write_to_a_full_disk(tmp_path / "out")
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert caught.value.exit_code == 3
    assert names(tmp_path) == []


def test_write_whole_on_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    write_tree(tmp_path, {"out": "old"})
    script = f"""
from pathlib import Path
from mobileseg.errors import DiskFullError
from mobileseg.files import write_whole
try:
    write_whole(Path({str(tmp_path / "out")!r}), bytes(100_000))
except DiskFullError:
    print("full")
"""
    assert full_disk.run(script, room=4096).stdout == "full\n"
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "old"


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.EDQUOT, "quota"), True),
        (RuntimeError(f"native writer: {os.strerror(errno.ENOSPC)}"), True),  # what torch and protobuf make of it
        (OSError(errno.EACCES, "no"), False),
        (RuntimeError("something else"), False),
    ],
)
def test_is_disk_full(error: BaseException, full: bool) -> None:
    assert is_disk_full(error) is full
    wrapped = ValueError("wrapped")
    wrapped.__cause__ = error
    assert is_disk_full(wrapped) is full


def test_write_whole_replaces_without_touching_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write_whole(path, b"old")
    with path.open("rb") as reader:  # a reader that opened the old file goes on reading the old file
        write_whole(path, b"new and longer")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new and longer"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("new", ["file", "folder"])
@pytest.mark.parametrize("old", ["nothing", "file", "folder"])
def test_publish_replaces_what_is_there(tmp_path: Path, new: str, old: str) -> None:
    contents = {"nothing": {}, "file": {"out": "old"}, "folder": {"out/old": "old", "out/deep/old": "old"}}
    write_tree(tmp_path, contents[old])
    with staging(tmp_path / "out") as folder:
        write_tree(folder, {"out" if new == "file" else "out/new": "new", "out.json": "manifest"})
        publish([(folder / "out", tmp_path / "out"), (folder / "out.json", tmp_path / "out.json")])
    assert names(tmp_path) == ["out", "out.json"]
    if new == "file":
        assert (tmp_path / "out").read_text() == "new"
    else:
        assert names(tmp_path / "out") == ["new"]


@pytest.mark.parametrize("after", [1, 2])
def test_publish_interrupted_after_a_rename_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    write_tree(tmp_path, {"out/old": "old"})
    rename, left = os.replace, [after]

    def interrupted(source: Path, target: Path) -> None:
        rename(source, target)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    with staging(tmp_path / "out") as folder:
        write_tree(folder, {"out/new": "new"})
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", interrupted)
            with pytest.raises(KeyboardInterrupt):
                publish([(folder / "out", tmp_path / "out")])
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == (["old"] if after == 1 else ["new"])


def test_publish_lets_signals_wait_until_a_folder_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"out/old": "old"})
    rename = os.replace

    def interrupting(source: Path, target: Path) -> None:
        os.kill(os.getpid(), signal.SIGINT)  # a user who is in a hurry: before each rename, and after it
        rename(source, target)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with staging(tmp_path / "out") as folder:
        write_tree(folder, {"out/new": "new", "out.json": "manifest"})
        pairs = [(folder / "out", tmp_path / "out"), (folder / "out.json", tmp_path / "out.json")]
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", interrupting)
            with pytest.raises(KeyboardInterrupt):
                publish(pairs)
    assert names(tmp_path / "out") == ["new"]
    assert signal.getsignal(signal.SIGINT) is before


def test_publish_lets_signals_wait_on_the_way_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"out/old": "old"})
    rename = os.replace

    def interrupting(source: Path, target: Path) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        rename(source, target)

    monkeypatch.setattr(os, "replace", interrupting)
    with staging(tmp_path / "out") as folder, pytest.raises(KeyboardInterrupt):
        publish([(folder / "never-written", tmp_path / "out")])
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["old"]


def test_publish_works_in_other_threads(tmp_path: Path) -> None:
    with staging(tmp_path / "out") as folder:
        write_tree(folder, {"out": "new"})
        thread = threading.Thread(target=publish, args=([(folder / "out", tmp_path / "out")],))
        thread.start()
        thread.join()
    assert (tmp_path / "out").read_text() == "new"


def test_publish_keeps_the_old_folder_where_the_new_one_is_missing(tmp_path: Path) -> None:
    write_tree(tmp_path, {"out/old": "old"})
    with pytest.raises(FileNotFoundError), staging(tmp_path / "out") as folder:
        publish([(folder / "never-written", tmp_path / "out")])
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["old"]
