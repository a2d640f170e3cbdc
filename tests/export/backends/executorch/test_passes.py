"""Lowering with half of the passes' work gives the same bytes."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import torch
from executorch.exir import to_edge
from executorch.exir.pass_base import ExportPass
from torch.fx import Graph, GraphModule
from zoo_cases import one_block_a_stage

from mobileseg.data.dataset import first_sample
from mobileseg.data.fit import Fit
from mobileseg.export.backends.contract import Lowering
from mobileseg.export.backends.executorch import lower, passes
from mobileseg.export.quantization.quantize import quantize
from mobileseg.models.factory import build, deploy
from mobileseg.models.registry import MODELS

SIZE = (64, 96)


@pytest.mark.slow
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


class Doubles(ExportPass):
    """Interprets, because it may change what it meets."""

    def call_operator(self, op: Any, args: Any, kwargs: Any, meta: Any) -> Any:
        return super().call_operator(op, args, kwargs, meta)


def test_a_graph_is_interpreted_again_where_something_changed() -> None:
    edge = to_edge(torch.export.export(torch.nn.ReLU(), (torch.zeros(2, 3),)))
    module = edge.exported_program().graph_module
    with passes.quick_passes():
        first = Renews()(module).graph_module
        assert Renews()(first).graph_module is first
        assert Doubles()(first).graph_module is not first
        (node,) = [node for node in first.graph.nodes if node.op == "call_function"]
        with first.graph.inserting_after(node):
            other = first.graph.call_function(node.target, (node,))
        node.replace_all_uses_with(other, delete_user_cb=lambda user: user is not other)
        changed = Renews()(first).graph_module
        assert changed is not first
        assert [each.meta["val"].shape for each in changed.graph.nodes if each.op == "call_function"] == [(2, 3)] * 2


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
    before = GraphModule.recompile, GraphModule.code, GraphModule.__str__, ExportPass.call
    with contextlib.suppress(KeyError), passes.quick_passes():
        assert GraphModule.recompile is not before[0]
        raise KeyError
    assert (GraphModule.recompile, GraphModule.code, GraphModule.__str__, ExportPass.call) == before
