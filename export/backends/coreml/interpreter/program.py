"""The interpreter: evaluates a saved ML Program operation by operation in torch.

All float arithmetic is float32; results that the program declares float16 are rounded to float16 after each operation, constants
and casts included. Core ML may compute with more precision than declared and sum in another order: this is the program as written,
not the rounding of one chip.
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

from mobileseg.data.images import Batch, eight_bit
from mobileseg.errors import ArtifactError, UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.operations import OPERATIONS
from mobileseg.export.backends.coreml.interpreter.package import Package
from mobileseg.export.backends.coreml.interpreter.values import Type, Value, constant, rounded, type_of
from mobileseg.postprocess.class_map import Outputs

ATTRIBUTE_NAME = "name"


@dataclass(frozen=True)
class Step:
    """One operation. ``arguments``: by parameter, the name of its value, or the names of several where it takes a list. ``results``:
    name and type of each result. ``done``: values that are not needed after it.
    """

    kind: str
    name: str
    function: Callable[..., Tensor | tuple[Tensor, ...]]
    arguments: Mapping[str, tuple[str, ...]]
    results: Mapping[str, Type]
    done: tuple[str, ...] = ()


class InterpretedProgram:
    """One opened package. ``threads``: of torch, which the process shares; None leaves the number unchanged.

    Raises ``ArtifactError`` for a package that cannot be read, and ``UnknownOperationError``, which names the operation or parameter,
    where one is not in the table.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self._path, package = path, Package(path)
        self._inputs = {item.name: type_of(item.type, item.name) for item in package.function.inputs}
        self._pictures = package.pictures
        self._outputs = tuple(package.block.outputs)
        self._constants: dict[str, Value] = {}
        steps = [step for op in package.block.operations if (step := self._read(op, package)) is not None]
        self._steps = _with_ends(steps, {*self._outputs, *self._constants})

    def _read(self, op: Any, package: Package) -> Step | None:
        """The step of an operation; None for constants, which are evaluated here."""
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
        """All outputs, in the program's order, for ``(1, 3, H, W)`` float32 in 0..255, which are rounded where the program is given a
        picture. Raises ``UnknownOperationError`` where an operation is used in a way that its reference leaves open, ``ArtifactError``
        where the program does not fit together."""
        try:
            (name,) = self._inputs
            pixels = eight_bit(batch) if name in self._pictures else batch
            values: dict[str, Value] = {**self._constants, name: torch.from_numpy(np.ascontiguousarray(pixels))}
            for step in self._steps:
                values.update(_evaluate(step, values))
                for spent in step.done:
                    del values[spent]
            return tuple(_array(values[output]) for output in self._outputs)
        except (RuntimeError, ValueError, TypeError, LookupError) as error:
            shape = "x".join(map(str, batch.shape))
            raise ArtifactError(
                expected=f"{self._path.name} to run on {shape}", found=str(error), fix="export it again"
            ) from error


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
    """The steps with ``done`` filled in, so that values are freed after their last use; those in ``kept`` are not."""
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
