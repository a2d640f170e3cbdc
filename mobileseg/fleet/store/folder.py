"""The store: a folder that holds outcomes by key and files by content. What it holds is whole, whenever and however a writer ended.

    STORE/format.json               the version of this layout, and the store's id
    STORE/blobs/ab/abcd...          a file or folder, named by its sha256
    STORE/outcomes/STAGE/ab/....json    an ``Outcome``, named by its key
    STORE/partial/                  what is being written; whoever is killed leaves something here and nowhere else
    STORE/claims/                   locks, see ``claims.py``
    STORE/index/TABLE.parquet       what ``mobileseg results index`` makes of the rest
    STORE/known/NAME.json           what only helps to plan: devices as they were last, and how long stages took

A name appears when its content is written: beside it, then linked. An outcome appears after its files. Of two processes that write one key
the first wins, and the other takes what it wrote. Nothing waits for the disk, which under load takes longer than a cell: what a power cut
left unwritten is seen when it is read (an outcome that is no JSON, a file of another size), and done again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mobileseg.errors import ArtifactError, RequestError
from mobileseg.files import disk_full, is_disk_full, sha256, size_bytes
from mobileseg.fleet.store.outcome import Blob, Outcome
from mobileseg.fleet.store.packing import unpack

VERSION = 1
FORMAT, BLOBS, OUTCOMES, PARTIAL, CLAIMS, KNOWN = "format.json", "blobs", "outcomes", "partial", "claims", "known"
INDEX = "index"
LAYOUT = (FORMAT, BLOBS, OUTCOMES, PARTIAL, CLAIMS, KNOWN, INDEX)
ABANDONED_S = 86400.0  # what is older in ``partial`` has no writer any more


class Store:
    """``folder`` is created where it is not there. Raises ``RequestError`` for a folder that is something else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._make()
        self.id = self._read_format()
        self._clean()

    def _make(self) -> None:
        marker = self.folder / FORMAT
        if marker.is_file():
            return
        if self.folder.is_dir() and any(path.name not in LAYOUT for path in self.folder.iterdir()):
            raise RequestError(
                expected="a store of results, or an empty folder",
                found=f"{self.folder} holds other files",
                fix="name another --store",
            )
        for name in (BLOBS, OUTCOMES, PARTIAL, CLAIMS, KNOWN):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        text = json.dumps({"format": "mobileseg store", "version": VERSION, "id": uuid.uuid4().hex})
        self._place_text(text, marker)

    def _read_format(self) -> str:
        try:
            found = json.loads((self.folder / FORMAT).read_text(encoding="utf-8"))
            version, identity = found["version"], found["id"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RequestError(
                expected="a store of results", found=f"{self.folder / FORMAT}: {error}", fix="name another --store"
            ) from error
        if version != VERSION:
            raise RequestError(
                expected=f"a store of version {VERSION}",
                found=f"version {version!r} in {self.folder}",
                fix="use the mobileseg that wrote it, or another --store",
            )
        return str(identity)

    def _clean(self) -> None:
        """Remove what killed writers left."""
        for path in (self.folder / PARTIAL).iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > ABANDONED_S:
                    shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def partial(self) -> Iterator[Path]:
        """A folder to write in, on the store's own file system; removed however the block ends. Raises ``DiskFullError``."""
        folder = Path(tempfile.mkdtemp(dir=self.folder / PARTIAL))
        try:
            yield folder
        except OSError as error:
            if is_disk_full(error):
                raise disk_full(self.folder) from error
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _outcome(self, stage: str, key: str) -> Path:
        return self.folder / OUTCOMES / stage / key[:2] / f"{key}.json"

    def blob(self, content: str) -> Path:
        """Where the file or folder with this sha256 is, or would be."""
        return self.folder / BLOBS / content[:2] / content

    def get(self, stage: str, key: str) -> Outcome | None:
        """What is known; None where nothing is, or where a power cut damaged it. Raises ``ArtifactError`` for one of another version."""
        path = self._outcome(stage, key)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        return _parse(text, path)

    def put(self, outcome: Outcome, files: Mapping[str, Path], replace_failed: bool = False) -> Outcome:
        """Keep an outcome with its files, and return what is kept: an earlier one of the same key stays, unless that failed and
        ``replace_failed``."""
        blobs = {name: self.add(path) for name, path in files.items()}
        outcome = outcome.model_copy(update={"files": {**outcome.files, **blobs}})
        final = self._outcome(outcome.stage, outcome.key)
        if self._place_text(outcome.to_json(), final):
            return outcome
        earlier = self.get(outcome.stage, outcome.key)
        if earlier is None or (replace_failed and earlier.status == "failed"):
            self._place_text(outcome.to_json(), final, replace=True)
            return outcome
        return earlier

    def receive(self, outcome: Outcome, files: Mapping[str, bytes], replace_failed: bool = False) -> Outcome:
        """``put`` for what was sent: the outcome names its files already. ``files``: packed, by sha256."""
        with self.partial() as place:
            unpacked = {}
            for name, blob in outcome.files.items():
                if blob.sha256 in files:
                    (place / blob.sha256).mkdir(exist_ok=True)
                    unpacked[name] = place / blob.sha256 / Path(name).name
                    unpack(files[blob.sha256], blob, unpacked[name])
            return self.put(outcome, unpacked, replace_failed)

    def add(self, path: Path) -> Blob:
        """Keep a copy of a file or folder by its content."""
        content, size, folder = sha256(path), size_bytes(path), path.is_dir()
        final = self.blob(content)
        if not final.exists() or size_bytes(final) != size:
            with self.partial() as place:
                copy = place / "copy"
                if folder:
                    shutil.copytree(path, copy)
                else:
                    shutil.copyfile(path, copy)
                if final.exists():
                    os.replace(final, place / "damaged")
                _appear(copy, final)
        return Blob(sha256=content, size_bytes=size, folder=folder)

    def outcomes(self) -> Iterator[Outcome]:
        """Everything that is known, in no order that means anything."""
        for path in sorted((self.folder / OUTCOMES).glob("*/*/*.json")):
            outcome = _parse(path.read_bytes(), path)
            if outcome is not None:
                yield outcome

    def remember(self, name: str, value: object) -> None:
        """Keep plain JSON that only helps to plan, in place of what had the name."""
        self._place_text(json.dumps(value), self.folder / KNOWN / f"{name}.json", replace=True)

    def recall(self, name: str) -> Any:
        """What was remembered; None where nothing was, or where it cannot be read: it only helps."""
        try:
            return json.loads((self.folder / KNOWN / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _place_text(self, text: str, final: Path, replace: bool = False) -> bool:
        """Whether the text is now at ``final``: False where something was there before and is not to be replaced."""
        with self.partial() as place:
            new = place / "new"
            new.write_text(text, encoding="utf-8")
            if not replace:
                return _appear(new, final)
            os.replace(new, final)
            return True


def _parse(text: bytes, path: Path) -> Outcome | None:
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    try:
        return Outcome.model_validate_json(text) if isinstance(fields, dict) else None
    except ValueError as error:
        raise ArtifactError(
            expected="an outcome of a sweep, as this version writes it",
            found=f"{path}: {error}",
            fix="use the mobileseg that wrote it, or another --store",
        ) from error


def _appear(new: Path, final: Path) -> bool:
    """Give a finished file or folder its name; whether nothing had it before."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if new.is_dir():
        try:
            os.rename(new, final)
        except OSError:  # a folder with the same content is there
            if not final.is_dir():
                raise
            return False
        return True
    try:
        os.link(new, final)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: the rename replaces, by the same content or by the same key's
        if final.exists():
            return False
        os.replace(new, final)
    return True
