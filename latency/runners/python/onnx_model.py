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
    """One session."""

    def __init__(self, path: Path, data: Path, asked: argparse.Namespace) -> None:
        self._path, self._data, self._threads, self._profile = path, data, asked.threads, asked.profile
        self._outputs: list[Any] = []

    @classmethod
    def prepare(cls, threads: int) -> None:
        """Threads belong to the session."""
        import onnxruntime

        del threads
        onnxruntime.set_default_logger_severity(ERRORS_ONLY)

    @classmethod
    def threads(cls, asked: int) -> int:
        """As asked: the session's pool has as many."""
        return asked

    def load(self) -> None:
        """Read, optimize and prepare the graph."""
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
        except Exception as error:  # pybind exceptions without a common base; any of them says the file is not usable
            raise RunnerError(
                "a .onnx that ONNX Runtime can load", f"{self._path.name}: {error}", "export it again"
            ) from error
        (taken,) = self._session.get_inputs()
        self._feed = {taken.name: read_input(self._data, tuple(taken.shape))}

    def bring_input(self) -> None:
        """The session takes the caller's array with each run, and leaves it alone."""

    def run(self) -> None:
        """One inference; the outputs are new arrays each time, as every user of the session gets them."""
        self._outputs = self._session.run(None, self._feed)

    def write_outputs(self, folder: Path, index: int) -> None:
        """``<index>.<output>.bin`` for every output."""
        for number, output in enumerate(self._outputs):
            write_output(folder, index, number, np.ascontiguousarray(output))

    def write_profile(self, folder: Path, index: int) -> Path:
        """``<index>.json``: the runtime's own trace of loading and all runs."""
        path = folder / f"{index}.json"
        shutil.move(self._session.end_profiling(), path)
        return path
