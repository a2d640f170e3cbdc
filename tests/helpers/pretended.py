"""A CUDA or MPS device that is not there: its tensors say that they are on it, and have their values in the CPU's memory.

What torch refuses for a real device is refused: tensors of both in one operator, NumPy arrays of its tensors, float64 on MPS. All else is
computed, with real values, so whole programs run. Torch's own fake tensors have no values: a program stops at its first
``float(loss)``; and where torch is built with CUDA, their backward pass asks the driver. What is refused here is compared with what they
refuse in ``tests/training/test_pretended.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
CPU = torch.device("cpu")
# Operators that take tensors of the CPU beside those of a device: copies, and indexing by positions.
MIXED = {aten.copy_.default, aten.index.Tensor, aten.index_put_.default, aten.index_put.default,
         aten._index_put_impl_.default}  # fmt: skip
# Tensors that torch makes below Python, where it believes to be on the CPU: by operator, which argument they are.
MADE_BELOW = {aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams.default: 3}
Place = torch.device


class Pretended(Tensor):
    """A tensor that says it is on ``device``; ``held`` has its values. To torch's own code below Python it is on the CPU."""

    held: Tensor
    place: Place

    @staticmethod
    def __new__(cls, held: Tensor, place: Place) -> Pretended:
        made: Pretended = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]  # torch has no types for it
            cls, held.shape, strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype
        )
        made.held, made.place = held, place
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})

    @property
    def device(self) -> Place:
        return self.place

    @property
    def data(self) -> Tensor:
        return self.detach()

    @data.setter
    def data(self, value: Pretended) -> None:
        Tensor.data.__set__(self, value)  # type: ignore[attr-defined]  # shape and strides
        self.held = value.held

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        return _moved(self, *args, **kwargs)

    def cpu(self, *_: Any) -> Tensor:
        return self.to(CPU)

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"can't convert {self.place} device type tensor to numpy. Use Tensor.cpu()")

    def tolist(self) -> Any:
        return self.held.tolist()

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) not in memo:
            copied = Pretended(self.held.clone(), self.place)
            known = isinstance(self, torch.nn.Parameter)
            memo[id(self)] = torch.nn.Parameter(copied, self.requires_grad) if known else copied
        found: Tensor = memo[id(self)]
        return found

    def __repr__(self, **_: Any) -> str:
        return f"Pretended({tuple(self.shape)}, {self.dtype}, {self.place})"


class _Move(torch.autograd.Function):
    """A differentiable copy from one device to another."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, place: Place) -> Tensor:
        ctx.origin = tensor.device
        return _placed(tensor, place)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]  # torch leaves it open
        return _placed(gradient, ctx.origin), None


def _placed(tensor: Tensor, place: Place) -> Tensor:
    held = (tensor.held if isinstance(tensor, Pretended) else tensor).detach().clone()
    _check_dtype(held, place)
    return held if place.type == "cpu" else Pretended(held, place)


def _moved(tensor: Tensor, *args: Any, copy: bool = False, **kwargs: Any) -> Tensor:
    """``Tensor.to``."""
    place, dtype, _, layout = torch._C._nn._parse_to(*args, **kwargs)
    if copy or layout is not None or (dtype is not None and dtype != tensor.dtype):
        tensor = aten._to_copy(tensor, dtype=dtype or tensor.dtype, memory_format=layout)
    if place is None or _numbered(place) == tensor.device:
        return tensor
    return _Move.apply(tensor, _numbered(place))  # type: ignore[no-any-return, no-untyped-call]


def _numbered(place: Place) -> Place:
    """``cuda`` means the first one here."""
    return place if place.type == "cpu" else torch.device(place.type, place.index or 0)


def _check_dtype(value: Tensor, place: Place) -> None:
    if place.type == "mps" and value.dtype is torch.float64:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64.")


def _computed(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of an operator, with values from the CPU."""
    given: list[Tensor] = []

    def value_of(tensor: Tensor) -> Tensor:
        given.append(tensor)
        return tensor.held if isinstance(tensor, Pretended) else tensor

    plain_args = _each(args, value_of)
    plain_kwargs = {name: _each(value, value_of) for name, value in kwargs.items()}
    below = args[MADE_BELOW[func]] if func in MADE_BELOW else None
    asked = kwargs.get("device")
    changes = func is aten._to_copy.default  # of a dtype or layout: moves are made above
    if asked is None or changes:
        place = (
            args[0].device if func is aten.copy_.default else _home(func, [one for one in given if one is not below])
        )
    else:
        place = _numbered(torch.device(asked))
    if "device" in kwargs:
        plain_kwargs["device"] = CPU
    made = func(*plain_args, **plain_kwargs)
    if func is aten.resize_.default and isinstance(args[0], Pretended):
        args[0].data = Pretended(made, place)  # for its shape
    if place.type == "cpu":
        return made
    known = {id(one.held): one for one in given if isinstance(one, Pretended)}

    def on_place(value: Tensor) -> Tensor:
        """What an operator changed in place stays the tensor that it was."""
        _check_dtype(value, place)
        return known[id(value)] if id(value) in known else Pretended(value, place)

    return _each(made, on_place)


def _each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """``value`` with each tensor in it, also in lists, changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_each(part, change) for part in value)
    return value


def _home(func: Any, given: list[Tensor]) -> Place:
    """The device of an operator's tensors. Raises ``RuntimeError`` for several, as torch does: only numbers, which are tensors without
    dimensions, may come from the CPU."""
    places = {tensor.device for tensor in given if tensor.dim() > 0 or tensor.device.type != "cpu"}
    if len(places) > 1 and func not in MIXED:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, {' and '.join(map(str, places))}! ({func})"
        )
    return next((place for place in places if place.type != "cpu"), CPU)


class _Moves(TorchFunctionMode):
    """Moves plain tensors to the device that is not there, and what ``torch.tensor`` makes."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is Tensor.to:
            return _moved(*args, **kwargs)
        if func is torch.tensor and kwargs.get("device") is not None:
            return _moved(func(*args, **{**kwargs, "device": CPU}), kwargs["device"])
        return func(*args, **kwargs)


class _Makes(TorchDispatchMode):
    """Makes tensors on it."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        return _computed(func, args, kwargs) if Pretended in types or "device" in kwargs else func(*args, **kwargs)


@contextmanager
def pretended(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """In the block there is a device ``name``: ``cuda:0`` or ``mps:0``."""
    with monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "_lazy_init", lambda: None)  # torch calls it before it makes a tensor there
        patch.setattr(Tensor, "pin_memory", lambda self, *_: self)  # which only a driver can
        # A parameter that moves is of another class then: nn.Module puts a new one in its place.
        patch.setattr(torch, "_has_compatible_shallow_copy_type", lambda old, new: type(old.data) is type(new.data))
        with _Moves(), _Makes():
            yield torch.device(name)
