"""Sequences of frames: a folder with ``images/``, and where there are any ``flow/``, labels and ``classes.json``; or a folder of such
folders, one a drive. tools/render/README.md describes the files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobileseg.data.classes import ClassSet
from mobileseg.data.dataset import SAMPLES, data_name, files_digest, image_folder, list_labelled, samples_folder
from mobileseg.data.flow import read_flow
from mobileseg.data.images import find_images, read_image
from mobileseg.data.labels import Item
from mobileseg.errors import DatasetError

FLOW = "flow"


@dataclass(frozen=True)
class Drive:
    """Consecutive frames of one ``size`` (height, width). ``flows``: a file for every frame but the last, None where the flow must be
    estimated. ``labels``: of every frame, with their classes; None where there are none."""

    frames: tuple[Path, ...]
    size: tuple[int, int]
    flows: tuple[Path, ...] | None
    labels: tuple[tuple[Item, ...], ClassSet] | None


@dataclass(frozen=True)
class FrameSequence:
    """One or more drives, all with flow or all without."""

    path: Path
    drives: tuple[Drive, ...]

    @property
    def title(self) -> str:
        """What records call it."""
        return data_name(self.path)

    @property
    def sha256(self) -> str:
        """Hex digest of the names and bytes of the frames and flow files."""
        return files_digest([path for drive in self.drives for path in (*drive.frames, *(drive.flows or ()))])

    @property
    def flow_given(self) -> bool:
        """Whether the flow is in files."""
        return self.drives[0].flows is not None

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return sum(len(drive.frames) for drive in self.drives)

    @property
    def pairs(self) -> tuple[int, ...]:
        """Pairs of consecutive frames in each drive."""
        return tuple(len(drive.frames) - 1 for drive in self.drives)


def sequence_folder(name: str) -> Path:
    """The path that ``--sequence`` means: ``samples`` is the bundled one, anything else a path."""
    if name == SAMPLES and not Path(name).exists():
        return samples_folder() / "sequence"
    return Path(name)


def open_sequence(path: Path) -> FrameSequence:
    """The sequence at ``path``, every file of it checked. Raises ``DatasetError``, ``ImageError``."""
    if not path.is_dir():
        raise DatasetError(expected="a folder of frames", found=f"no folder at {path}", fix="check --sequence")
    drives = tuple(map(_drive, _folders(path)))
    if len({drive.flows is None for drive in drives}) > 1:
        raise DatasetError(
            expected="flow/ in every drive, or in none",
            found=f"{sum(drive.flows is not None for drive in drives)} of {len(drives)} in {path} have it",
            fix="add the missing ones, or remove the others to have all of them estimated",
        )
    return FrameSequence(path, drives)


def _folders(path: Path) -> list[Path]:
    """``path`` itself, or the folders in it that have frames."""
    inner = sorted(folder for folder in path.iterdir() if (folder / "images").is_dir())
    return inner if inner and not (path / "images").is_dir() else [path]


def _drive(path: Path) -> Drive:
    labelled = list_labelled(path) if (path / "masks").is_dir() else None
    frames = tuple(find_images(image_folder(path)))
    if len(frames) < 2:
        raise DatasetError(
            expected="at least two frames", found=f"{frames[0].name} alone in {path}", fix="give consecutive frames"
        )
    _check_order(frames)
    size = _common_size(frames)
    flows = _flows(path, frames) if (path / FLOW).is_dir() else None
    for file in flows or ():
        read_flow(file, size)
    if labelled is not None:
        labelled.check()
    return Drive(frames, size, flows, (labelled.items, labelled.classes) if labelled else None)


def _check_order(frames: Sequence[Path]) -> None:
    """Raise ``DatasetError`` for two frames of one name, and where numbers in the names do not grow as the names do: 10 before 9."""
    numbered = [[int(part) if part.isdigit() else part for part in re.split(r"(\d+)", f.stem)] for f in frames]
    for before, after, first, second in zip(frames, frames[1:], numbered, numbered[1:], strict=False):
        if before.stem == after.stem:
            raise DatasetError(
                expected="one frame per name", found=f"{before.name} and {after.name}", fix="remove one of them"
            )
        parts = next(((a, b) for a, b in zip(first, second, strict=False) if a != b), None)
        if parts and isinstance(parts[0], int) and isinstance(parts[1], int) and parts[0] > parts[1]:
            raise DatasetError(
                expected="names whose alphabetical order is that of time",
                found=f"{before.name} before {after.name} in {before.parent}",
                fix="write the numbers with leading zeros: 0009, 0010",
            )


def _common_size(frames: Sequence[Path]) -> tuple[int, int]:
    """Height, width of all frames. Raises ``DatasetError`` where they differ."""
    sizes = [(image.shape[0], image.shape[1]) for image in map(read_image, frames)]
    for frame, size in zip(frames, sizes, strict=True):
        if size != sizes[0]:
            raise DatasetError(
                expected=f"frames of one size: {frames[0].name} has {sizes[0][0]}x{sizes[0][1]}",
                found=f"{size[0]}x{size[1]} (height x width) in {frame}",
                fix="give the frames of one camera, all in the same size",
            )
    return sizes[0]


def _flows(path: Path, frames: Sequence[Path]) -> tuple[Path, ...]:
    """The flow file of every frame but the last. Raises ``DatasetError`` where one is missing or one is left."""
    wanted = [path / FLOW / f"{frame.stem}.npz" for frame in frames[:-1]]
    for files, what in (
        ([file for file in wanted if not file.is_file()], "missing"),
        (sorted(set((path / FLOW).glob("*.npz")) - set(wanted)), "left over"),
    ):
        if files:
            names = ", ".join(file.name for file in files[:5]) + (", ..." if len(files) > 5 else "")
            raise DatasetError(
                expected="a file in flow/ for every frame but the last, of the same name",
                found=f"{names} {what} in {path / FLOW}",
                fix="add what is missing and remove the others; without flow/ the flow is estimated",
            )
    return tuple(wanted)
