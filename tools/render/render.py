"""Renders labelled street scenes: ``python render.py OUT --scenes 250 --seed 1``; ``--sequence 12`` gives drives with their motion.

A run that was ended goes on where it was; ``--first`` and ``--scenes`` split a set over runs into one folder or several. Runs in the
environment that tools/render_environment.py makes. bpy is GPL-3.0-or-later; these scripts are Apache-2.0, which may stand beside it,
and what they render belongs to whoever renders it.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path

import bpy
from streets.blender.crew import Crew, Picture
from streets.blender.studio import Settings, Studio
from streets.output.files import Folder
from streets.output.record import OtherRunError, Record, part_of
from streets.picture.flow import stored


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=int, default=1, help="how many")
    parser.add_argument("--first", type=int, default=0, help="number of the first scene")
    parser.add_argument("--views", type=int, default=6, help="pictures of each scene")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", default="384x512", help="height x width")
    parser.add_argument("--samples", type=int, default=Settings.samples, help="rays a pixel")
    parser.add_argument(
        "--sequence", type=int, default=0, metavar="K", help="K frames of a drive in place of the views"
    )
    parser.add_argument("--split", action="store_true", help="scenes go to train/, val/ and test/, eight to one to one")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    return parser.parse_args()


def main() -> int:
    """The exit status."""
    asked = read_arguments()
    height, width = (int(part) for part in asked.size.split("x"))
    settings = Settings(height, width, asked.samples, threads=asked.threads)
    kept = {key: value for key, value in asdict(settings).items() if key != "threads"}
    kept |= {"sequence": asked.sequence} if asked.sequence else {"views": asked.views}
    record = Record(asked.seed, bpy.app.version_string, kept)
    try:
        record.resume(asked.out)
    except OtherRunError as error:
        print(error, file=sys.stderr)
        return 2
    with Studio(settings) as studio:
        crew = Crew(studio, asked.seed, (height, width))
        for scene in range(asked.first, asked.first + asked.scenes):
            start = time.monotonic()
            made = _drive(crew, scene, asked, record) if asked.sequence else _stills(crew, scene, asked, record)
            record.save(asked.out)
            if made:
                print(f"scene {scene}: {made} pictures, {(time.monotonic() - start) / made:.1f} s each", flush=True)
    return 0


def _stills(crew: Crew, scene: int, asked: argparse.Namespace, record: Record) -> int:
    part = part_of(scene) if asked.split else ""
    folder, made = Folder(asked.out / part), 0
    for view in range(asked.views):
        name = f"{scene * asked.views + view:04d}"
        if not folder.has(name):
            _write(folder, name, crew.still(scene, view))
            made += 1
        record.scenes["/".join(filter(None, (part, name)))] = scene
    return made


def _drive(crew: Crew, scene: int, asked: argparse.Namespace, record: Record) -> int:
    folder = Folder(asked.out / f"scene-{scene:04d}")
    names = [f"{frame:04d}" for frame in range(asked.sequence)]
    record.scenes |= {f"{folder.path.name}/{name}": scene for name in names}
    if all(folder.has(name) for name in names):
        return 0
    for name, picture in zip(names, crew.drive(scene, asked.sequence), strict=True):
        if picture.flow is not None and picture.seen is not None:
            folder.prepare()
            folder.write_motion(name, stored(picture.flow, picture.seen))
        _write(folder, name, picture)
    return len(names)


def _write(folder: Folder, name: str, picture: Picture) -> None:
    folder.write(name, picture.image, picture.exact.mask, picture.exact.instances, picture.quality)


if __name__ == "__main__":
    sys.exit(main())
