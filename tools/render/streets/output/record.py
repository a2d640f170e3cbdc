"""``render.json``: what made the pictures of a folder, and which scene each shows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .files import write_whole

GENERATOR, VERSION, NAME = "mobileseg tools/render", "1", "render.json"
PARTS = ("train", "val", "test")


class OtherRunError(Exception):
    """The folder holds pictures of another run."""


def part_of(scene: int) -> str:
    """The part that a scene belongs to: eight of ten are trained on, one chooses the weights, one measures them."""
    return {8: "val", 9: "test"}.get(scene % 10, "train")


@dataclass
class Record:
    """What is the same for all pictures, and the scenes: picture by its path in the folder, scene by its number."""

    seed: int
    bpy: str
    settings: dict[str, object]
    scenes: dict[str, int] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it into the folder, with what another run into it has listed meanwhile."""
        self.resume(folder)
        about = {
            "generator": GENERATOR, "version": VERSION, "licence": "Apache-2.0", **asdict(self),
            "scenes": dict(sorted(self.scenes.items())),
        }  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / NAME, (json.dumps(about, indent=1) + "\n").encode())

    def resume(self, folder: Path) -> None:
        """Take over what the folder's record lists. Raises ``OtherRunError`` where it was made otherwise."""
        if not (folder / NAME).is_file():
            return
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        wanted = {"generator": GENERATOR, "version": VERSION, **asdict(self)}
        for key in ("generator", "version", "seed", "bpy", "settings"):
            if found.get(key) != json.loads(json.dumps(wanted[key])):
                raise OtherRunError(
                    f"{folder / NAME} has {key} {found.get(key)!r}, this run {wanted[key]!r}: choose another folder"
                )
        self.scenes |= found["scenes"]
