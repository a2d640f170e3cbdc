"""Evaluating a saved Core ML program where there is no Core ML."""

from __future__ import annotations

from mobileseg.export.backends.coreml.interpreter.program import InterpretedProgram

__all__ = ["InterpretedProgram"]
