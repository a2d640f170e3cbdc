"""Running a .pte in ExecuTorch's own runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mobileseg.data.images import Batch
from mobileseg.errors import ArtifactError
from mobileseg.postprocess.class_map import Outputs
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from torch import Tensor


class ExecutorchRuntime:
    """One loaded method. ``threads``: of XNNPACK's pool, which the whole process shares; None leaves it as it is."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        with quiet() as chatter:
            import torch  # its libraries must be loaded before the extension's

            # executorch.runtime is a wrapper around this extension that imports the whole exporter first: 12 s more.
            from executorch.extension.pybindings import _C

            if threads is not None:
                _C._unsafe_reset_threadpool(threads)
            try:
                self._module = _C._load_for_executorch(
                    str(path), program_verification=_C.Verification.InternalConsistency
                )
                # Loading is lazy: this reads and checks the file, and the first run prepares the delegate.
                shape = self._module.method_meta("forward").input_tensor_meta(0).sizes()
                self._module.forward([torch.zeros(shape)])
            except (RuntimeError, ValueError, OSError) as error:
                raise ArtifactError(
                    expected="a .pte that ExecuTorch can load",
                    found=f"{path}: {error} {chatter.tail()}".strip(),
                    fix="export it again",
                ) from error
        self._path = path

    def run(self, batch: Batch) -> Outputs:
        """``(1, 3, H, W)`` float32, contiguous, to the file's outputs. Raises ``ArtifactError``."""
        import torch

        pixels = torch.from_numpy(np.ascontiguousarray(batch))
        return tuple(output.numpy() for output in self.execute(pixels, copy=True))

    def execute(self, pixels: Tensor, *, copy: bool = False) -> list[Tensor]:
        """``run`` on a tensor. Without ``copy`` the outputs are the runtime's own memory, which the next run overwrites."""
        try:
            outputs: list[Tensor] = self._module.forward([pixels], clone_outputs=copy)
        except RuntimeError as error:
            raise ArtifactError(
                expected=f"{self._path.name} to run on {tuple(pixels.shape)}", found=str(error), fix="export it again"
            ) from error
        return outputs
