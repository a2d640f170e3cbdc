"""Lowering in two thirds of the time, to the same bytes.

ExecuTorch's and XNNPACK's passes end by interpreting the whole graph, to give every node its shape again, whether they changed anything or
not; and every graph that they make is written as Python code and compiled, though nearly none is ever called. Here a graph is not
interpreted again where nothing has changed since it was, and code is written when it is first needed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from torch.fx import GraphModule, Node
from torch.fx.graph import _PyTreeCodeGen

SEEN = "mobileseg_interpreted"  # in a graph module's meta: the structure that was interpreted last
# What a pass overrides to change what it interprets; one that overrides none of them only renews the shapes.
HOOKS = (
    "call_operator", "call_sym", "call_cond", "call_map", "call_scan", "call_getitem", "call_delegate", "call_submodule", "output",
    "placeholder", "get_attr",
)  # fmt: skip


@contextlib.contextmanager
def quick_passes() -> Iterator[None]:
    """Run passes so in this block. Not for several threads: torch's and ExecuTorch's classes are changed meanwhile."""
    with _interpret_what_changed(), _compile_what_is_called():
        yield


@contextlib.contextmanager
def _interpret_what_changed() -> Iterator[None]:
    from executorch.exir.pass_base import ExportPass
    from torch.fx.passes.infra.pass_base import PassResult

    base = ExportPass.__mro__[1]  # has the method that interprets
    interpret = base.call

    def call(self: Any, module: GraphModule) -> Any:
        renews = all(getattr(type(self), hook, None) is getattr(ExportPass, hook, None) for hook in HOOKS)
        if renews and module.meta.get(SEEN) == _structure(module):
            return PassResult(module, False)
        result = interpret(self, module)
        result.graph_module.meta[SEEN] = _structure(result.graph_module)
        return result

    base.call = call
    try:
        yield
    finally:
        base.call = interpret


def _structure(module: GraphModule) -> int:
    """A digest of the nodes of a graph, of what they are called with, and of the shapes that come in."""
    return hash(tuple(_facts(node) for node in module.graph.nodes))


def _facts(node: Node) -> tuple[object, ...]:
    value = node.meta.get("val") if node.op == "placeholder" else None
    shape = (str(getattr(value, "shape", None)), str(getattr(value, "dtype", None)))
    return node.op, str(node.target), repr(node.args), repr(node.kwargs), shape


@contextlib.contextmanager
def _compile_what_is_called() -> Iterator[None]:
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
