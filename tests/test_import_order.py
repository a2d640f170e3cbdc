"""Imports point one way: between layers of packages, and for the runner that is copied to a device."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mobileseg

ROOT = Path(mobileseg.__file__).parent.parent
HOMES = {"mobileseg": ROOT / "mobileseg", "mobileseg.export": ROOT / "export", "mobileseg.latency": ROOT / "latency"}

# Layers from the bottom up. A module belongs to the longest name that it starts with. Packages of one layer may import each other,
# except families of models.
LAYERS = (
    ("mobileseg.errors", "mobileseg.document", "mobileseg.call", "mobileseg.files", "mobileseg.registry", "mobileseg.provenance",
     "mobileseg.progress", "mobileseg.quiet"),
    ("mobileseg.models.card",),
    ("mobileseg.models.spec",),
    ("mobileseg.data", "mobileseg.metrics", "mobileseg.postprocess"),
    ("mobileseg.models",),
    ("mobileseg.weights",),
    ("mobileseg.training",),
    ("mobileseg.export",),
    ("mobileseg.latency",),
    ("mobileseg.fleet",),
    ("mobileseg",),
    ("mobileseg.cli", "mobileseg.__main__"),
)  # fmt: skip
EXPORT = (
    ("mobileseg.export.manifest", "mobileseg.export.targets", "mobileseg.export.versions"),
    ("mobileseg.export.form",),
    ("mobileseg.export.quantization",),
    ("mobileseg.export.backends",),
    ("mobileseg.export.fitting",),
    ("mobileseg.export.artifact",),
    ("mobileseg.export.evaluation",),
    ("mobileseg.export.analysis",),
    ("mobileseg.export.request",),
    ("mobileseg.export.describe",),
    ("mobileseg.export.pipeline", "mobileseg.export.plan"),
    ("mobileseg.export.interface",),
    ("mobileseg.export",),
)
LATENCY = (
    ("mobileseg.latency.protocol", "mobileseg.latency.callable_module"),
    ("mobileseg.latency.conditions",),
    ("mobileseg.latency.runners",),
    ("mobileseg.latency.emulation",),
    ("mobileseg.latency.results",),
    ("mobileseg.latency.devices",),
    ("mobileseg.latency.profiling",),
    ("mobileseg.latency.measuring",),
    ("mobileseg.latency.advice",),
    ("mobileseg.latency.report",),
    ("mobileseg.latency.interface",),
    ("mobileseg.latency",),
)
FLEET = (
    ("mobileseg.fleet.repository",),
    ("mobileseg.fleet.plan",),
    ("mobileseg.fleet.store",),
    ("mobileseg.fleet.stages",),
    ("mobileseg.fleet.engine",),
    ("mobileseg.fleet.summary",),
    ("mobileseg.fleet.records",),
    ("mobileseg.fleet.interface",),
    ("mobileseg.fleet",),
)
MODELS = (
    ("mobileseg.models.card",),
    ("mobileseg.models.spec",),
    ("mobileseg.models.blocks",),
    ("mobileseg.models.rewrites",),
    ("mobileseg.models.heads",),
    ("mobileseg.models.axial", "mobileseg.models.sasa", "mobileseg.models.seaformer", "mobileseg.models.topformer", "mobileseg.models.van"),
    ("mobileseg.models", "mobileseg.models.foreign"),
)  # fmt: skip
WEIGHTS = (
    ("mobileseg.weights.reading", "mobileseg.weights.records", "mobileseg.weights.retired", "mobileseg.weights.known",
     "mobileseg.weights.licences"),
    ("mobileseg.weights.layouts", "mobileseg.weights.sources"),
    ("mobileseg.weights.resolve",),
    ("mobileseg.weights.fit", "mobileseg.weights.identify", "mobileseg.weights.report"),
    ("mobileseg.weights.misfit",),
    ("mobileseg.weights.importer",),
    ("mobileseg.weights",),
)  # fmt: skip
TREES = {
    "mobileseg": LAYERS,
    "mobileseg.export": EXPORT,
    "mobileseg.latency": LATENCY,
    "mobileseg.fleet": FLEET,
    "mobileseg.models": MODELS,
    "mobileseg.weights": WEIGHTS,
}
FAMILIES = MODELS[-2]


def modules() -> dict[str, Path]:
    found = {}
    for name, folder in HOMES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join([name, *(part for part in parts if part != "__init__")])] = path
    return found


MODULES = modules()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module of ours that a file imports, at its top, inside a function or for types alone, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mobileseg":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in MODULES else node.module), node.lineno
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.split(".")[0] == "mobileseg")


def place_of(module: str, layers: tuple[tuple[str, ...], ...]) -> tuple[int, str] | None:
    """Number and name of the layer that a module belongs to."""
    names = [(number, name) for number, layer in enumerate(layers) for name in layer]
    inside = [(number, name) for number, name in names if module == name or module.startswith(f"{name}.")]
    return max(inside, key=lambda found: len(found[1]), default=None)


@pytest.mark.parametrize("tree", TREES)
def test_imports_point_down(tree: str) -> None:
    layers = TREES[tree]
    wrong = []
    for module, path in MODULES.items():
        here = place_of(module, layers)
        if not (module == tree or module.startswith(f"{tree}.")) or here is None:
            continue
        for target, line in imports(path):
            there = place_of(target, layers)
            if there is None or there[1] == here[1]:
                continue
            strangers = {here[1], there[1]} <= set(FAMILIES)
            if there[0] > here[0] or strangers:
                wrong.append(f"{module}:{line} imports {target}: {here[1]} is below {there[1]}")
    assert wrong == []


def test_every_package_has_a_layer() -> None:
    for tree in ("mobileseg.export", "mobileseg.latency", "mobileseg.fleet", "mobileseg.models", "mobileseg.weights"):
        packages = {
            name for name, path in MODULES.items() if path.name == "__init__.py" and name.startswith(f"{tree}.")
        }
        listed = {name for layer in TREES[tree] for name in layer}
        assert {name for name in packages if name.count(".") == tree.count(".") + 1} <= listed


def test_layers_name_modules_that_exist() -> None:
    for tree, layers in TREES.items():
        assert [name for layer in layers for name in layer if name not in MODULES] == [], tree


def test_the_runner_on_a_device_imports_nothing_of_ours_but_itself() -> None:
    """Its folder alone is copied to a board."""
    home = "mobileseg.latency.runners.python"
    for module, path in MODULES.items():
        if module == home or module.startswith(f"{home}."):
            assert all(target.startswith(home) for target, _ in imports(path)), module


def test_no_module_is_called_like_one_of_the_standard_library() -> None:
    names = {name.rpartition(".")[2] for name in MODULES if name.count(".") > 1 and not name.endswith("__main__")}
    assert names & sys.stdlib_module_names == set()
