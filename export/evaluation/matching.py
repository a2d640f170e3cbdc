"""Whether labelled data and a model speak of the same classes."""

from __future__ import annotations

from mobileseg.data.dataset import LabelledFolder
from mobileseg.errors import DatasetError
from mobileseg.export.artifact import Artifact


def check_classes(artifact: Artifact, data: LabelledFolder) -> None:
    """Raise ``DatasetError`` unless artifact and data have the same classes in the same order."""
    manifest = artifact.manifest
    check_same_classes(
        manifest.model.num_classes,
        manifest.output.classes,
        artifact.path.name,
        data,
        ", or --no-labels to compare on the images alone",
    )


def check_same_classes(
    count: int, wanted: tuple[str, ...] | None, who: str, data: LabelledFolder, otherwise: str = ""
) -> None:
    """Raise ``DatasetError`` unless ``data`` has ``count`` classes, and the names ``wanted``, where they are known, in that order;
    capitals, blanks and marks do not count. ``who``: has them, and ``otherwise``: another way out, both for messages."""
    names = data.classes.names
    if count != len(names):
        raise DatasetError(
            expected=f"{count} classes, as {who} has",
            found=f"{len(names)} in {data.path} ({', '.join(names[:6])}{', ...' if len(names) > 6 else ''})",
            fix=f"give data with the model's classes{otherwise}",
        )
    if wanted is None:
        return
    other = [number for number in range(count) if _letters(wanted[number]) != _letters(names[number])]
    if other:
        raise DatasetError(
            expected=f"class {other[0]} to be {wanted[other[0]]!r}, as {who} has it",
            found=f"{names[other[0]]!r} in the data's classes",
            fix="put the classes of the data into the model's order",
        )


def _letters(name: str) -> str:
    """``traffic light``, ``traffic_light`` and ``Traffic-Light`` are one class; a name without any letter or digit is itself."""
    return "".join(filter(str.isalnum, name)).casefold() or name
