"""The files that a step needs, laid out for it under their names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.outcome import Blob
from mobileseg.fleet.store.packing import check, unpack


def lay_out(needs: Mapping[str, Blob], store: Store | None, sent: Mapping[str, bytes], folder: Path) -> dict[str, Path]:
    """The files that a step needs, under their names in ``folder``, from the store where it is seen, else from what was sent."""
    found = {}
    for name, blob in needs.items():
        path = folder / name
        if store is None:
            unpack(sent[blob.sha256], blob, path)
        elif blob.folder:
            shutil.copytree(store.blob(blob.sha256), path)
            check(path, blob)
        else:
            _link(store.blob(blob.sha256), path)
            check(path, blob)
        found[name] = path
    return found


def _link(source: Path, path: Path) -> None:
    """The same file under another name; a copy where the two are on different file systems."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)
