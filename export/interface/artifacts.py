"""``mobileseg.export.open_artifact``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from pathlib import Path

    from mobileseg.export.artifact import Artifact


def open_artifact(path: str | Path, any_version: bool = False) -> Artifact:
    """Open an exported file with the manifest beside it, checked to belong together and to run here.

    The artifact's ``run(image)`` gives the file's output for one image, ``class_map`` the classes at any size. ``any_version``
    accepts a file that was verified with another release of its runtime.

    Raises ``ArtifactError``, ``EnvironmentLackError``.
    """
    with quiet():
        from mobileseg.export import artifact

    return artifact.open_artifact(path, any_version)
