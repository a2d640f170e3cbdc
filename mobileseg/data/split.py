"""Training, validation and test splits of a data set."""

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
    """The splits of a data set. ``test``: None where there is none. ``how``: where they come from, in words."""

    train: LabelledFolder
    val: LabelledFolder
    test: LabelledFolder | None
    how: str

    def sha256(self) -> str:
        """Digest of the names and contents of all training files: a run can be resumed only on the same data."""
        digest = hashlib.sha256()
        for item in self.train.items:
            for path in (item.image, item.mask, item.instances):
                if path is not None:
                    digest.update(f"{path.name} {sha256(path)}\n".encode())
        return digest.hexdigest()


def open_split(path: Path) -> Split:
    """Open the splits of ``path``: its folders train/, val/ and, optionally, test/; or one folder, split by the digests of file names,
    so that a file stays in its split when others are added. Raises ``DatasetError``, ``ImageError``."""
    if (path / "train").is_dir():
        if not (path / "val").is_dir():
            raise DatasetError(
                expected=f"val/ beside train/ in {path}",
                found="none",
                fix="move some images into val/, to select the best weights with",
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
    """The split ``train``, ``val`` or ``test`` of what ``open_split`` takes; None is one whole folder. Raises ``DatasetError``,
    ``ImageError``."""
    if split is None:
        return open_labelled(path)
    if split not in SPLITS:
        raise DatasetError(expected=f"a split: {', '.join(SPLITS)}", found=repr(split), fix="choose one of them")
    if not (path / "train").is_dir():
        return _chosen(open_labelled(path), split)
    if not (path / split).is_dir():
        raise DatasetError(expected=f"{split}/ in {path}", found="none", fix="choose a split that exists")
    return open_labelled(path / split)


def _chosen(whole: LabelledFolder, split: str) -> LabelledFolder:
    items = tuple(item for item in whole.items if split_of(item.image.stem) == split)
    if not items:
        raise DatasetError(
            expected="enough images to hold some out",
            found=f"{len(whole.items)} in {whole.path}, none of them in the split {split!r}",
            fix="add images, or split them by hand into train/ and val/",
        )
    return replace(whole, items=items, split=split)


def split_of(stem: str) -> str:
    """The split of a file, ``train``, ``val`` or ``test``, from its name without suffix."""
    place = int.from_bytes(hashlib.sha256(stem.encode()).digest()[:4], "big") / 2**32
    if place < HELD_OUT["test"]:
        return "test"
    return "val" if place < HELD_OUT["test"] + HELD_OUT["val"] else "train"
