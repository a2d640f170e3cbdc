"""A .mlpackage in Core ML, on macOS. Written from coremltools' documentation; not yet run on an Apple machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from .events import RunnerError
from .tensors import read_input, write_output


class CoremlModel:
    """The model, compiled for the chosen compute units. Core ML chooses its threads."""

    def __init__(self, path: Path, data: Path, asked: argparse.Namespace) -> None:
        self._path, self._data, self._units = path, data, asked.compute_units
        self._outputs: dict[str, Any] = {}

    @classmethod
    def prepare(cls, threads: int) -> None:
        """Imports coremltools. Threads cannot be set."""
        import coremltools as _  # noqa: F401  # imported here so that it is not part of the load time

        del threads

    @classmethod
    def threads(cls, asked: int) -> int:
        """The number asked for: Core ML does not report what it uses."""
        return asked

    def load(self) -> None:
        """Compiles and loads the model. Raises ``RunnerError``."""
        import coremltools as ct

        try:
            self._model = ct.models.MLModel(str(self._path), compute_units=ct.ComputeUnit[self._units])
        except (KeyError, RuntimeError, ValueError, OSError) as error:
            raise RunnerError(
                "a .mlpackage that Core ML can load", f"{self._path.name}: {error}", "export it again"
            ) from error

    def read(self) -> None:
        """Reads the input. Raises ``RunnerError``."""
        description = self._model.get_spec().description
        self._names = [output.name for output in description.output]
        (taken,) = description.input
        self._feed = {taken.name: read_input(self._data, tuple(taken.type.multiArrayType.shape))}

    def set_input(self) -> None:
        """Does nothing: the input is passed with each prediction."""

    def run(self) -> None:
        """One inference."""
        self._outputs = self._model.predict(self._feed)

    def write_outputs(self, folder: Path, index: int) -> None:
        """Writes ``<index>.<output>.bin``, in the order of the model's outputs."""
        for number, name in enumerate(self._names):
            write_output(folder, index, number, np.ascontiguousarray(self._outputs[name]))

    def write_profile(self, folder: Path, index: int) -> Path:
        """Raises ``RunnerError``: Core ML shows its times per operator in Xcode alone."""
        raise RunnerError(
            "a runtime that records its operators' times",
            "Core ML, which shows them in Xcode only",
            "leave --profile out",
        )
