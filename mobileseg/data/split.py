"""Training, validation and test splits of a data set."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mobileseg.data.check import check_trainable
from mobileseg.data.dataset import (
    LabelledFolder,
    data_name,
    image_folder,
    list_labelled,
    own_splits,
    samples_folder,
)
from mobileseg.data.division import BUNDLED, divide
from mobileseg.data.formats.contract import SPLITS
from mobileseg.data.groups import Groups
from mobileseg.data.images import find_images
from mobileseg.errors import DatasetError

log = logging.getLogger(__name__)

MOST_NAMED = 5
VERIFICATION = "verification"  # of the bundled samples
HELD_OUT = {"test": 0.2, "val": 0.1}  # of a folder that is not split, from the lowest digest up; the rest is trained on


@dataclass(frozen=True)
class Split:
    """The splits of a data set. ``test``: None where there is none. ``how``: where they come from, in words."""

    train: LabelledFolder
    val: LabelledFolder
    test: LabelledFolder | None
    how: str


def open_split(
    path: Path, groups: Groups | None = None, data_format: str | None = None, classes: str | Path | None = None
) -> Split:
    """Open the splits of ``path``: those that it comes with, of which test is optional; or one whole, split by the digests of file names,
    or of the names of groups, so that a file stays in its split when others are added. Every file is checked. ``groups``: instead of
    those in classes.json. For the other arguments see ``list_labelled``.

    Raises ``DatasetError`` (also where there is nothing to learn from the training labels), ``ImageError``, ``UnknownNameError``.
    """
    names = own_splits(path, data_format)
    if not names:
        whole = _listed(path, None, groups, data_format, classes)
        chosen = {split: _chosen(whole, split) for split in SPLITS}
        _survey(whole)
        sizes = ", ".join(f"{len(folder.items)} {split}" for split, folder in chosen.items())
        how = f"one folder, split by the digests of {'group' if whole.classes.groups else 'file'} names: {sizes}"
        return Split(chosen["train"], chosen["val"], chosen["test"], how)
    if not {"train", "val"} <= set(names):
        raise DatasetError(
            expected=f"val/ beside train/ in {path}",
            found=f"{', '.join(names)} alone" if names != ("train",) else "none",
            fix="move some images into val/, to select the best weights with",
        )
    found = {split: _listed(path, split, groups, data_format, classes) for split in names}
    for split in names[1:]:
        if found[split].classes.names != found["train"].classes.names:
            raise DatasetError(
                expected=f"the classes of train in {split}",
                found=f"{', '.join(found[split].classes.names[:MOST_NAMED])}, ... in {path}",
                fix="keep one classes.json for all splits, above their folders",
            )
    _survey(found["train"])
    for split in names[1:]:
        found[split].check()
    how = "the folders train/, val/, test/" if found["train"].split is None else f"its own splits {', '.join(names)}"
    return Split(found["train"], found["val"], found.get("test"), how)


def open_one(
    path: Path,
    split: str | None,
    groups: Groups | None = None,
    data_format: str | None = None,
    classes: str | Path | None = None,
    most: int | None = None,
    before: Callable[[LabelledFolder], object] = lambda listed: None,
) -> LabelledFolder:
    """The split ``train``, ``val`` or ``test`` of what ``open_split`` takes; None is one whole folder, and of the bundled samples those
    that no file was calibrated on. Its files are checked, or ``most`` of them, evenly chosen, after ``before`` was called with what is
    there. Raises ``DatasetError``, ``ImageError``, ``UnknownNameError``."""
    if split is not None and split not in SPLITS:
        raise DatasetError(expected=f"a split: {', '.join(SPLITS)}", found=repr(split), fix="choose one of them")
    if split is not None and not own_splits(path, data_format):
        found = _chosen(_listed(path, None, groups, data_format, classes), split)
    else:
        found = _listed(path, split, groups, data_format, classes)
    if split is None and path == samples_folder():
        found = others(found)
    before(found)
    if (text := found.check(most).note) is not None:
        log.info("%s", text)
    return found


def open_images(path: Path) -> tuple[str, list[Path]]:
    """What records call the images in ``path`` or in its ``images/``, and the images: of the bundled samples those that no file was
    calibrated on. Raises ``ImageError``."""
    paths = find_images(image_folder(path))
    if path != samples_folder():
        return data_name(path), paths
    return f"{data_name(path)}, {VERIFICATION} split", [paths[i] for i in divide(len(paths), BUNDLED).others]


def others(samples: LabelledFolder) -> LabelledFolder:
    """Of the bundled samples those that do not calibrate."""
    chosen = divide(len(samples.items), BUNDLED).others
    return replace(samples, items=tuple(samples.items[i] for i in chosen), split=VERIFICATION)


def _listed(
    path: Path, split: str | None, groups: Groups | None, data_format: str | None, classes: str | Path | None
) -> LabelledFolder:
    found = list_labelled(path, split, data_format, classes)
    return found if groups is None else replace(found, classes=found.classes.model_copy(update={"groups": groups}))


def _survey(training: LabelledFolder) -> None:
    """Check every file, and that there is something to learn."""
    found = training.check()
    check_trainable(found)
    if found.note is not None:
        log.info("%s", found.note)


def _chosen(whole: LabelledFolder, split: str) -> LabelledFolder:
    splits = splits_of(whole.groups)
    items = tuple(item for item, its in zip(whole.items, splits, strict=True) if its == split)
    if not items:
        apart = len(set(whole.groups))
        kind = "groups" if whole.classes.groups else "images" if apart == len(whole.items) else "names of images"
        what = "" if kind == "images" else f"{apart} {kind} of "
        raise DatasetError(
            expected=f"at least {len(SPLITS)} {kind}, to hold some out",
            found=f"{what}{len(whole.items)} images in {whole.path}, none of them in the split {split!r}",
            fix="add images, or split them by hand into train/ and val/",
        )
    return replace(whole, items=items, split=split)


def splits_of(groups: Sequence[str]) -> tuple[str, ...]:
    """The split of each image, ``train``, ``val`` or ``test``, from the digest of its group's name: a group is never divided. Where
    there are few, each split has at least one all the same, if there are three."""
    order = sorted(set(groups), key=_place)
    shares = {split: sum(split_of(name) == split for name in order) for split in HELD_OUT}
    if len(order) >= len(SPLITS):
        shares["test"] = min(max(shares["test"], 1), len(order) - 2)
        shares["val"] = min(max(shares["val"], 1), len(order) - 1 - shares["test"])
    held = ["test"] * shares["test"] + ["val"] * shares["val"]
    splits = dict(itertools.zip_longest(order, held, fillvalue="train"))
    return tuple(splits[group] for group in groups)


def split_of(name: str) -> str:
    """Where the digest of a name falls: ``train``, ``val`` or ``test``."""
    place = _place(name)
    if place < HELD_OUT["test"]:
        return "test"
    return "val" if place < HELD_OUT["test"] + HELD_OUT["val"] else "train"


def _place(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
