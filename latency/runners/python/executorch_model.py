"""A .pte in ExecuTorch's own runtime."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from .events import RunnerError
from .tensors import read_input, write_output

DEBUG_BUFFER = 0  # bytes: record times, not intermediate tensors


class ExecutorchModel:
    """The method ``forward`` of a program. Loading it prepares its delegates."""

    def __init__(self, path: Path, data: Path, asked: argparse.Namespace) -> None:
        self._path, self._data, self._profiled = path, data, bool(asked.profile)

    @classmethod
    def prepare(cls, threads: int) -> None:
        """Imports the runtime and sets the size of XNNPACK's thread pool, one for the whole process."""
        import torch

        # Not executorch.runtime: that wrapper imports the whole exporter first, which takes 12 s.
        from executorch.extension.pybindings import _C

        torch.zeros(1)
        _C._unsafe_reset_threadpool(threads)

    @classmethod
    def threads(cls, asked: int) -> int:
        """The size of the thread pool."""
        from executorch.extension.pybindings import _C

        del asked
        return int(_C._threadpool_get_thread_count())

    def load(self) -> None:
        """Maps the program and prepares its method, with its delegates. Raises ``RunnerError``."""
        from executorch.extension.pybindings import _C

        try:
            self._program = _C._load_program(
                str(self._path),
                enable_etdump=self._profiled,
                debug_buffer_size=DEBUG_BUFFER,
                program_verification=_C.Verification.InternalConsistency,
            )
            self._method = self._program.load_method("forward")
            self._shape = tuple(self._method.method_meta().input_tensor_meta(0).sizes())
        except (RuntimeError, ValueError, OSError) as error:
            raise RunnerError(
                "a .pte that ExecuTorch can load", f"{self._path.name}: {error}", "export it again"
            ) from error

    def read(self) -> None:
        """Reads the input. Raises ``RunnerError``."""
        import torch

        self._input = torch.from_numpy(read_input(self._data, self._shape))

    def set_input(self) -> None:
        """Copies the input into the memory planned for it. A run may reuse that memory once it has read the input."""
        self._method.set_inputs([self._input])

    def run(self) -> None:
        """One inference. The outputs stay in the runtime's memory."""
        self._method.execute()

    def write_outputs(self, folder: Path, index: int) -> None:
        """Writes ``<index>.<output>.bin`` for every output."""
        outputs: list[Any] = self._method.get_outputs()
        for number, output in enumerate(outputs):
            write_output(folder, index, number, np.ascontiguousarray(output.numpy()))

    def write_profile(self, folder: Path, index: int) -> Path:
        """Writes ``<index>.etdp``, the ETDump of all runs. Returns its path."""
        path = folder / f"{index}.etdp"
        self._program.write_etdump_result_to_file(str(path), str(folder / f"{index}.debug"))
        return path
