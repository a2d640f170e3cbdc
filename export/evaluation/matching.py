"""Whether labelled data and a file speak of the same classes."""

from __future__ import annotations

from mobileseg.data.dataset import LabelledFolder
from mobileseg.errors import DatasetError
from mobileseg.export.artifact import Artifact


def check_classes(artifact: Artifact, data: LabelledFolder) -> None:
    """Raise ``DatasetError`` unless artifact and data have the same classes in the same order."""
    wanted, names = artifact.manifest.output.classes, data.classes.names
    count = artifact.manifest.model.num_classes
    if count != len(names):
        raise DatasetError(
            expected=f"{count} classes, as {artifact.path.name} has",
            found=f"{len(names)} in {data.path} ({', '.join(names[:6])}{', ...' if len(names) > 6 else ''})",
            fix="give data with the model's classes, or --no-labels to compare on the images alone",
        )
    if wanted is not None and wanted != names:
        first = next(i for i in range(count) if wanted[i] != names[i])
        raise DatasetError(
            expected=f"class {first} to be {wanted[first]!r}, as {artifact.path.name} has it",
            found=f"{names[first]!r} in the data's classes.json",
            fix="put the classes of the data into the model's order",
        )
