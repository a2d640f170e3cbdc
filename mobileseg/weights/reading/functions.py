"""What the functions and classes do that a checkpoint needs, for the pickles that name them. All others are ``Inert``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from mobileseg.weights.reading.inert import Inert, Name
from mobileseg.weights.reading.numpy_values import Array, DType, encode, from_buffer, scalar
from mobileseg.weights.reading.stored import STORAGES, Storage, StorageType, Stored

TENSOR_CLASSES = frozenset(
    f"torch.{name}" for name in ("Tensor", "_tensor.Tensor", "nn.parameter.Parameter", "nn.parameter.Buffer")
)
PLAIN_KEYS = (str, bytes, int, float, type(None))  # hashing others may recurse as deep as a file likes


def constant(module: str, name: str) -> Any:
    """The dtype or kind of storage that a name stands for; None for all others."""
    if module.partition(".")[0] != "torch":
        return None
    if name in STORAGES:
        return StorageType(STORAGES[name])
    found = getattr(torch, name, None) if module == "torch" else None
    return found if isinstance(found, torch.dtype) else None


def set_item(table: Any, key: Any, value: Any) -> None:
    """In a mapping; entries of odd keys, and of objects that are no mappings, are dropped."""
    if isinstance(table, dict) and isinstance(key, PLAIN_KEYS):
        table[key] = value


def _table(*entries: Any) -> dict[Any, Any]:
    """A mapping; of a defaultdict the factory comes first."""
    last = entries[-1] if entries else ()
    table: dict[Any, Any] = {}
    for pair in last.items() if isinstance(last, dict) else _list(last):
        if isinstance(pair, tuple | list) and len(pair) == 2:
            set_item(table, *pair)
    return table


def _tensor(storage: Any, offset: int, size: Iterable[int], stride: Iterable[int], *_: Any) -> Any:
    return _view(storage, offset, size, stride, None)


def _tensor_with_dtype(
    storage: Any, offset: int, size: Iterable[int], stride: Iterable[int], _grad: Any, _hooks: Any, dtype: Any, *_: Any
) -> Any:
    return _view(storage, offset, size, stride, dtype)


def _view(storage: Any, offset: int, size: Iterable[int], stride: Iterable[int], dtype: torch.dtype | None) -> Any:
    if not isinstance(storage, Storage):
        return Inert(f"a tensor in {getattr(storage, 'origin', type(storage).__name__)}")
    return Stored(storage, int(offset), tuple(map(int, size)), tuple(map(int, stride)), dtype)


def _first(value: Any, *_: Any) -> Any:
    return value


def _subclass(rebuild: Any, kind: Any, arguments: Any, *_: Any) -> Any:
    """Of a tensor with attributes, or of a class of its own: that is not known here."""
    origin = getattr(kind, "origin", "a class of tensors")
    if origin in TENSOR_CLASSES and isinstance(rebuild, Name) and rebuild.origin in FUNCTIONS:
        return FUNCTIONS[rebuild.origin](*arguments)
    return Inert(origin)


def _list(items: Any = (), *_: Any) -> list[Any]:
    return list(items) if isinstance(items, list | tuple) else []


def _tuple(items: Any = ()) -> tuple[Any, ...]:
    return tuple(_list(items))


def _bytes(content: Any = b"", *_: Any) -> bytes:
    return content if isinstance(content, bytes) else content.encode("latin1") if isinstance(content, str) else b""


def _object(kind: Any, *_: Any) -> Any:
    """Of ``copyreg._reconstructor`` and its kin: an object of a class."""
    return Inert(getattr(kind, "origin", "an unknown class"))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _table, "collections.defaultdict": _table, "collections.Counter": _table, "builtins.dict": _table,
    "builtins.list": _list, "collections.deque": _list, "builtins.set": _list, "builtins.frozenset": _list,
    "builtins.tuple": _tuple, "torch.Size": _tuple, "builtins.bytes": _bytes, "builtins.bytearray": _bytes,
    "_codecs.encode": encode,
    "copyreg._reconstructor": _object, "copyreg.__newobj__": _object, "copyreg.__newobj_ex__": _object,
    "numpy.dtype": DType, "numpy.core.multiarray._reconstruct": Array, "numpy.core.multiarray.scalar": scalar,
    "numpy.core.numeric._frombuffer": from_buffer,
    "torch._utils._rebuild_tensor": _tensor, "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_with_dtype,
    "torch._utils._rebuild_parameter": _first, "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_device_tensor_from_numpy": _first, "torch._utils._rebuild_xla_tensor": _first,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._tensor._rebuild_from_type_v2": _subclass, "torch._utils._rebuild_from_type_v2": _subclass,
}  # fmt: skip
