"""The targets, as data: what each produces and needs, and how its files are run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from mobileseg.registry import load, require

FLOAT32 = "float32"
FLOAT16 = "float16"
INT8 = "int8"
INT8_FLOAT16 = "int8-float16"
INT8_DYNAMIC = "int8-dynamic"
INT8_WEIGHTS = "int8-weights"
PALETTIZED = "palettized"
QUANTIZED = (INT8, INT8_FLOAT16, INT8_WEIGHTS, INT8_DYNAMIC)  # lowered from a quantized graph
CALIBRATED = (INT8, INT8_FLOAT16)  # static: activation ranges come from calibration images


@dataclass(frozen=True)
class TargetSpec:
    """One target.

    ``lower``: dotted path of ``f(Lowering, folder) -> Lowered``. ``runtime``: dotted path of a class that implements
    ``mobileseg.export.backends.contract.Runtime``; ``evaluated_by``: its name; ``interpreted``: whether it is this package's
    interpreter instead of the target's own runtime, so that its results count but its latency does not. ``check``: dotted path of
    ``f(path, Lowering) -> words``, which checks a file without running it. ``packages``: must be importable to export,
    ``runtime_packages`` to run. ``runtime_distribution``: the distribution whose version determines how the file behaves.
    ``precisions``: default first, each with its meaning for reports and manifest. ``refused``: precisions of other targets that this
    one lacks, each with the reason. ``options``: the fields of ``mobileseg.export.form.Form`` that it has.
    ``half_graph``: whether its float16 files are lowered from a float16 graph, where the target's own converter makes none.
    ``native``: dotted path of ``f()`` that raises ``EnvironmentLackError`` where the native part of a package is missing. ``package``:
    whether its files are folders.
    """

    name: str
    title: str
    suffix: str
    extra: str
    packages: tuple[str, ...]
    runtime_packages: tuple[str, ...]
    runtime_distribution: str
    lower: str
    runtime: str
    evaluated_by: str
    check: str | None
    precisions: Mapping[str, str]
    refused: Mapping[str, str]
    options: tuple[str, ...] = ()
    half_graph: bool = False
    interpreted: bool = False
    native: str | None = None
    package: bool = False

    def require(self, packages: tuple[str, ...], purpose: str) -> None:
        """Raise ``MissingExtraError`` or another ``EnvironmentLackError`` unless ``packages`` and the native part are here."""
        if self.native is not None:
            load(self.native)()
        require(packages, purpose, self.extra)


_CORE_ML_HERE = sys.platform == "darwin"  # Core ML predicts on macOS only
_INT8 = "activations int8 per tensor, weights int8 per output channel, static, calibrated"
_FLOAT16 = "float16 weights and activations, float32 input and output"
_WEIGHTS = "weights int8 per output channel, symmetric"
_PALETTES = "only Core ML reads weights by palettes"

TARGETS: Mapping[str, TargetSpec] = {
    spec.name: spec
    for spec in (
        TargetSpec(
            name="executorch",
            title="ExecuTorch, XNNPACK",
            suffix=".pte",
            extra="executorch",
            packages=("torch", "torchao", "executorch"),
            runtime_packages=("torch", "executorch"),
            runtime_distribution="executorch",
            lower="mobileseg.export.backends.executorch.lower:lower",
            runtime="mobileseg.export.backends.executorch.runtime:ExecutorchRuntime",
            evaluated_by="ExecuTorch",
            check=None,
            half_graph=True,
            precisions={
                FLOAT32: "float32 throughout",
                FLOAT16: f"{_FLOAT16}: for cores with float16 arithmetic (Cortex-A55, A75 and newer; Apple's), of no use on others",
                INT8: _INT8,
                INT8_FLOAT16: f"{_INT8}; what stays float is float16: for cores with float16 arithmetic, of no use on others",
            },
            refused={
                INT8_DYNAMIC: "files with dynamically quantized convolutions do not load (seen with seaformer-tiny): XNNPACK loses "
                "the shapes after a reshape; and depthwise convolutions would stay float",
                PALETTIZED: _PALETTES,
                INT8_WEIGHTS: "XNNPACK takes int8 weights only with int8 activations, and ExecuTorch has no operator of its own that "
                "dequantizes them",
            },
        ),
        TargetSpec(
            name="onnx",
            title="ONNX",
            suffix=".onnx",
            extra="onnx",
            packages=("torch", "torchao", "onnx", "onnxscript", "onnxsim", "onnxruntime"),
            runtime_packages=("onnxruntime",),
            runtime_distribution="onnxruntime",
            lower="mobileseg.export.backends.onnx.lower:lower",
            runtime="mobileseg.export.backends.onnx.runtime:OnnxRuntime",
            evaluated_by="ONNX Runtime",
            check="mobileseg.export.backends.onnx.check:check",
            options=("opset", "batch", "symmetric"),
            half_graph=True,
            precisions={
                FLOAT32: "float32 throughout",
                FLOAT16: f"{_FLOAT16}: for accelerators; ONNX Runtime's CPU kernels convert to float32 and back, and are slower so",
                INT8: f"{_INT8}, as QuantizeLinear and DequantizeLinear pairs",
                INT8_WEIGHTS: f"{_WEIGHTS}; activations float32: a small file, which is no faster",
                INT8_DYNAMIC: f"{_WEIGHTS}; inputs of convolutions and linear layers rounded to int8 per tensor, by their range in "
                "each image: a small file, which is slower than float32 and needs no calibration",
            },
            refused={
                INT8_FLOAT16: "ONNX Runtime's CPU kernels convert float16 to float32 and back, and accelerators choose the type of what "
                "int8 leaves float themselves",
                PALETTIZED: _PALETTES,
            },
        ),
        TargetSpec(
            name="coreml",
            title="Core ML, mlprogram",
            suffix=".mlpackage",
            extra="coreml",
            packages=("torch", "torchao", "coremltools"),
            runtime_packages=("torch", "coremltools"),
            runtime_distribution="coremltools",
            lower="mobileseg.export.backends.coreml.lower:lower",
            runtime="mobileseg.export.backends.coreml.runtime:CoremlRuntime"
            if _CORE_ML_HERE
            else "mobileseg.export.backends.coreml.interpreter:InterpretedProgram",
            evaluated_by="Core ML" if _CORE_ML_HERE else "our interpreter, not by Core ML",
            interpreted=not _CORE_ML_HERE,
            check="mobileseg.export.backends.coreml.check:check",
            native="mobileseg.export.backends.coreml.native:check_native",
            options=("min_ios", "input"),
            package=True,
            precisions={
                FLOAT16: _FLOAT16,
                FLOAT32: "float32 throughout",
                INT8: f"{_INT8}; what stays float is float16",
                INT8_WEIGHTS: f"{_WEIGHTS}; activations float16",
                PALETTIZED: "weights as 6-bit numbers of a palette of 64 values a layer; activations float16: the smallest file",
            },
            refused={
                INT8_FLOAT16: f"precision {INT8} is this here already: what stays float is float16",
                INT8_DYNAMIC: "Core ML's quantize operation has constant scales, so ranges cannot be computed at run time",
            },
        ),
    )
}


def is_halved(target: TargetSpec, precision: str) -> bool:
    """Whether a file is lowered from a float16 graph."""
    return target.half_graph and precision == FLOAT16
