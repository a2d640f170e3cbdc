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
    """One loaded method. ``threads``: of XNNPACK's pool, which the process shares; None leaves it unchanged. Raises ``ArtifactError``
    where the file cannot be loaded."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        with quiet() as chatter:
            import torch  # its libraries must be loaded before those of the extension

            # executorch.runtime wraps this extension, but imports the whole exporter first, which takes 12 s.
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
        """All outputs, in the file's order, for ``(1, 3, H, W)`` float32 in 0..255. Raises ``ArtifactError``."""
        import torch

        pixels = torch.from_numpy(np.ascontiguousarray(batch))
        return tuple(output.numpy() for output in self.execute(pixels, copy=True))

    def execute(self, pixels: Tensor, *, copy: bool = False) -> list[Tensor]:
        """``run`` on a contiguous tensor. Without ``copy`` the outputs are in the runtime's memory, which the next run overwrites."""
        try:
            outputs: list[Tensor] = self._module.forward([pixels], clone_outputs=copy)
        except RuntimeError as error:
            raise ArtifactError(
                expected=f"{self._path.name} to run on {tuple(pixels.shape)}", found=str(error), fix="export it again"
            ) from error
        return outputs
