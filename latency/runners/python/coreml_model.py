"""A .mlpackage in Core ML, on macOS. Not measured yet: written from coremltools' documentation, run on no Apple machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from .events import RunnerError
from .tensors import read_input, write_output


class CoremlModel:
    """Compiled for the compute units that were chosen; Core ML decides on its threads."""

    def __init__(self, path: Path, data: Path, asked: argparse.Namespace) -> None:
        self._path, self._data, self._units = path, data, asked.compute_units
        self._outputs: dict[str, Any] = {}

    @classmethod
    def prepare(cls, threads: int) -> None:
        """Nothing can be set."""
        import coremltools as _  # noqa: F401  # so that its import is no part of the load

        del threads

    @classmethod
    def threads(cls, asked: int) -> int:
        """As asked: what Core ML uses it does not tell."""
        return asked

    def load(self) -> None:
        """Compile and load."""
        import coremltools as ct

        try:
            self._model = ct.models.MLModel(str(self._path), compute_units=ct.ComputeUnit[self._units])
        except (KeyError, RuntimeError, ValueError, OSError) as error:
            raise RunnerError(
                "a .mlpackage that Core ML can load", f"{self._path.name}: {error}", "export it again"
            ) from error
        description = self._model.get_spec().description
        self._names = [output.name for output in description.output]
        (taken,) = description.input
        self._feed = {taken.name: read_input(self._data, tuple(taken.type.multiArrayType.shape))}

    def bring_input(self) -> None:
        """Taken with each prediction."""

    def run(self) -> None:
        """One prediction."""
        self._outputs = self._model.predict(self._feed)

    def write_outputs(self, folder: Path, index: int) -> None:
        """``<index>.<output>.bin`` in the order of the program's outputs."""
        for number, name in enumerate(self._names):
            write_output(folder, index, number, np.ascontiguousarray(self._outputs[name]))

    def write_profile(self, folder: Path, index: int) -> Path:
        """Core ML keeps its times per operator to Xcode."""
        raise RunnerError(
            "a runtime that records its operators", "Core ML, which shows them in Xcode alone", "leave --profile out"
        )
