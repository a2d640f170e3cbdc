"""Pictures and labels as files that appear whole: written beside their place, then moved."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..labels import class_file

KINDS = ("masks", "instances", "images")  # in the order of writing: an image that is there has its labels


@dataclass(frozen=True)
class Folder:
    """A folder of pictures as ``mobileseg`` reads it."""

    path: Path

    def has(self, name: str) -> bool:
        """Whether a picture was written to its end."""
        return all(self._file(kind, name).is_file() for kind in KINDS)

    def write(
        self, name: str, image: NDArray[np.uint8], mask: NDArray[np.uint8], instances: NDArray[np.uint16], quality: int
    ) -> None:
        """One picture and its labels."""
        self.prepare()
        for kind, pixels in (("masks", mask), ("instances", instances), ("images", image)):
            stream = io.BytesIO()
            if kind == "images":
                Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
            else:
                Image.fromarray(pixels).save(stream, "PNG", optimize=True)
            write_whole(self._file(kind, name), stream.getvalue())

    def write_motion(self, name: str, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Motion from the picture of that name to the next one."""
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)
        (self.path / "flow").mkdir(exist_ok=True)
        write_whole(self.path / "flow" / f"{name}.npz", stream.getvalue())

    def prepare(self) -> None:
        """Make the folders, and the file that names the classes."""
        for kind in KINDS:
            (self.path / kind).mkdir(parents=True, exist_ok=True)
        if not (self.path / "classes.json").is_file():
            write_whole(self.path / "classes.json", (json.dumps(class_file()) + "\n").encode())

    def _file(self, kind: str, name: str) -> Path:
        return self.path / kind / (name + (".jpg" if kind == "images" else ".png"))


def write_whole(path: Path, content: bytes) -> None:
    """The file has its old content or the new one, whenever the program ends."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    os.replace(beside, path)
