"""Which file is run by what."""

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
    """One file with its input. ``run`` takes nothing and gives nothing: only the runtime's call is in it. ``bring_input`` comes before
    each run, outside of what is timed."""

    @classmethod
    def prepare(cls, threads: int) -> None:
        """Import the runtime and set its threads, before memory and loading are looked at."""

    @classmethod
    def threads(cls, asked: int) -> int:
        """How many it will use."""

    def load(self) -> None: ...

    def bring_input(self) -> None: ...

    def run(self) -> None: ...

    def write_outputs(self, folder: Path, index: int) -> None: ...

    def write_profile(self, folder: Path, index: int) -> Path: ...


def open_model(path: Path, data: Path, asked: argparse.Namespace) -> Model:
    """The model for a file's suffix; nothing is loaded yet. Raises ``RunnerError``."""
    if path.suffix not in RUNTIMES:
        raise RunnerError(f"a file of {', '.join(RUNTIMES)}", path.name, "give an exported file")
    module, name = RUNTIMES[path.suffix]
    kind = getattr(importlib.import_module(f".{module}", __package__), name)
    model: Model = kind(path, data, asked)
    return model


def versions(loaded: Container[str]) -> str:
    """The runtimes that were imported, with their versions, in words."""
    found = []
    for name in DISTRIBUTIONS:
        if name in loaded:
            try:
                found.append(f"{name} {metadata.version(name)}")
            except metadata.PackageNotFoundError:
                found.append(name)
    return ", ".join(found)
