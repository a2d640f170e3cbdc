"""Makes the pictures that come with the package anew: ``python samples.py FOLDER``. ``make samples`` calls it.

48 stills with labels, and a drive of twelve frames with labels and motion in ``sequence/``, from a seed of their own: no scene of theirs
is in a training set. Below 5 MB: pictures of one JPEG quality, and motion at every second pixel of every second row in sixteenths of a
pixel. Goes on where an ended run was.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import bpy
from streets.blender.crew import Crew, Picture
from streets.blender.studio import Settings, Studio
from streets.output.files import Folder
from streets.output.record import OtherRunError, Record
from streets.picture.flow import stored

SEED = 2_000  # the sets that are trained on have other seeds
STILLS, VIEWS, FRAMES = 48, 2, 12
DRIVE = 502  # the scene of the sequence
QUALITY, MOTION_STEP, LARGEST = 82, 2, 5_000_000


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    asked = parser.parse_args()
    settings = Settings(threads=asked.threads)
    kept = {key: value for key, value in dataclasses.asdict(settings).items() if key != "threads"}
    kept |= {"quality": QUALITY, "motion_step": MOTION_STEP, "views": VIEWS, "drive": DRIVE, "frames": FRAMES}
    record = Record(SEED, bpy.app.version_string, kept)
    try:
        record.resume(asked.out)
    except OtherRunError as error:
        print(error, file=sys.stderr)
        return 2
    with Studio(settings) as studio:
        crew = Crew(studio, SEED, (settings.height, settings.width))
        _stills(crew, Folder(asked.out), record)
        _sequence(crew, Folder(asked.out / "sequence"), record)
    record.save(asked.out)
    total = sum(path.stat().st_size for path in asked.out.rglob("*") if path.is_file())
    print(f"{total / 1e6:.2f} MB in {asked.out}")
    return 0 if total < LARGEST else 1


def _stills(crew: Crew, folder: Folder, record: Record) -> None:
    for number in range(STILLS):
        name, scene = f"{number:04d}", number // VIEWS
        if not folder.has(name):
            _write(folder, name, crew.still(scene, number % VIEWS))
        record.scenes[name] = scene


def _sequence(crew: Crew, folder: Folder, record: Record) -> None:
    names = [f"{frame:04d}" for frame in range(FRAMES)]
    record.scenes |= {f"sequence/{name}": DRIVE for name in names}
    if all(folder.has(name) for name in names):
        return
    for name, picture in zip(names, crew.drive(DRIVE, FRAMES), strict=True):
        if picture.flow is not None and picture.seen is not None:
            folder.prepare()
            folder.write_motion(name, stored(picture.flow, picture.seen, MOTION_STEP))
        _write(folder, name, picture)


def _write(folder: Folder, name: str, picture: Picture) -> None:
    folder.write(name, picture.image, picture.exact.mask, picture.exact.instances, QUALITY)


if __name__ == "__main__":
    sys.exit(main())
