"""Watches a network while it runs: what it changes, what it draws at random, where its first NaN comes from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from mobileseg.models.foreign.lines import Line, line_now

INPUT = "its input"


class Watcher(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """``changed``: what an operator wrote into, of the input and the tensors of ``module``, and where. ``random``: the operators that
    draw random numbers. ``unsound``: the first that made NaN or infinity of finite numbers. ``custom``: autograd functions that were
    applied, by their class."""

    def __init__(self, module: nn.Module, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.changed: dict[str, Line | None] = {}
        self.random: dict[str, Line | None] = {}
        self.unsound: tuple[str, Line | None] | None = None
        self.custom: dict[str, Line | None] = {}
        tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        self._owners = {_place(value): name for name, value in tensors.items() if value.numel()}
        self._owners[_place(image)] = INPUT

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = str(func).removeprefix("aten.")
        if func._schema.is_mutable:
            for argument, value in zip(func._schema.arguments, args, strict=False):
                written = argument.alias_info is not None and argument.alias_info.is_write
                if written and isinstance(value, Tensor) and (owner := self._owners.get(_place(value))) is not None:
                    self.changed.setdefault(owner, line_now())
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.random.setdefault(name, line_now())
        out = func(*args, **kwargs)
        if self.unsound is None and isinstance(out, Tensor) and not _finite(out):
            flat = [one for one in args if isinstance(one, Tensor)]
            if all(_finite(one) for one in flat) and "empty" not in name:
                self.unsound = name, line_now()
        return out

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what runs in this block."""
        apply = torch.autograd.Function.__dict__["apply"]

        def seen(cls: Any, *args: Any, **kwargs: Any) -> Any:
            self.custom.setdefault(cls.__name__, line_now())
            return apply.__get__(None, cls)(*args, **kwargs)

        torch.autograd.Function.apply = classmethod(seen)
        try:
            with self:
                yield
        finally:
            torch.autograd.Function.apply = apply


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
