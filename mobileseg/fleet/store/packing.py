"""Files and folders as bytes, for workers that do not see the store."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from mobileseg.errors import ArtifactError
from mobileseg.files import sha256
from mobileseg.fleet.store.outcome import Blob


def pack(path: Path) -> bytes:
    """A file's bytes; of a folder an archive."""
    if path.is_file():
        return path.read_bytes()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for file in sorted(found for found in path.rglob("*") if found.is_file()):
            archive.add(file, file.relative_to(path).as_posix())
    return stream.getvalue()


def unpack(data: bytes, blob: Blob, path: Path) -> None:
    """The file or folder that was packed, at ``path``. Raises ``ArtifactError`` where it is another one."""
    if blob.folder:
        path.mkdir()
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(path, filter="data")
    else:
        path.write_bytes(data)
    check(path, blob)


def check(path: Path, blob: Blob) -> None:
    """Raise ``ArtifactError`` where the content is not the blob's."""
    found = sha256(path)
    if found != blob.sha256:
        raise ArtifactError(
            expected=f"{path.name} with sha256 {blob.sha256[:16]}...",
            found=f"{found[:16]}...: it was damaged in the store or on its way",
            fix="remove that file from the store's folder blobs, and the outcome that made it",
        )
