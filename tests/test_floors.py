"""Imports point one way: the floors of the house, the rooms of each floor, and what the runner on a device may know."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mobileseg

ROOT = Path(mobileseg.__file__).parent.parent
HOMES = {"mobileseg": ROOT / "mobileseg", "mobileseg.export": ROOT / "export", "mobileseg.latency": ROOT / "latency"}

# The first of each list is the ground floor. A module belongs to the longest name that it starts with. The rooms of one
# floor may know each other, but for families of models.
FLOORS = (
    ("mobileseg.errors", "mobileseg.call", "mobileseg.files", "mobileseg.registry", "mobileseg.provenance",
     "mobileseg.progress", "mobileseg.quiet"),
    ("mobileseg.models.spec",),
    ("mobileseg.data", "mobileseg.metrics", "mobileseg.postprocess"),
    ("mobileseg.models",),
    ("mobileseg.weights",),
    ("mobileseg.training",),
    ("mobileseg.export",),
    ("mobileseg.latency",),
    ("mobileseg",),
    ("mobileseg.cli",),
)  # fmt: skip
EXPORT = (
    ("mobileseg.export.manifest", "mobileseg.export.targets", "mobileseg.export.versions"),
    ("mobileseg.export.quantization",),
    ("mobileseg.export.backends",),
    ("mobileseg.export.artifact",),
    ("mobileseg.export.evaluation",),
    ("mobileseg.export.analysis",),
    ("mobileseg.export.request",),
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
    ("mobileseg.latency.report",),
    ("mobileseg.latency.interface",),
    ("mobileseg.latency",),
)
MODELS = (
    ("mobileseg.models.spec",),
    ("mobileseg.models.blocks",),
    ("mobileseg.models.heads",),
    ("mobileseg.models.axial", "mobileseg.models.sasa", "mobileseg.models.seaformer", "mobileseg.models.topformer", "mobileseg.models.van"),
    ("mobileseg.models",),
)  # fmt: skip
HOUSES = {"mobileseg": FLOORS, "mobileseg.export": EXPORT, "mobileseg.latency": LATENCY, "mobileseg.models": MODELS}
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


def room(module: str, floors: tuple[tuple[str, ...], ...]) -> tuple[int, str] | None:
    """Floor and room of a module: the longest name of all."""
    names = [(number, name) for number, floor in enumerate(floors) for name in floor]
    inside = [(number, name) for number, name in names if module == name or module.startswith(f"{name}.")]
    return max(inside, key=lambda found: len(found[1]), default=None)


@pytest.mark.parametrize("house", HOUSES)
def test_imports_point_down(house: str) -> None:
    floors = HOUSES[house]
    wrong = []
    for module, path in MODULES.items():
        here = room(module, floors)
        if not (module == house or module.startswith(f"{house}.")) or here is None:
            continue
        for target, line in imports(path):
            there = room(target, floors)
            if there is None or there[1] == here[1]:
                continue
            strangers = {here[1], there[1]} <= set(FAMILIES)
            if there[0] > here[0] or strangers:
                wrong.append(f"{module}:{line} imports {target}: {here[1]} is below {there[1]}")
    assert wrong == []


def test_every_folder_is_a_room_of_its_house() -> None:
    for house in ("mobileseg.export", "mobileseg.latency", "mobileseg.models"):
        packages = {
            name for name, path in MODULES.items() if path.name == "__init__.py" and name.startswith(f"{house}.")
        }
        rooms = {name for floor in HOUSES[house] for name in floor}
        assert {name for name in packages if name.count(".") == house.count(".") + 1} <= rooms


def test_rooms_that_are_listed_exist() -> None:
    for house, floors in HOUSES.items():
        assert [name for floor in floors for name in floor if name not in MODULES] == [], house


def test_the_runner_on_a_device_imports_nothing_of_ours_but_itself() -> None:
    """Its folder alone is copied to a board."""
    home = "mobileseg.latency.runners.python"
    for module, path in MODULES.items():
        if module == home or module.startswith(f"{home}."):
            assert all(target.startswith(home) for target, _ in imports(path)), module


def test_no_module_is_called_like_one_of_the_standard_library() -> None:
    names = {name.rpartition(".")[2] for name in MODULES if name.count(".") > 1 and not name.endswith("__main__")}
    assert names & sys.stdlib_module_names == set()
