"""Checks of an ONNX file beside its run on pictures: its operator set, and pictures in a batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from mobileseg.errors import GateError
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.onnx.runtime import OnnxRuntime
from mobileseg.export.form import DYNAMIC

FIX = "report this with the model's name, size and precision"
# Sums may be taken in another order for many pictures than for one, and an int8 step turn over here and there.
SQNR_DB = 40.0
SAME = 0.999
ROUNDINGS = ("QuantizeLinear", "DequantizeLinear")


def check(path: Path, lowering: Lowering) -> tuple[str, ...]:
    """Check the file at ``path`` against ``lowering``. Returns the checks in words; raises ``GateError`` at the first that fails."""
    model = onnx.load(str(path))
    (opset,) = (entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if opset != lowering.form.opset:
        raise GateError(expected=f"opset {lowering.form.opset}", found=str(opset), fix=FIX)
    checks = [f"opset {opset}, IR version {model.ir_version}"]
    if lowering.form.symmetric:
        checks.append(_check_symmetric(model))
    if lowering.form.batch != 1:
        checks.append(_check_batch(path, lowering))
    return tuple(checks)


def _check_symmetric(model: onnx.ModelProto) -> str:
    """All zero points are 0. Raises ``GateError`` for another."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    named = {node.input[2] for node in model.graph.node if node.op_type in ROUNDINGS and len(node.input) == 3}
    if strays := sorted(name for name in named if onnx.numpy_helper.to_array(constants[name]).any()):
        raise GateError(expected="zero points of 0", found=f"another in {strays[0]}", fix=FIX)
    return "every zero point is 0"


def _check_batch(path: Path, lowering: Lowering) -> str:
    """Every picture of a batch has the outputs that the file gives where it fills the batch alone."""
    batch = lowering.form.batch
    count = 3 if batch == DYNAMIC else batch
    shape = (count, *lowering.example.shape[1:])
    pictures = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    runtime = OnnxRuntime(path)
    together = runtime.run(pictures)
    for number in range(count):
        for alone, output in zip(runtime.run(pictures[number : number + 1]), together, strict=True):
            _check_same(alone, output[number : number + 1])
    return f"each of {count} different pictures at once gives what it gives alone"


def _check_same(alone: NDArray[np.generic], among: NDArray[np.generic]) -> None:
    if np.issubdtype(alone.dtype, np.integer):
        share = float((alone == among).mean())
        good, found = share >= SAME, f"the same class in {share:.4f} of the pixels"
    else:
        right, other = alone.astype(np.float64), among.astype(np.float64)
        signal, noise = float(np.square(right).sum()), float(np.square(right - other).sum())
        good, found = noise <= signal * 10 ** (-SQNR_DB / 10), f"signal {signal:.3g}, noise {noise:.3g}"
    if not good:
        raise GateError(expected="a picture among others to give what it gives alone", found=found, fix=FIX)
