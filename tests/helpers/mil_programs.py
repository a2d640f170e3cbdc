"""One-operation ML Programs, built with coremltools' builder and saved as packages, for the tests of the interpreter."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobileseg.export.backends.coreml.interpreter import InterpretedProgram
from mobileseg.export.backends.coreml.interpreter.package import Package
from mobileseg.export.backends.coreml.tools import import_coremltools
from mobileseg.quiet import quiet

Array = NDArray[Any]


def save(build: Callable[[Any, Any], Any], shape: tuple[int, ...], path: Path, ios: int = 17) -> Path:
    """``build(mb, x)`` for a float32 ``x``, as it stands: without any of the converter's passes. Several results are a tuple."""
    with quiet():
        ct = import_coremltools()
        from coremltools.converters.mil import Builder
        from coremltools.converters.mil.mil import types

        oldest = getattr(ct.target, f"iOS{ios}")

        @Builder.program(input_specs=[Builder.TensorSpec(shape=shape)], opset_version=oldest)
        def program(x: Any) -> Any:
            made = build(Builder, x)
            made = made if isinstance(made, tuple | list) else (made,)
            plain = (types.fp32, types.int32)
            return tuple(y if y.dtype in plain else Builder.cast(x=y, dtype="fp32") for y in made)

        model = ct.convert(
            program,
            convert_to="mlprogram",
            minimum_deployment_target=oldest,
            compute_precision=ct.precision.FLOAT32,
            pass_pipeline=ct.PassPipeline.EMPTY,
            skip_model_load=True,
        )
        model.save(str(path))
    return path


def operations(path: Path) -> list[str]:
    """The names of the operations in a saved package."""
    return [op.type for op in Package(path).block.operations]


def evaluate(build: Callable[[Any, Any], Any], x: Array, folder: Path, ios: int = 17) -> tuple[Array, ...]:
    """All results of the saved program."""
    path = save(build, x.shape, folder / "one.mlpackage", ios)
    return InterpretedProgram(path).run(np.asarray(x, np.float32))
