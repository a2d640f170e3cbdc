"""Every module of the zoo that carries ``keep_float`` is found in the graph that the quantizer sees."""

import ast
from pathlib import Path

import pytest
from thorough import thorough_but
from zoo_cases import legal_sizes

import mobileseg
from mobileseg.export.quantization.operators import module_paths
from mobileseg.export.quantization.quantize import float_graph
from mobileseg.export.quantization.quantizer import Int8Quantizer
from mobileseg.models.blocks.keep_float import ATTRIBUTE, float_reasons
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import Emit

# One small model for each way to a float module, with the classes that its deploy model has.
CASES: dict[tuple[str, Emit], set[str]] = {
    ("seaformer-tiny", "mask"): {"TokenAttention", "MaskHead"},
    ("van-b0-light", "logits"): {"ChannelNorm"},
    ("axial-deeplab-xs", "panoptic"): {"AxialProducts"},
    ("sasa-resnet26-full", "logits"): {"WindowAttention", "AttentionStemDeploy"},
    ("topformer-tiny", "logits"): set(),
}


def declared() -> set[str]:
    """The classes in the sources of the zoo that set the attribute themselves."""
    found: set[str] = set()
    for path in Path(mobileseg.__file__).parent.joinpath("models").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.target.id == ATTRIBUTE
                for line in node.body
            ):
                found.add(node.name)
    return found


def test_the_cases_cover_every_float_module_of_the_zoo() -> None:
    assert set().union(*CASES.values()) == declared()


@pytest.mark.parametrize(("name", "emit"), thorough_but(CASES, [*CASES][:2]))
def test_every_float_module_is_found_in_the_graph(name: str, emit: Emit) -> None:
    deployed = mobileseg.deploy(mobileseg.create_model(name), *legal_sizes(MODELS[name])[0], emit=emit)
    reasons, modules = float_reasons(deployed), dict(deployed.named_modules(remove_duplicate=False))
    made_by_rewrites = {"Module"}
    assert {type(modules[path]).__name__ for path in reasons} - made_by_rewrites == CASES[name, emit]
    graph = float_graph(deployed)
    seen = {path for node in graph.graph.nodes for path in module_paths(node)}
    assert reasons.keys() <= seen
    quantizer = Int8Quantizer(deployed)
    quantizer.annotate(graph)
    assert set(reasons.values()) <= {part.reason for part in quantizer.kept_float}
