"""coremltools, imported without the other frameworks that it could convert from."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

# It imports all that are installed, TensorFlow for longer than itself (13 s), and torchao after TensorFlow ends in an abort inside LLVM.
OTHERS = ("tensorflow", "sklearn", "xgboost", "libsvm")


def import_coremltools() -> ModuleType:
    """The package. Frameworks that the process has imported already stay as they are."""
    if "coremltools" in sys.modules:
        return sys.modules["coremltools"]
    hidden = [name for name in OTHERS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python marks what cannot be imported
    try:
        return importlib.import_module("coremltools")
    finally:
        for name in hidden:
            del sys.modules[name]
