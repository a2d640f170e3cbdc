"""An interpreter for saved Core ML programs, for machines without Core ML."""

from __future__ import annotations

from mobileseg.export.backends.coreml.interpreter.program import InterpretedProgram

__all__ = ["InterpretedProgram"]
