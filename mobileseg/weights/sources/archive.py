"""Archives of checkpoints, such as deeplab2's: their files, unpacked beside the archive."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from filelock import FileLock

from mobileseg.errors import CheckpointError
from mobileseg.files import cache_folder, is_disk_full, staging
from mobileseg.weights.reading.strangers import read_head

GZIP = b"\x1f\x8b"


def is_archive(path: Path) -> bool:
    """Whether a file is a packed tar archive. (``weights.pth.tar`` is none: the authors of timm called files of torch.save so.)"""
    return path.name.endswith((".tar.gz", ".tgz")) and read_head(path).startswith(GZIP)


def unpack(archive: Path, limit: int) -> Path:
    """The folder with the archive's files, without the folders that they are in. ``limit``: the most bytes of all of them.

    Links and devices are left out. Raises ``CheckpointError`` where it is damaged, too large, or two files have one name.
    """
    folder = archive.with_name(f"{archive.name}.unpacked")
    cache_folder("locks").mkdir(parents=True, exist_ok=True)
    with FileLock(cache_folder("locks") / f"{archive.parent.name}.unpack.lock"):
        if _is_fresh(folder, archive):
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        with staging(folder) as work:
            try:
                _extract(archive, work / "files", limit)
            except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
                if is_disk_full(error):
                    raise
                raise CheckpointError(
                    expected="a complete tar archive",
                    found=f"{archive.name}: {error}",
                    fix="download it again with --refresh",
                ) from error
            os.replace(work / "files", folder)
    return folder


def _is_fresh(folder: Path, archive: Path) -> bool:
    return folder.is_dir() and folder.stat().st_mtime_ns >= archive.stat().st_mtime_ns


def _extract(archive: Path, folder: Path, limit: int) -> None:
    folder.mkdir()
    room = limit
    with gzip.open(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as opened:
        for member in opened:
            source = opened.extractfile(member) if member.isfile() else None
            if source is None:
                continue
            room -= member.size
            target = folder / PurePosixPath(member.name.replace("\\", "/")).name
            if room < 0 or target.exists():
                what = f"more than {limit / 1e9:g} GB" if room < 0 else f"two files {target.name}"
                raise CheckpointError(
                    expected="an archive of one checkpoint",
                    found=f"{what} in {archive.name}",
                    fix="unpack it and give the path",
                )
            with source, target.open("xb") as written:
                shutil.copyfileobj(source, written)
        while stream.read(1 << 20):  # to the checksum at its end
            pass
