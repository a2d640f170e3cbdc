"""Lowering with half of the passes' work gives the same bytes."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
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
    interpreted: dict[str, int] = {}
    made = {}
    quick = lower.quick_passes
    for name in ("first", "plain", "quick"):  # the first also makes what ExecuTorch keeps for all files
        monkeypatch.setattr(lower, "quick_passes", quick if name == "quick" else contextlib.nullcontext)
        interpreted[name] = 0
        with _counting(interpreted, name):
            (tmp_path / name).mkdir()
            made[name] = lower.lower(Lowering(module, deployed, "int8", "a.pte", {}), tmp_path / name)
    assert made["quick"].path.read_bytes() == made["plain"].path.read_bytes()
    assert made["quick"].delegation == made["plain"].delegation
    assert interpreted["quick"] < 0.7 * interpreted["plain"]


@contextlib.contextmanager
def _counting(numbers: dict[str, int], name: str):  # type: ignore[no-untyped-def]
    """How often a graph is interpreted."""
    from executorch.exir.pass_base import ExportPass

    base = ExportPass.__mro__[1]
    interpret = base.call_submodule

    def count(self: object, *args: object) -> object:
        numbers[name] += 1
        return interpret(self, *args)

    base.call_submodule = count
    try:
        yield
    finally:
        base.call_submodule = interpret


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
    from executorch.exir.pass_base import ExportPass

    before = GraphModule.recompile, GraphModule.code, GraphModule.__str__, ExportPass.call
    with contextlib.suppress(KeyError), passes.quick_passes():
        assert GraphModule.recompile is not before[0]
        raise KeyError
    assert (GraphModule.recompile, GraphModule.code, GraphModule.__str__, ExportPass.call) == before
