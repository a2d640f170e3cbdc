"""The interpreter: a saved ML Program, evaluated operation by operation in torch.

Arithmetic is float32 whatever a tensor's type; what a program declares float16 is rounded to float16 when an operation has made it,
constants and casts included. Core ML may compute with more than the declared type and add up in another order: this is the
program as it is written, not the rounding of one chip.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mobileseg.data.images import Batch
from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.operations import OPERATIONS
from mobileseg.export.backends.coreml.interpreter.package import Package
from mobileseg.export.backends.coreml.interpreter.values import Type, Value, constant, rounded, type_of
from mobileseg.postprocess.class_map import Outputs

ATTRIBUTE_NAME = "name"


@dataclass(frozen=True)
class Step:
    """One operation. ``arguments``: for each of its parameters the name of a value, or the names of several where it takes a list.

    ``done``: values that nothing needs any more after it.
    """

    kind: str
    name: str
    function: Callable[..., Tensor | tuple[Tensor, ...]]
    arguments: Mapping[str, tuple[str, ...]]
    results: Mapping[str, Type]
    done: tuple[str, ...] = ()


class InterpretedProgram:
    """One opened package. ``threads``: of torch, which the whole process shares; None leaves them as they are.

    Raises ``ArtifactError`` for a package that cannot be read, ``UnknownOperationError`` with the name of an operation, or of a
    parameter of one, that is not in the table.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        package = Package(path)
        self._inputs = {item.name: type_of(item.type, item.name) for item in package.function.inputs}
        self._outputs = tuple(package.block.outputs)
        self._constants: dict[str, Value] = {}
        steps = [step for op in package.block.operations if (step := self._read(op, package)) is not None]
        self._steps = _with_ends(steps, {*self._outputs, *self._constants})

    def _read(self, op: Any, package: Package) -> Step | None:
        """A step, or None for what is constant, which is computed once and now."""
        results = {output.name: type_of(output.type, output.name) for output in op.outputs}
        arguments: dict[str, tuple[str, ...]] = {}
        for key, proto in op.attributes.items():
            if key != ATTRIBUTE_NAME:
                arguments[key] = (self._remember(proto, package, f"{next(iter(results))}.{key}"),)
        if op.type == "const":
            (name,) = results
            self._constants[name] = self._constants.pop(arguments["val"][0])
            return None
        for key, argument in op.inputs.items():
            arguments[key] = tuple(
                item.name
                if item.WhichOneof("binding") == "name"
                else self._remember(item.value, package, f"{next(iter(results))}.{key}.{i}")
                for i, item in enumerate(argument.arguments)
            )
        step = Step(
            op.type, next(iter(results)), _function(op.type, set(arguments), len(op.blocks)), arguments, results
        )
        if op.type.startswith("constexpr_"):
            self._constants.update(_evaluate(step, self._constants))
            return None
        return step

    def _remember(self, proto: Any, package: Package, name: str) -> str:
        self._constants[name] = constant(proto, package, name)
        return name

    @torch.inference_mode()
    def run(self, batch: Batch) -> Outputs:
        """``(1, 3, H, W)`` float32 to the program's outputs. Raises ``UnknownOperationError``."""
        (name,) = self._inputs
        values: dict[str, Value] = {**self._constants, name: torch.from_numpy(np.ascontiguousarray(batch))}
        for step in self._steps:
            values.update(_evaluate(step, values))
            for spent in step.done:
                del values[spent]
        return tuple(_array(values[output]) for output in self._outputs)


def _function(kind: str, parameters: set[str], blocks: int) -> Callable[..., Any]:
    if kind not in OPERATIONS or blocks:
        raise UnknownOperationError.of(kind)
    strange = parameters - set(inspect.signature(OPERATIONS[kind]).parameters)
    if strange:
        raise UnknownOperationError.of(f"{kind} with {', '.join(sorted(strange))}")
    return OPERATIONS[kind]


def _evaluate(step: Step, values: Mapping[str, Value]) -> dict[str, Tensor]:
    given = {key: _argument(key, names, values) for key, names in step.arguments.items()}
    made = step.function(**given)
    found = {}
    for value, (name, kind) in zip(made if isinstance(made, tuple) else (made,), step.results.items(), strict=True):
        if tuple(value.shape) != kind.shape:
            raise UnknownOperationError.of(
                f"{step.kind} {step.name}, declared {kind.shape} and found {tuple(value.shape)}"
            )
        found[name] = rounded(value, kind.dtype)
    return found


def _argument(key: str, names: tuple[str, ...], values: Mapping[str, Value]) -> Value:
    if key != "values" and len(names) == 1:
        return values[names[0]]
    parts = [values[name] for name in names]
    return tuple(part for part in parts if isinstance(part, Tensor))


def _with_ends(steps: list[Step], kept: set[str]) -> list[Step]:
    """The steps with ``done`` filled in, so that a value lives no longer than it is needed."""
    seen, found = set(kept), []
    for step in reversed(steps):
        used = {name for names in step.arguments.values() for name in names} | set(step.results)
        found.append(
            Step(step.kind, step.name, step.function, step.arguments, step.results, tuple(sorted(used - seen)))
        )
        seen |= used
    return found[::-1]


def _array(value: Value) -> np.ndarray[Any, Any]:
    assert isinstance(value, Tensor)
    return value.numpy()
