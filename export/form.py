"""The form of a file: what a platform's own tools see of it beside its numbers. Options of one target each, checked against it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from mobileseg.errors import RequestError
from mobileseg.export.targets import INT8, INT8_DYNAMIC, PALETTIZED, QUANTIZED, TargetSpec

DYNAMIC: Final = "dynamic"
Batch = int | Literal["dynamic"]
InputKind = Literal["tensor", "image"]

OPSETS = range(17, 26)  # from what ONNX Runtime 1.12 and TensorRT 8.5 read to the newest that torch's exporter writes
OPSET = 18
IOS = (16, 17, 18)
MIN_IOS = 17
MAX_BATCH = 256


@dataclass(frozen=True)
class Form:
    """``batch``: pictures that a file takes at once, or any number of them. ``opset``: ONNX's operator set. ``symmetric``: int8
    activations have the zero point 0, the only one that TensorRT takes. ``input``: whether Core ML
    is given numbers or a picture (ImageType). ``min_ios``: the oldest iOS that reads the file, with the macOS of its year."""

    batch: Batch = 1
    opset: int = OPSET
    symmetric: bool = False
    input: InputKind = "tensor"
    min_ios: int = MIN_IOS

    @classmethod
    def of(
        cls,
        target: TargetSpec,
        precision: str,
        batch: int | str | None = None,
        opset: int | None = None,
        symmetric: bool = False,
        input: str | None = None,
        min_ios: int | None = None,
    ) -> Form:
        """Of a request; None leaves an option at its default. Raises ``RequestError`` for an option that ``target`` does not have, a
        value that it does not take, and what ``precision`` rules out."""
        asked = {"batch": batch, "opset": opset, "symmetric": symmetric or None, "input": input, "min_ios": min_ios}
        given = {name: value for name, value in asked.items() if value is not None}
        for name in given:
            if name not in target.options:
                takers = "an ONNX file" if name in ("batch", "opset", "symmetric") else "a Core ML file"
                raise RequestError(
                    expected=f"{_flag(name)} of {takers}", found=f"target {target.name}", fix=f"leave out {_flag(name)}"
                )
        checks: dict[str, Callable[[Any], Any]] = {
            "batch": _batch,
            "opset": _opset,
            "symmetric": bool,
            "input": _input,
            "min_ios": _min_ios,
        }
        form = cls(**{name: checks[name](value) for name, value in given.items()})
        form._check_precision(precision)
        return form

    def words(self, target: TargetSpec) -> str:
        """What a file of ``target`` is, beside its suffix."""
        said = {
            "opset": f"opset {self.opset}",
            "batch": "any number of pictures at once"
            if self.batch == DYNAMIC
            else f"{self.batch} pictures at once"
            if self.batch > 1
            else "",
            "symmetric": "zero points 0" if self.symmetric else "",
            "min_ios": f"iOS {self.min_ios} and later",
            "input": "takes a picture (ImageType)" if self.input == "image" else "",
        }
        return ", ".join(said[name] for name in target.options if said[name])

    def _check_precision(self, precision: str) -> None:
        if self.batch != 1 and precision == INT8_DYNAMIC:
            raise RequestError(
                expected=f"one picture at a time with precision {precision}", found=f"--batch {self.batch}",
                fix="leave out --batch: its ranges are those of all pictures in a run, so one would change another's classes",
            )  # fmt: skip
        if self.symmetric and precision != INT8:
            raise RequestError(
                expected=f"--symmetric with precision {INT8}", found=f"precision {precision}",
                fix=f"leave out --symmetric, or export {INT8}: others have no ranges of activations",
            )  # fmt: skip
        if self.min_ios < 17 and precision in QUANTIZED:
            reason = "Core ML quantizes activations" if precision == INT8 else "coremltools writes int8 weights"
            raise RequestError(
                expected=f"--min-ios 17 or 18 with precision {precision}", found=str(self.min_ios),
                fix=f"choose another precision, such as {PALETTIZED}: {reason} for iOS 17 and later",
            )  # fmt: skip


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _batch(value: int | str) -> Batch:
    if value == DYNAMIC:
        return DYNAMIC
    number = int(value) if re.fullmatch(r"[0-9]{1,9}", str(value)) else 0
    if not 1 <= number <= MAX_BATCH:
        raise RequestError(
            expected=f"--batch from 1 to {MAX_BATCH}, or {DYNAMIC}", found=repr(value), fix=f"for example --batch {DYNAMIC}"
        )  # fmt: skip
    return number


def _opset(value: int) -> int:
    if value not in OPSETS:
        raise RequestError(
            expected=f"--opset from {OPSETS[0]} to {OPSETS[-1]}", found=str(value), fix=f"leave it out for {OPSET}"
        )
    return value


def _input(value: str) -> InputKind:
    if value == "image":
        return "image"
    if value != "tensor":
        raise RequestError(expected="--input tensor or image", found=repr(value), fix="choose one of them")
    return "tensor"


def _min_ios(value: int) -> int:
    if value not in IOS:
        raise RequestError(
            expected=f"--min-ios {', '.join(map(str, IOS[:-1]))} or {IOS[-1]}", found=str(value), fix=f"leave it out for {MIN_IOS}"
        )  # fmt: skip
    return value
