"""An exported graph whose constants are formulas: functions of the network's own tensors, so that rewrites can be computed again for
other weights, and gradients pass through them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.fx import Graph, GraphModule, Interpreter, Node

Function = Callable[..., Tensor]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Formula:
    """A constant of the graph: ``function`` of other constants. ``key``: instead, a tensor of the network, by its key; ``value``: a
    fixed tensor."""

    function: Function | None = None
    sources: tuple[Formula, ...] = ()
    key: str | None = None
    value: Tensor | None = None

    def evaluate(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Its value for the network's tensors."""
        if self.key is not None:
            return tensors[self.key]
        if self.function is None:
            assert self.value is not None
            like = next(iter(tensors.values()), self.value)
            return self.value.to(like.device)
        return self.function(*(source.evaluate(tensors) for source in self.sources))


@dataclass
class Program:
    """``graph``: operators on one input. ``formulas``: of its constants, by the target of their ``get_attr``. ``tensors``: of the network,
    by key; rewrites look at them to see whether they hold. ``notes``: rewrites that were not applied, and why. ``reasons``: why a
    part stays float in int8, by the path that ``float_part`` gave it."""

    graph: Graph
    formulas: dict[str, Formula]
    tensors: Mapping[str, Tensor]
    notes: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Program:
        """One whose graph can be changed alone."""
        graph = copy.deepcopy(self.graph)
        return Program(graph, dict(self.formulas), self.tensors, list(self.notes), dict(self.reasons))

    def calls(self, *targets: OpOverload) -> list[Node]:
        """All calls of some operators, in order."""
        return [node for node in self.graph.nodes if node.op == "call_function" and node.target in targets]

    def is_constant(self, node: object) -> bool:
        """Whether ``node`` is a constant of the graph."""
        return isinstance(node, Node) and node.op == "get_attr"

    def value(self, node: Node) -> Tensor:
        """The value of a constant for the network's tensors as they are, without gradient."""
        with torch.no_grad():
            return self.formulas[str(node.target)].evaluate(self.tensors).detach()

    def derive(self, function: Function, *sources: Node, name: str | None = None) -> Node:
        """A new constant, a function of others; of none: a fixed one. Its name is made from ``name`` or the first source's."""
        base = name or str(sources[0].target)
        target = next(t for i in range(len(self.formulas) + 1) if (t := f"{base}_{i}") not in self.formulas)
        formula = Formula(function, tuple(self.formulas[str(one.target)] for one in sources))
        self.formulas[target] = Formula(value=function()) if not sources else formula
        first = next(node for node in self.graph.nodes if node.op != "placeholder")
        with self.graph.inserting_before(first):
            made = self.graph.create_node("get_attr", target)  # Graph.get_attr would look for it in a module
        made.meta["val"] = self.value(made).to("meta")
        return made

    def call(self, target: OpOverload, args: tuple[Any, ...], like: Node, kwargs: dict[str, Any] | None = None) -> Node:
        """A new operator in front of ``like``, of whose module it becomes a part."""
        with self.graph.inserting_before(like):
            made = self.graph.call_function(target, args, kwargs or {})
        made.meta = {key: value for key, value in like.meta.items() if key != "val"}
        given, named = torch.fx.map_arg((args, made.kwargs), lambda node: node.meta["val"])
        made.meta["val"] = target(*given, **named)
        return made

    def float_part(self, node: Node, part: str, reason: str) -> None:
        """What is made ``like`` this node becomes a module of its own, ``part`` of the node's, which stays float in int8 for ``reason``."""
        stack = dict(node.meta.get("nn_module_stack") or {})
        own = next((path for path, _ in reversed(stack.values()) if path), "")
        path = f"{own}.{part}" if own else part
        node.meta["nn_module_stack"] = {**stack, f"rewritten {path}": (path, part)}
        self.reasons[path] = reason

    def replace(self, old: Node, new: Node) -> None:
        """Use ``new`` wherever ``old`` was used, and take ``old`` out."""
        old.replace_all_uses_with(new)
        if not old.users:
            self.graph.erase_node(old)

    def clean(self) -> None:
        """Take out what nothing uses."""
        self.graph.eliminate_dead_code()
        self.graph.lint()
        used = {str(node.target) for node in self.graph.nodes if node.op == "get_attr"}
        self.formulas = {name: formula for name, formula in self.formulas.items() if name in used}

    def run(self, image: Tensor) -> Tensor:
        """Its output; every node's ``val`` becomes the shape and type of what it gave."""
        module = self.module({name: formula.evaluate(self.tensors) for name, formula in self.formulas.items()})

        class Recording(Interpreter):
            def run_node(self, n: Node) -> Any:
                out = super().run_node(n)
                if isinstance(out, Tensor):
                    n.meta["val"] = out.to("meta")
                elif isinstance(out, tuple | list):
                    n.meta["val"] = type(out)(one.to("meta") if isinstance(one, Tensor) else one for one in out)
                return out

        with torch.no_grad():
            out = Recording(module, graph=self.graph).run(image)
        found: Tensor = out[0] if isinstance(out, tuple | list) else out
        return found

    def module(self, values: Mapping[str, Tensor], places: Iterable[str] = ()) -> GraphModule:
        """The graph as a module that holds ``values``; ``places``: paths at which it has modules, also without tensors."""
        root = torch.nn.Module()
        for target, value in values.items():
            home, name = _home(root, target)
            if isinstance(value, torch.nn.Parameter):
                home.register_parameter(name, value)
            else:
                home.register_buffer(name, value.detach())
        module = GraphModule(root, copy.deepcopy(self.graph), "Rewritten")
        for place in places:
            home, _ = _home(module, f"{place}.x")
            if place in self.reasons:
                home.keep_float = self.reasons[place]  # type: ignore[assignment]
        for target, value in values.items():
            if value.requires_grad and not isinstance(value, torch.nn.Parameter):
                home, name = _home(
                    module, target
                )  # a plain attribute: a buffer would not be looked for by live_tensors
                del home._buffers[name]
                setattr(home, name, value)
        return module


def _home(root: torch.nn.Module, target: str) -> tuple[torch.nn.Module, str]:
    *path, name = target.split(".")
    for part in path:
        if part not in root._modules:
            root.add_module(part, torch.nn.Module())
        root = root.get_submodule(part)
    return root, name


def shape_of(node: object) -> Shape:
    """The shape of what a node gives."""
    assert isinstance(node, Node)
    return tuple(int(side) for side in node.meta["val"].shape)


def only_user(node: Node) -> Node | None:
    """The one operator that uses ``node``; None where several do."""
    return next(iter(node.users)) if len(node.users) == 1 else None


def arguments(node: Node) -> list[Any]:
    """All arguments of a call in the order of the operator's schema, defaults included."""
    assert isinstance(node.target, OpOverload)
    given: Sequence[Any] = node.args
    schema = node.target._schema.arguments
    return [
        given[i] if i < len(given) else node.kwargs.get(one.name, one.default_value) for i, one in enumerate(schema)
    ]


def pair(value: int | list[int]) -> list[int]:
    """An argument for rows and columns, which may be one number for both."""
    sides = [value] if isinstance(value, int) else list(value)
    return sides * 2 if len(sides) == 1 else sides
