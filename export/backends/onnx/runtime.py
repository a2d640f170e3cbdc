"""Running a .onnx in ONNX Runtime on the CPU."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np

from mobileseg.data.images import Batch
from mobileseg.errors import ArtifactError
from mobileseg.postprocess.class_map import Outputs
from mobileseg.quiet import quiet

ERRORS_ONLY = 3
X86 = {"x86_64", "amd64", "i386", "i686"}
UNFUSED = ("session.disable_quant_qdq", "1")
"""Quantize and dequantize stay operators of their own. On x86 without VNNI, ONNX Runtime's fused int8 kernels add pairs of products
in 16 bits, which saturates: SeaFormer-Tiny follows its graph to 20 dB there and to 36 dB unfused. ARM's kernels do not saturate, so
on x86 only the unfused file says what a phone will compute."""


class OnnxRuntime:
    """One inference session. ``threads``: within an operator; None leaves the number to the runtime. Raises ``ArtifactError`` where the
    file cannot be loaded."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        with quiet():
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.log_severity_level = ERRORS_ONLY
            if platform.machine().lower() in X86:
                options.add_session_config_entry(*UNFUSED)
            if threads is not None:
                options.intra_op_num_threads = threads
            try:
                self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            except (
                Exception
            ) as error:  # pybind exceptions without a common base; any of them says the file is not usable
                raise ArtifactError(
                    expected="a .onnx that ONNX Runtime can load", found=f"{path}: {error}", fix="export it again"
                ) from error
        taken = self._session.get_inputs()[0]
        self._input, self._batch = taken.name, taken.shape[0]  # a name where it is any number
        self._path = path

    def run(self, batch: Batch) -> Outputs:
        """All outputs, in the file's order, for ``(1, 3, H, W)`` float32 in 0..255; a file that takes N at once is given N,
        or one in all places. Raises ``ArtifactError``."""
        alone = len(batch) == 1 and isinstance(self._batch, int)
        given = np.repeat(batch, self._batch, axis=0) if alone else batch
        try:
            return tuple(output[: len(batch)] for output in self._session.run(None, {self._input: given}))
        except Exception as error:  # as above
            shape = "x".join(map(str, batch.shape))
            raise ArtifactError(
                expected=f"{self._path.name} to run on {shape}", found=str(error), fix="export it again"
            ) from error
