"""A .onnx in ONNX Runtime on the CPU."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .events import RunnerError
from .tensors import read_input, write_output

ERRORS_ONLY = 3


class OnnxModel:
    """One session of ONNX Runtime."""

    def __init__(self, path: Path, data: Path, asked: argparse.Namespace) -> None:
        self._path, self._data, self._threads, self._profile = path, data, asked.threads, asked.profile
        self._outputs: list[Any] = []

    @classmethod
    def prepare(cls, threads: int) -> None:
        """Imports the runtime. Threads are set per session, when it is loaded."""
        import onnxruntime

        del threads
        onnxruntime.set_default_logger_severity(ERRORS_ONLY)

    @classmethod
    def threads(cls, asked: int) -> int:
        """The number asked for, which the session's pool has."""
        return asked

    def load(self) -> None:
        """Reads, optimizes and prepares the graph. Raises ``RunnerError``."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        options.intra_op_num_threads, options.inter_op_num_threads = self._threads, 1
        if self._profile:
            options.enable_profiling = True
            Path(self._profile).mkdir(parents=True, exist_ok=True)
            options.profile_file_prefix = str(Path(self._profile) / self._path.stem)
        try:
            self._session = onnxruntime.InferenceSession(str(self._path), options, providers=["CPUExecutionProvider"])
        except (
            Exception
        ) as error:  # pybind exceptions have no common base, and each of them means that the file cannot be used
            raise RunnerError(
                "a .onnx that ONNX Runtime can load", f"{self._path.name}: {error}", "export it again"
            ) from error

    def read(self) -> None:
        """Reads the input. Raises ``RunnerError``."""
        (taken,) = self._session.get_inputs()
        self._feed = {taken.name: read_input(self._data, tuple(taken.shape))}

    def set_input(self) -> None:
        """Does nothing: each run is passed the caller's array, and does not change it."""

    def run(self) -> None:
        """One inference. The outputs are new arrays each time, as for every user of the session."""
        self._outputs = self._session.run(None, self._feed)

    def write_outputs(self, folder: Path, index: int) -> None:
        """Writes ``<index>.<output>.bin`` for every output."""
        for number, output in enumerate(self._outputs):
            write_output(folder, index, number, np.ascontiguousarray(output))

    def write_profile(self, folder: Path, index: int) -> Path:
        """Writes ``<index>.json``, the runtime's trace of the load and of all runs. Returns its path."""
        path = folder / f"{index}.json"
        shutil.move(self._session.end_profiling(), path)
        return path
