"""coremltools as it installs where it has no wheel: the Python files without the native libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.backends.coreml.native import MODULES, check_native, has_wheel
from mobileseg.export.targets import TARGETS

PYPROJECT = Path(__file__).resolve().parents[4] / "pyproject.toml"
EXPORT = "import sys; from mobileseg.cli import main; sys.argv[0] = 'mobileseg'; main()"


@pytest.fixture
def whole() -> Path:
    """The installed package."""
    spec = find_spec("coremltools")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture
def pure(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same without its native libraries, first on the path."""
    package = tmp_path / "site" / "coremltools"
    package.mkdir(parents=True)
    for part in whole.iterdir():
        if part.suffix != ".so":
            (package / part.name).symlink_to(part)
    monkeypatch.setenv("PYTHONPATH", f"{package.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delitem(
        sys.modules, "coremltools", raising=False
    )  # another test's import would be found before the path
    return package


def test_what_is_installed_here_is_whole() -> None:
    check_native()


@pytest.mark.usefixtures("pure")
def test_export_and_opening_are_refused_at_once(tmp_path: Path) -> None:
    """Before anything slow: neither torch nor coremltools is imported."""
    watched = f"import atexit, sys; atexit.register(lambda: print(*sorted({{'torch', 'coremltools'}} & set(sys.modules)))); {EXPORT}"
    done = subprocess.run(
        [sys.executable, "-c", watched, "export", "seaformer-tiny", "--target", "coreml"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stdout.strip() == ""
    assert "Traceback" not in done.stderr
    assert "libmilstoragepython" in done.stderr
    assert "pure Python" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    with pytest.raises(EnvironmentLackError, match="native part") as caught:
        TARGETS["coreml"].require(TARGETS["coreml"].runtime_packages, "running .mlpackage files")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("name", MODULES)
def test_a_library_that_does_not_load_is_named(whole: Path, pure: Path, name: str) -> None:
    for module in MODULES:
        library = f"{module}.so"
        if module == name:
            (pure / library).write_bytes(b"of another machine")
        else:
            (pure / library).symlink_to(whole / library)
    with pytest.raises(EnvironmentLackError, match=f"{name} does not load"):
        check_native()


@pytest.mark.parametrize("name", MODULES)
def test_a_library_that_may_not_be_imported_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, f"coremltools.{name}", None)
    with pytest.raises(EnvironmentLackError, match=f"no {name} in the one that is installed"):
        check_native()


@pytest.mark.parametrize(
    ("system", "machine", "python", "wheel"),
    [
        ("linux", "x86_64", (3, 11), True),
        ("linux", "x86_64", (3, 13), True),
        ("darwin", "arm64", (3, 12), True),
        ("darwin", "x86_64", (3, 13), True),
        ("linux", "aarch64", (3, 12), False),
        ("linux", "x86_64", (3, 14), False),
        ("darwin", "arm64", (3, 14), False),
        ("win32", "AMD64", (3, 12), False),
    ],
)
def test_the_extra_says_the_same(system: str, machine: str, python: tuple[int, int], wheel: bool) -> None:
    assert has_wheel(system, machine, python) is wheel
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    (asked,) = [r for r in map(Requirement, project["optional-dependencies"]["coreml"]) if r.name == "coremltools"]
    assert asked.marker is not None
    here = {"sys_platform": system, "platform_machine": machine, "python_version": f"{python[0]}.{python[1]}"}
    assert asked.marker.evaluate(here) is wheel
