"""Lowering with half of the passes' work gives the same bytes."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import torch
from executorch.backends.xnnpack.partition.graphs import bilinear_2d, sdpa
from executorch.exir import to_edge
from executorch.exir.pass_base import ExportPass
from executorch.exir.verification import verifier
from torch._export.verifier import SpecViolationError
from torch.fx import Graph, GraphModule
from zoo_cases import one_block_a_stage

from mobileseg.data.dataset import first_sample
from mobileseg.data.fit import Fit
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.executorch import lower, passes
from mobileseg.export.backends.executorch.quick.matching import MASKS
from mobileseg.export.quantization.quantize import quantize
from mobileseg.models.factory import build, deploy
from mobileseg.models.registry import MODELS

SIZE = (64, 96)


@pytest.mark.slow
@pytest.mark.thorough
def test_the_file_is_the_same_to_the_last_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_block_a_stage(monkeypatch)
    deployed = deploy(build(MODELS["seaformer-tiny"], 5), *SIZE)
    module, _ = quantize(deployed, [Fit(SIZE).read(first_sample())])
    made = {}
    for name in ("quick", "plain"):
        if name == "plain":
            monkeypatch.setattr(lower, "quick_passes", contextlib.nullcontext)
        (tmp_path / name).mkdir()
        made[name] = lower.lower(Lowering(module, deployed, "int8", "a.pte", {}), tmp_path / name)
    assert made["quick"].path.read_bytes() == made["plain"].path.read_bytes()
    assert made["quick"].delegation == made["plain"].delegation


class Renews(ExportPass):
    """Changes nothing."""


class LeavesAlone(ExportPass):
    """Looks at every operator, and calls each as it stands."""

    def call_operator(self, op: Any, args: Any, kwargs: Any, meta: Any) -> Any:
        return super().call_operator(op, args, kwargs, meta)


class Doubles(ExportPass):
    """Calls every relu twice."""

    def call_operator(self, op: Any, args: Any, kwargs: Any, meta: Any) -> Any:
        once = super().call_operator(op, args, kwargs, meta)
        return super().call_operator(op, (once,), kwargs, meta) if "relu" in str(op) else once


class Asks(ExportPass):
    """Wants what only an interpretation has."""

    def call_operator(self, op: Any, args: Any, kwargs: Any, meta: Any) -> Any:
        assert args[0].proxy is not None
        return super().call_operator(op, args, kwargs, meta)


class Shifts(ExportPass):
    """Adds another number than the network does."""

    def call_operator(self, op: Any, args: Any, kwargs: Any, meta: Any) -> Any:
        return super().call_operator(op, (args[0], 2.0) if "add" in str(op) else args, kwargs, meta)


class Adds(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x) + 1.0


def edge_graph(module: torch.nn.Module) -> GraphModule:
    graph: GraphModule = to_edge(torch.export.export(module, (torch.zeros(2, 3),))).exported_program().graph_module
    return graph


def test_a_graph_is_interpreted_again_where_something_changed() -> None:
    module = edge_graph(torch.nn.ReLU())
    with passes.quick_passes():
        first = Renews()(module).graph_module
        assert Renews()(first).graph_module is first
        assert LeavesAlone()(first).graph_module is first
        assert Asks()(first).graph_module is not first
        twice = Doubles()(first).graph_module
        assert sum(node.op == "call_function" for node in twice.graph.nodes) == 2
        (node,) = [node for node in first.graph.nodes if node.op == "call_function"]
        with first.graph.inserting_after(node):
            other = first.graph.call_function(node.target, (node,))
        node.replace_all_uses_with(other, delete_user_cb=lambda user: user is not other)
        changed = Renews()(first).graph_module
        assert changed is not first
        assert [each.meta["val"].shape for each in changed.graph.nodes if each.op == "call_function"] == [(2, 3)] * 2


@pytest.mark.parametrize("changes", [Doubles, Shifts])
def test_a_pass_that_changes_something_does_so_with_the_same_shapes(changes: type[ExportPass]) -> None:
    module = edge_graph(Adds())
    plain = changes()(Renews()(module).graph_module).graph_module
    with passes.quick_passes():
        quick = changes()(Renews()(module).graph_module).graph_module
    assert [(str(node.target), str(node.args)) for node in quick.graph.nodes] == [
        (str(node.target), str(node.args)) for node in plain.graph.nodes
    ]
    for one, other in zip(quick.graph.nodes, plain.graph.nodes, strict=True):
        if one.op == "call_function":
            assert (one.meta["val"].shape, one.meta["val"].dtype) == (other.meta["val"].shape, other.meta["val"].dtype)


def test_the_verifier_still_refuses_what_its_rules_do() -> None:
    module = edge_graph(Adds())
    (relu, _) = (node for node in module.graph.nodes if node.op == "call_function")
    verifier._check_tensor_args_matching_op_allowed_dtype(module)
    relu.meta["val"] = relu.meta["val"].to(torch.bool)
    with passes.quick_passes(), pytest.raises(SpecViolationError, match="mismatched dtypes"):
        verifier._check_tensor_args_matching_op_allowed_dtype(module)


def test_xnnpack_looks_for_what_the_shortcuts_expect() -> None:
    """Resizes alone, which are left as they are; and attention with a mask."""
    for graph in bilinear_2d.get_graphs():
        (resize,) = (node for node in graph.graph.nodes if node.op == "call_function")
        assert "upsample_bilinear2d.vec" in str(resize.target)
    assert all(any(MASKS in str(node.target) for node in graph.graph.nodes) for graph in sdpa.get_graphs())


def _adding() -> GraphModule:
    graph = Graph()
    one = graph.placeholder("one")
    graph.output(graph.call_function(lambda a, b: a + b, (one, 2)))
    return GraphModule({}, graph)


def test_code_is_written_when_it_is_needed() -> None:
    with passes.quick_passes():
        module = _adding()
        assert "_code" not in vars(module)
        assert module(3) == 5
        assert "def forward" in module.code
        other = _adding()
        assert "def forward" in str(other)  # which shows the code
    assert "_code" in vars(_adding())


def test_afterwards_everything_is_as_it_was() -> None:
    before = _patched()
    with contextlib.suppress(KeyError), passes.quick_passes():
        assert GraphModule.recompile is not before[0]
        assert ExportPass._fx is not before[4]
        raise KeyError
    assert _patched() == before


def _patched() -> tuple[object, ...]:
    methods = ExportPass.call, ExportPass._fx, ExportPass.call_operator, verifier.EdgeOpArgValidator
    return GraphModule.recompile, GraphModule.code, GraphModule.__str__, *methods
