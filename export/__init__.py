"""mobileseg.export: from a model to a verified file with its manifest. Imports nothing heavy until used."""

from mobileseg.export.interface import compare, export_model, export_module, open_artifact, plan_export, sensitivity
from mobileseg.export.targets import TARGETS

__all__ = ["TARGETS", "compare", "export_model", "export_module", "open_artifact", "plan_export", "sensitivity"]
