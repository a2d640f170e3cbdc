"""The Python code of a graph is written and compiled when it is first needed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from torch.fx import GraphModule
from torch.fx.graph import _PyTreeCodeGen


@contextlib.contextmanager
def compile_what_is_called() -> Iterator[None]:
    """What torch's own lazy graph modules do (``torch.fx._lazy_graph_module``), for all of them."""
    compile_now, code, text = GraphModule.recompile, GraphModule.code, GraphModule.__str__

    def wait(self: GraphModule) -> None:
        if isinstance(self._graph._codegen, _PyTreeCodeGen):
            self._in_spec = self._graph._codegen.pytree_info.in_spec
            self._out_spec = self._graph._codegen.pytree_info.out_spec
        kind = type(self)  # every graph module has a class of its own

        def first(self: GraphModule, *args: Any, **kwargs: Any) -> Any:
            if kind.forward is first:
                compile_now(self)
            return self(*args, **kwargs)

        kind.forward = first
        self.__dict__.pop("_code", None)

    def written(self: GraphModule) -> str:
        if "_code" not in self.__dict__:
            compile_now(self)
        assert isinstance(code, property) and code.fget is not None
        return str(code.fget(self))

    def shown(self: GraphModule) -> str:
        written(self)
        return text(self)

    ours: dict[str, object] = {"recompile": wait, "code": property(written), "__str__": shown}
    theirs: dict[str, object] = {"recompile": compile_now, "code": code, "__str__": text}
    for name, method in ours.items():
        setattr(GraphModule, name, method)
    try:
        yield
    finally:
        for name, method in theirs.items():
            setattr(GraphModule, name, method)
