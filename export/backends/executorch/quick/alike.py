"""Whether a call takes what a node of a graph takes, and whether a pass would change any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.fx import GraphModule, Node


def leaves_alone(wanted: Any, module: GraphModule) -> bool:
    """Whether ``wanted``, a pass whose ``call_operator`` may change what it meets, would call every operator of ``module`` as it stands.

    It is asked with the values that the nodes have, and what it would then call is noted instead.
    """
    from executorch.exir.pass_base import ExportPass, NodeMetadata, ProxyValue

    base = ExportPass.__mro__[1]
    calls: list[tuple[object, ...]] = []

    def note(self: Any, operator: Any, args: Any, kwargs: Any, meta: Any) -> Any:
        calls.append((operator, args, kwargs))
        return ProxyValue(meta.data.get("val"), node)

    call, base.call_operator = base.call_operator, note
    try:
        for node in module.graph.nodes:
            if node.op != "call_function" or not _is_operator(node.target):
                continue
            args, kwargs = torch.fx.map_arg((node.args, node.kwargs), lambda each: ProxyValue(each.meta["val"], each))
            calls.clear()
            wanted.call_operator(node.target, args, kwargs, NodeMetadata(node.meta))
            if len(calls) != 1 or not _agree(calls[0], (node.target, args, kwargs), _is):
                return False
    except Exception:  # it wants more than values: let it interpret
        return False
    finally:
        base.call_operator = call
    return True


def _is_operator(target: object) -> bool:
    from executorch.exir.dialects.edge._ops import EdgeOpOverload

    return isinstance(target, OpOverload | EdgeOpOverload)


def calls_what(node: Node, target: Any, args: Any, kwargs: Any) -> bool:
    """Whether a call, of the same operator with or without its edge, takes what ``node`` takes: values of the same kind, and equal
    constants. Then its result is the node's."""
    operator = getattr(node.target, "_op", node.target)
    if getattr(target, "_op", target) is not operator or not _is_operator(target) or node.meta.get("val") is None:
        return False
    return _agree((args, kwargs), (node.args, node.kwargs), _of_one_kind)


def _agree(found: Any, wanted: Any, alike: Callable[[Any, Any], bool]) -> bool:
    """Whether two arguments are built alike, of parts that are ``alike``."""
    if isinstance(wanted, list | tuple):
        return (
            isinstance(found, list | tuple)
            and len(found) == len(wanted)
            and all(_agree(*pair, alike) for pair in zip(found, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_agree(found[key], wanted[key], alike) for key in wanted)
    return alike(found, wanted)


def _is(found: Any, wanted: Any) -> bool:
    """The same value, or equal constants of equal types."""
    constant = isinstance(found, bool | int | float | str)
    return found is wanted or (constant and type(found) is type(wanted) and found == wanted)


def _of_one_kind(found: Any, wanted: Any) -> bool:
    """A tensor as the node ``wanted`` has it, or equal constants of equal types."""
    if not isinstance(wanted, Node):
        return type(found) is type(wanted) and bool(found == wanted)
    one, other = getattr(found, "data", None), wanted.meta.get("val")
    if not isinstance(one, Tensor) or not isinstance(other, Tensor):
        return False
    return one is other or (one.dtype, one.shape, one.stride()) == (other.dtype, other.shape, other.stride())
