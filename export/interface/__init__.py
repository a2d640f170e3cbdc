"""What ``import mobileseg.export`` offers, a file a question. Nothing heavy is imported until a function is called."""

from mobileseg.export.interface.artifacts import open_artifact
from mobileseg.export.interface.comparing import compare
from mobileseg.export.interface.exporting import export_model, plan_export
from mobileseg.export.interface.modules import export_module
from mobileseg.export.interface.ranking import sensitivity

__all__ = ["compare", "export_model", "export_module", "open_artifact", "plan_export", "sensitivity"]
