"""The delegation report: which operators the XNNPACK delegate takes, which it does not, and why, from the lowered graph and the
partitioner's log."""

from __future__ import annotations

import logging
import re
from collections import Counter
from types import TracebackType

from torch.export import ExportedProgram
from torch.fx import Node

from mobileseg.export.backends.executorch.remedies import remedy
from mobileseg.export.manifest import DelegationPart, OutsidePart

PARTITIONER_LOGGER = "executorch.backends.xnnpack.partition"
_REASON = re.compile(r"Node (\S+) was not partitioned because (.*?)\.?$", re.DOTALL)
NO_CONSTRAINT_NAMED = "the XNNPACK partitioner has no rule for this operator; rewrite it with operators that it has"
MOVES = (
    "_to_",
    "clone",
    "view",
    "permute",
    "squeeze",
    "slice",
    "select",
    "expand",
    "quantize_per",
)  # in names of operators
DATA_TYPE = "a change of data type; XNNPACK computes float32 and int8, and leaves other types to the portable kernels"


class WhyNot(logging.Handler):
    """Context manager that collects the partitioner's reasons for leaving operators out, by node name, from its debug log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.reasons: dict[str, str] = {}
        self._logger = logging.getLogger(PARTITIONER_LOGGER)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first reason for each node."""
        if match := _REASON.search(record.getMessage()):
            self.reasons.setdefault(match.group(1), match.group(2))

    def __enter__(self) -> WhyNot:
        self._before = self._logger.level, self._logger.propagate
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._logger.removeHandler(self)
        self._logger.level, self._logger.propagate = self._before


def report(program: ExportedProgram, reasons: dict[str, str]) -> DelegationPart:
    """The delegation of a lowered edge program with one method. ``reasons``: those of ``WhyNot``."""
    from executorch.exir.lowered_backend_module import get_lowered_submodules

    outside: Counter[tuple[str, str, bool]] = Counter()
    homes: dict[tuple[str, str, bool], dict[str, None]] = {}
    for node in program.graph.nodes:
        if _computes(node):
            key = _name(node), _reason(node, reasons), _at_edge(node)
            outside[key] += 1
            homes.setdefault(key, {}).update(dict.fromkeys(_module(node)))
    lowered = get_lowered_submodules(program.graph_module)
    inside = sum(_computes(node) for _, module, _ in lowered for node in module.original_module.graph.nodes)
    return DelegationPart(
        backend="XNNPACK",
        partitions=len(lowered),
        operators_inside=inside,
        operators_outside=sum(outside.values()),
        outside=tuple(
            OutsidePart(
                operator=name,
                count=count,
                reason=reason,
                at_edge=edge,
                modules=tuple(homes[name, reason, edge]),
                remedy=None if edge else remedy(name),
            )
            for (name, reason, edge), count in sorted(outside.items())
        ),
    )


def _module(node: Node) -> list[str]:
    """The path of the innermost module around an operator, as the network's authors call it; none where the graph forgot."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [str(path) for path, _ in stack.values() if path]
    return [paths[-1].removeprefix("network.")] if paths else []


def _name(node: Node) -> str:
    return str(getattr(node.target, "__name__", node.target))


def _computes(node: Node) -> bool:
    """Whether a node is an operator, neither a delegate call nor the selection of one of several outputs."""
    return node.op == "call_function" and "getitem" not in _name(node) and "call_delegate" not in str(node.target)


def _reason(node: Node, reasons: dict[str, str]) -> str:
    if "_to_" in _name(node) and node.meta["val"].dtype != node.all_input_nodes[0].meta["val"].dtype:
        return DATA_TYPE  # the partitioner says "invalid dtype"
    return reasons.get(node.name, NO_CONSTRAINT_NAMED)


def _at_edge(node: Node) -> bool:
    """Whether the operator only touches the graph's input or only its output, and only moves or converts numbers. What computes, such as
    a resize or an argmax of the whole image, is work that the delegate does not do, wherever it stands."""
    if not any(word in _name(node) for word in MOVES):
        return False
    users = list(node.users)
    return all(user.op == "output" for user in users) or all(
        source.op == "placeholder" for source in node.all_input_nodes
    )
