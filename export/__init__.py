"""mobileseg.export: from a module to a verified file with its manifest. Imports nothing heavy until used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mobileseg.export.targets import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

    from mobileseg.export.artifact import Artifact

__all__ = ["TARGETS", "export_model", "open_artifact"]


def export_model(name: str, target: str, **options: Any) -> Artifact:
    """Export a model of the zoo; see ``mobileseg.export.request.ExportRequest.of`` for the options."""
    from mobileseg.export.request import ExportRequest

    request = ExportRequest.of(name, target, **options)
    from mobileseg.quiet import quiet

    with quiet():  # torchao talks while it is imported
        from mobileseg.export.pipeline import export

    return export(request)


def open_artifact(path: str | Path, any_version: bool = False) -> Artifact:
    """Open an exported file with its manifest; see ``mobileseg.export.artifact.open_artifact``."""
    from mobileseg.export import artifact

    return artifact.open_artifact(path, any_version)
