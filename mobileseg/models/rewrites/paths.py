"""Which module of the user's an operator belongs to, carried over where a graph is exported again: torch.export forgets it."""

from __future__ import annotations

import torch
from torch.fx import Graph, GraphModule, Node

PREFIX = "network"  # of a deploy model's network in its paths


def carry_paths(source: torch.nn.Module, target: Graph) -> None:
    """Give the operators of ``target``, exported from ``source``, the paths that those of ``source`` have: of a graph, or of a deploy
    model whose network is one. Where the operators are not the same ones in the same order, nothing is given."""
    network = source if isinstance(source, GraphModule) else getattr(source, PREFIX, None)
    if not isinstance(network, GraphModule):
        return
    prefix = "" if network is source else PREFIX
    wanted, found = _operators(network.graph), _operators(target)
    pairs, position = [], 0
    for node in found if not prefix else found[1:]:  # a deploy model subtracts the mean first
        if position < len(wanted) and node.target is wanted[position].target:
            pairs.append((wanted[position], node))
            position += 1
    if position < len(wanted):
        return
    for old, new in pairs:
        stack = old.meta.get("nn_module_stack")
        if stack:
            new.meta["nn_module_stack"] = {
                key: (".".join(filter(None, (prefix, path))), kind) for key, (path, kind) in stack.items()
            }


def _operators(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.op == "call_function"]
