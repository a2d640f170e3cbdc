"""What is trained on, and what is held out to choose the weights and to measure them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from mobileseg.data.dataset import LabelledFolder, open_labelled
from mobileseg.errors import DatasetError
from mobileseg.files import sha256

SPLITS = ("train", "val", "test")
HELD_OUT = {
    "val": 0.1,
    "test": 0.2,
}  # of a folder that is not split; its last fifth of names by digest is never trained on


@dataclass(frozen=True)
class Split:
    """``test`` is None where there is none. ``how`` says in words where the splits come from."""

    train: LabelledFolder
    val: LabelledFolder
    test: LabelledFolder | None
    how: str

    def sha256(self) -> str:
        """Of all training files, names and contents: a run is resumed on the same data only."""
        digest = hashlib.sha256()
        for item in self.train.items:
            for path in (item.image, item.mask, item.instances):
                if path is not None:
                    digest.update(f"{path.name} {sha256(path)}\n".encode())
        return digest.hexdigest()


def open_split(path: Path) -> Split:
    """``path`` with the folders train/, val/ and perhaps test/; or one folder, split by its file names' digests, so that a name
    stays in its split whatever is added. Raises ``DatasetError``, ``ImageError``."""
    if (path / "train").is_dir():
        if not (path / "val").is_dir():
            raise DatasetError(
                expected=f"val/ beside train/ in {path}",
                found="none",
                fix="hold some images out, to choose the weights by",
            )
        folders = {split: open_labelled(path / split) for split in SPLITS if (path / split).is_dir()}
        return Split(folders["train"], folders["val"], folders.get("test"), "the folders train/, val/, test/")
    whole = open_labelled(path)
    chosen = {split: _chosen(whole, split) for split in SPLITS}
    how = (
        f"one folder, split by the digests of file names: {', '.join(f'{len(f.items)} {s}' for s, f in chosen.items())}"
    )
    return Split(chosen["train"], chosen["val"], chosen["test"], how)


def open_one(path: Path, split: str | None) -> LabelledFolder:
    """The split ``train``, ``val`` or ``test`` of what ``open_split`` takes: what training held out is measured by it. None is the
    whole of one folder. Raises ``DatasetError``, ``ImageError``."""
    if split is None:
        return open_labelled(path)
    if split not in SPLITS:
        raise DatasetError(expected=f"a split: {', '.join(SPLITS)}", found=repr(split), fix="name one of them")
    if not (path / "train").is_dir():
        return _chosen(open_labelled(path), split)
    if not (path / split).is_dir():
        raise DatasetError(expected=f"{split}/ in {path}", found="none", fix="name a split that is there")
    return open_labelled(path / split)


def _chosen(whole: LabelledFolder, split: str) -> LabelledFolder:
    items = tuple(item for item in whole.items if split_of(item.image.stem) == split)
    if not items:
        raise DatasetError(
            expected="enough images to hold some out",
            found=f"{len(whole.items)} in {whole.path}, none of which fell into {split!r}",
            fix="add images, or split them yourself into train/ and val/",
        )
    return replace(whole, items=items, split=split)


def split_of(stem: str) -> str:
    """``train``, ``val`` or ``test``, from the file's name alone."""
    place = int.from_bytes(hashlib.sha256(stem.encode()).digest()[:4], "big") / 2**32
    if place < HELD_OUT["test"]:
        return "test"
    return "val" if place < HELD_OUT["test"] + HELD_OUT["val"] else "train"
