"""Files that appear whole or not at all, and their digests."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from mobileseg.errors import DiskFullError, MobilesegError, OutputError, RequestError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}


def sha256(path: Path) -> str:
    """Hex digest of a file, or of a folder's files with their relative names in sorted order."""
    digest = hashlib.sha256()
    if path.is_dir():
        for part in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(f"{part.relative_to(path).as_posix()}\0{sha256(part)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def size_bytes(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size


def check_output(path: Path, force: bool, *, folder_wanted: bool = False) -> None:
    """Raise ``OutputError`` where ``path`` cannot be written: no folder, a read-only one, or something there without ``force``.

    ``folder_wanted``: what is written is a folder. Where it is a file, it never takes the place of somebody's folder.
    """
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(expected="a folder that exists for the output", found=str(folder), fix=f"mkdir -p {folder}")
    if path.is_dir() and not folder_wanted:
        raise OutputError(
            expected="a file name for the output", found=f"{path} is a folder", fix="name a file in it, or another one"
        )
    if path.exists() and not force:
        raise OutputError(
            expected="a name that is free",
            found=f"{path} exists",
            fix="choose another --output, or overwrite it with --force",
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass  # os.access says yes to root on a read-only mount: only a write tells
    except OSError as error:
        if error.errno in _FULL:
            raise disk_full(folder) from error
        raise OutputError(
            expected="a folder that can be written", found=f"{folder}: {error.strerror}", fix="choose another --output"
        ) from error


def disk_full(folder: Path) -> DiskFullError:
    """The error for a disk that filled up under ``folder``."""
    free = shutil.disk_usage(folder).free
    return DiskFullError(
        expected=f"room in {folder}",
        found=f"the disk (or the quota) is full, {free // 1024} KiB free; nothing was left behind",
        fix="free some space or choose another --output",
    )


def is_disk_full(error: BaseException) -> bool:
    """Whether ``error``, or what caused it, is the operating system's 'no space left'. Native writers wrap the text only."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return True
        if os.strerror(errno.ENOSPC) in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def of_the_system(error: OSError) -> MobilesegError | None:
    """The error of ours for what the operating system says of a path that it was given: a name that is too long, no permission, a full
    disk; None for anything else."""
    if is_disk_full(error):
        return disk_full(Path.cwd())
    if error.filename is None or error.errno not in _REFUSED:
        return None
    return RequestError(
        expected="a path that can be used here",
        found=f"{error.strerror}: {error.filename!r}",
        fix="check the path, its length and who may read and write there",
    )


@contextlib.contextmanager
def staging(output: Path) -> Iterator[Path]:
    """A hidden folder beside ``output`` to write in; it is removed however the block ends."""
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".partial", dir=output.parent))
    try:
        yield folder
    except BaseException as error:
        if is_disk_full(error):
            shutil.rmtree(folder, ignore_errors=True)
            raise disk_full(output.parent) from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(pairs: list[tuple[Path, Path]]) -> None:
    """Move every finished ``(temporary, final)``; the last pair is what makes the others valid. Replaces what is there.

    Interrupted at any point, each final name has its old content or its new one: signals wait until a move is done.
    """
    for temporary, final in pairs:
        with _signals_held():
            _move(temporary, final)


def _move(temporary: Path, final: Path) -> None:
    """Rename, replacing what is there. A folder cannot be replaced in one step: the old one goes with the staging folder."""
    old = temporary.with_name(temporary.name + ".replaced")
    aside = (final.is_dir() and not final.is_symlink()) or (temporary.is_dir() and os.path.lexists(final))
    try:
        if aside:
            os.replace(final, old)
        os.replace(temporary, final)
    except BaseException:
        if os.path.lexists(old) and not os.path.lexists(final):
            os.replace(old, final)
        raise


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Ctrl-C and a polite kill take effect at the end of the block, not within it: between two renames there is nothing at the final
    name, and the way back may be interrupted, too. Python delivers signals to its main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    for number in ours:
        signal.signal(number, lambda number, frame: held.append(number))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        if held:
            signal.raise_signal(held[0])


def write_whole(path: Path, data: bytes) -> None:
    """Write ``path`` so that no reader ever sees half of it. The folder must exist."""
    with staging(path) as folder:
        temporary = folder / path.name
        temporary.write_bytes(data)
        os.replace(temporary, path)


def cache_folder(name: str) -> Path:
    """``name`` in ``$MOBILESEG_CACHE``, else in the user's cache folder of this system; it need not exist."""
    return Path(os.environ.get("MOBILESEG_CACHE") or platformdirs.user_cache_dir("mobileseg")) / name
