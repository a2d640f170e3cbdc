"""Which runtime runs which kind of file."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Container
from importlib import metadata
from pathlib import Path
from typing import Protocol

from .events import RunnerError

RUNTIMES = {
    ".pte": ("executorch_model", "ExecutorchModel"),
    ".onnx": ("onnx_model", "OnnxModel"),
    ".mlpackage": ("coreml_model", "CoremlModel"),
}
DISTRIBUTIONS = ("executorch", "torch", "onnxruntime", "coremltools", "numpy")


class Model(Protocol):
    """One file with its input. ``run`` is the runtime's call alone, which is timed; ``set_input`` is called before each run, and not
    timed."""

    @classmethod
    def prepare(cls, threads: int) -> None:
        """Imports the runtime and sets its threads, before memory and load time are measured."""

    @classmethod
    def threads(cls, asked: int) -> int:
        """How many threads it uses, ``asked`` for so many."""

    def load(self) -> None:
        """Opens the file and prepares it to run, packed weights included: that is timed. Raises ``RunnerError``."""

    def read(self) -> None:
        """Reads the input; not timed. Raises ``RunnerError``."""

    def set_input(self) -> None:
        """Gives the runtime its input."""

    def run(self) -> None:
        """One inference."""

    def write_outputs(self, folder: Path, index: int) -> None:
        """Writes the last run's outputs to ``<index>.<output>.bin``, raw."""

    def write_profile(self, folder: Path, index: int) -> Path:
        """Writes the runtime's record of all runs to a file named by ``index``. Returns its path. Raises ``RunnerError``."""


def open_model(path: Path, data: Path, asked: argparse.Namespace) -> Model:
    """The model for the suffix of ``path``, not loaded yet; ``data``: its input. Raises ``RunnerError``."""
    if path.suffix not in RUNTIMES:
        raise RunnerError(f"a file of {', '.join(RUNTIMES)}", path.name, "give an exported file")
    module, name = RUNTIMES[path.suffix]
    kind = getattr(importlib.import_module(f".{module}", __package__), name)
    model: Model = kind(path, data, asked)
    return model


def versions(loaded: Container[str]) -> str:
    """The imported runtimes with their versions, such as ``onnxruntime 1.23.2, numpy 2.4.6``. ``loaded``: names of modules."""
    found = []
    for name in DISTRIBUTIONS:
        if name in loaded:
            try:
                found.append(f"{name} {metadata.version(name)}")
            except metadata.PackageNotFoundError:
                found.append(name)
    return ", ".join(found)
