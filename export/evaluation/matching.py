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
    """Raise ``DatasetError`` unless ``data`` has ``count`` classes, and the names ``wanted``, where they are known, in that order.
    ``who``: has them, and ``otherwise``: another way out, both for messages."""
    names = data.classes.names
    if count != len(names):
        raise DatasetError(
            expected=f"{count} classes, as {who} has",
            found=f"{len(names)} in {data.path} ({', '.join(names[:6])}{', ...' if len(names) > 6 else ''})",
            fix=f"give data with the model's classes{otherwise}",
        )
    if wanted is not None and wanted != names:
        first = next(i for i in range(count) if wanted[i] != names[i])
        raise DatasetError(
            expected=f"class {first} to be {wanted[first]!r}, as {who} has it",
            found=f"{names[first]!r} in the data's classes.json",
            fix="put the classes of the data into the model's order",
        )
