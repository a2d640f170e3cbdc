"""Tensors that are still in their file: what a checkpoint says of them, and their bytes when they are asked for."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# By the names of torch's storage classes. Of the quantized ones only the size matters: no tensor is rebuilt from them.
STORAGES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32, "ShortStorage": torch.int16,
    "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64, "ComplexDoubleStorage": torch.complex128,
    "UntypedStorage": torch.uint8, "_UntypedStorage": torch.uint8,
    "QInt8Storage": torch.qint8, "QUInt8Storage": torch.quint8, "QInt32Storage": torch.qint32,
    "QUInt4x2Storage": torch.quint4x2, "QUInt2x4Storage": torch.quint2x4,
}  # fmt: skip


@dataclass(frozen=True)
class StorageType:
    """What a pickle's global such as ``torch.FloatStorage`` becomes: no class, only a dtype."""

    dtype: torch.dtype


@dataclass(frozen=True)
class Storage:
    """A flat run of ``numel`` numbers of ``dtype``; ``place`` gives the offset and length of its bytes in the file, or in ``own``: bytes
    of its own that a pickle had inside."""

    dtype: torch.dtype
    numel: int
    place: Callable[[], tuple[int, int]]
    swapped: bool = False  # of the other byte order
    own: bytes | None = None


@dataclass(frozen=True)
class Stored:
    """A tensor as a view of a storage, in numbers, not bytes. ``dtype``: of the tensor, where the storage has none of its own."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype | None = None


class Content:
    """The bytes of a file, mapped: what is not read costs nothing."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self.bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)

    def tensor(self, stored: Stored) -> Tensor:
        """The tensor, a view of the mapped file. Raises ``ValueError`` where the file is too short, ``RuntimeError`` where the view
        leaves its storage."""
        storage = stored.storage
        start, length = storage.place()
        content = self.bytes if storage.own is None else storage.own
        dtype = stored.dtype or storage.dtype
        needed = storage.numel * storage.dtype.itemsize
        if start < 0 or length < needed or start + length > len(content):
            raise ValueError(f"{needed} bytes of a tensor are not all there")
        flat = _flat(content, start, needed, dtype, storage.swapped)
        return flat.as_strided(stored.size, stored.stride, stored.offset)


def _flat(content: mmap.mmap | bytes, start: int, length: int, dtype: torch.dtype, swapped: bool) -> Tensor:
    count = length // dtype.itemsize
    if count == 0:
        return torch.empty(0, dtype=dtype)
    if isinstance(content, mmap.mmap) and not swapped and start % dtype.itemsize == 0:
        return torch.frombuffer(content, dtype=dtype, count=count, offset=start)
    own = np.frombuffer(content, np.uint8, count * dtype.itemsize, start).reshape(count, dtype.itemsize)
    return torch.frombuffer(bytearray((own[:, ::-1] if swapped else own).tobytes()), dtype=dtype)


def is_swapped(little_endian: bool) -> bool:
    """Whether a file's byte order is not this machine's."""
    return little_endian != (sys.byteorder == "little")
