"""A .pte in ExecuTorch's own runtime."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from .events import RunnerError
from .tensors import read_input, write_output

DEBUG_BUFFER = 0  # bytes: times are wanted, not the tensors between


class ExecutorchModel:
    """The program's ``forward``. Loading it prepares the delegate."""

    def __init__(self, path: Path, data: Path, asked: argparse.Namespace) -> None:
        self._path, self._data, self._profiled = path, data, bool(asked.profile)

    @classmethod
    def prepare(cls, threads: int) -> None:
        """XNNPACK's pool is the whole process's."""
        import torch

        # executorch.runtime is a wrapper around this extension that imports the whole exporter first: 12 s more.
        from executorch.extension.pybindings import _C

        torch.zeros(1)
        _C._unsafe_reset_threadpool(threads)

    @classmethod
    def threads(cls, asked: int) -> int:
        """What the pool says."""
        from executorch.extension.pybindings import _C

        del asked
        return int(_C._threadpool_get_thread_count())

    def load(self) -> None:
        """Read the program and prepare its method."""
        import torch
        from executorch.extension.pybindings import _C

        try:
            self._program = _C._load_program(
                str(self._path),
                enable_etdump=self._profiled,
                debug_buffer_size=DEBUG_BUFFER,
                program_verification=_C.Verification.InternalConsistency,
            )
            self._method = self._program.load_method("forward")
            shape = tuple(self._method.method_meta().input_tensor_meta(0).sizes())
        except (RuntimeError, ValueError, OSError) as error:
            raise RunnerError(
                "a .pte that ExecuTorch can load", f"{self._path.name}: {error}", "export it again"
            ) from error
        self._input = torch.from_numpy(read_input(self._data, shape))

    def bring_input(self) -> None:
        """Copied into the memory planned for it, which a run may use for other tensors once the input has been read."""
        self._method.set_inputs([self._input])

    def run(self) -> None:
        """One inference; the outputs stay where the runtime puts them."""
        self._method.execute()

    def write_outputs(self, folder: Path, index: int) -> None:
        """``<index>.<output>.bin`` for every output."""
        outputs: list[Any] = self._method.get_outputs()
        for number, output in enumerate(outputs):
            write_output(folder, index, number, np.ascontiguousarray(output.numpy()))

    def write_profile(self, folder: Path, index: int) -> Path:
        """``<index>.etdp``: ETDump of all runs."""
        path = folder / f"{index}.etdp"
        self._program.write_etdump_result_to_file(str(path), str(folder / f"{index}.debug"))
        return path
