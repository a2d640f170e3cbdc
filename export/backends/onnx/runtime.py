"""Running a .onnx in ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

from mobileseg.data.images import Batch
from mobileseg.errors import ArtifactError
from mobileseg.postprocess.class_map import Outputs
from mobileseg.quiet import quiet

ERRORS_ONLY = 3


class OnnxRuntime:
    """One inference session. ``threads``: within an operator; None leaves the number to the runtime. Raises ``ArtifactError`` where the
    file cannot be loaded."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        with quiet():
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.log_severity_level = ERRORS_ONLY
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
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: Batch) -> Outputs:
        """All outputs, in the file's order, for ``(1, 3, H, W)`` float32 in 0..255."""
        return tuple(self._session.run(None, {self._input: batch}))
