"""Types and constants of a program, as torch tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.package import Package

# Operations take tensors, strings and tuples of tensors, never plain numbers.
Value = Tensor | str | tuple[Tensor, ...]

# By the name of MIL's DataType: the type in which values are stored, and in which they are computed.
STORED: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "FLOAT16": np.dtype(np.float16),
    "FLOAT32": np.dtype(np.float32),
    "INT8": np.dtype(np.int8),
    "UINT8": np.dtype(np.uint8),
    "INT16": np.dtype(np.int16),
    "UINT16": np.dtype(np.uint16),
    "INT32": np.dtype(np.int32),
    "UINT32": np.dtype(np.uint32),
}
PACKED = {"UINT1": 1, "UINT2": 2, "UINT3": 3, "UINT4": 4, "UINT6": 6}  # bits of numbers that share bytes
COMPUTED = {
    "BOOL": torch.bool,
    "FLOAT16": torch.float32,
    "FLOAT32": torch.float32,
    "INT8": torch.int8,
    "UINT8": torch.uint8,
    "INT16": torch.int16,
    "UINT16": torch.uint16,
    "INT32": torch.int32,
    "UINT32": torch.int64,  # torch supports few operations on uint32
    **dict.fromkeys(PACKED, torch.uint8),
}
# Names of types in parameters such as ``output_dtype``.
NAMED = {"fp16": "FLOAT16", "fp32": "FLOAT32", "bool": "BOOL"} | {
    name.lower(): name for name in ("INT8", "UINT8", "INT16", "UINT16", "INT32")
}


@dataclass(frozen=True)
class Type:
    """The type of a tensor. ``dtype``: the name of MIL's DataType."""

    dtype: str
    shape: tuple[int, ...]


def type_of(proto: Any, name: str) -> Type:
    """The type of the value ``name``. Raises ``UnknownOperationError`` for anything but a tensor of fixed shape."""
    tensor = proto.tensorType
    if proto.WhichOneof("type") != "tensorType" or any(
        dim.WhichOneof("dimension") != "constant" for dim in tensor.dimensions
    ):
        raise UnknownOperationError.of(f"{name}, which is not a tensor of fixed shape")
    dtype = tensor.DESCRIPTOR.fields_by_name["dataType"].enum_type.values_by_number[tensor.dataType].name
    return Type(dtype, tuple(dim.constant.size for dim in tensor.dimensions))


def constant(proto: Any, package: Package, name: str) -> Tensor | str:
    """A constant: a string unchanged, anything else as a tensor of the type in which it is computed. Raises ``UnknownOperationError``
    for a type that is not in the table, ``ArtifactError`` where the weight file lacks it."""
    kind = type_of(proto.type, name)
    if kind.dtype == "STRING":
        return str(proto.immediateValue.tensor.strings.values[0])
    if kind.dtype not in STORED | PACKED:
        raise UnknownOperationError.of(f"a constant of type {kind.dtype.lower()}")
    stored = STORED.get(kind.dtype, STORED["UINT8"])
    if proto.WhichOneof("value") == "blobFileValue":
        array = package.numbers(proto.blobFileValue.fileName, proto.blobFileValue.offset, stored)
    else:
        tensor = proto.immediateValue.tensor
        values = getattr(tensor, tensor.WhichOneof("value") or "ints").values
        array = np.frombuffer(values, stored) if isinstance(values, bytes) else np.array(list(values), stored)
    if kind.dtype in PACKED:
        array = unpacked(array, PACKED[kind.dtype], math.prod(kind.shape))
    return torch.from_numpy(array.reshape(kind.shape).copy()).to(COMPUTED[kind.dtype])


def unpacked(data: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.uint8]:
    """``count`` numbers of ``bits`` each, which fill bytes from the lowest bit on and run over from one into the next. Raises
    ``ValueError`` where there are fewer."""
    each = np.unpackbits(data, bitorder="little")[: bits * count].reshape(count, bits)
    return np.packbits(each, axis=1, bitorder="little")[:, 0]


def rounded(value: Tensor, dtype: str) -> Tensor:
    """``value`` rounded to the MIL type ``dtype``; float16 values are kept in float32."""
    if dtype == "FLOAT16":
        return value.half().float()
    return value.to(COMPUTED[dtype])
