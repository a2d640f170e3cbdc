"""``doctor`` as a user calls it, with everything installed and with the base dependencies alone."""

import json
from pathlib import Path

import pytest
from commands import Run

# What a machine without any extra looks like: their packages are neither found nor have versions.
HIDDEN = """
import importlib.abc, importlib.metadata as metadata, sys
NAMES = {'torch', 'torchvision', 'torchao', 'executorch', 'onnx', 'onnxscript', 'onnxsim', 'onnxruntime', 'coremltools',
         'adbutils', 'matplotlib', 'tensorflow', 'jinja2', 'cv2', 'pyarrow', 'dask', 'distributed', 'psutil', 'duckdb'}
DISTRIBUTIONS = NAMES | {'tensorflow-cpu', 'tensorflow_cpu', 'opencv-python-headless'}
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in NAMES:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Blocker())
version, find = metadata.version, None
def hidden(name):
    if name in DISTRIBUTIONS:
        raise metadata.PackageNotFoundError(name)
    return version(name)
metadata.version = hidden
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.partition('.')[0] in NAMES else find(name, package)
"""


@pytest.fixture
def without_extras(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(HIDDEN)
    return {"PYTHONPATH": str(tmp_path / "site")}


def test_without_extras_each_has_its_install_line(mobileseg: Run, without_extras: dict[str, str]) -> None:
    done = mobileseg("doctor", "--json", "-", **without_extras)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    checks = {(check["group"], check["name"]): check for check in found["checks"]}
    assert found["good"]
    assert checks["base", "python"]["state"] == checks["base", "dependencies"]["state"] == "ok"
    extras = [name for group, name in checks if group == "extra"]
    assert {"torch", "executorch", "onnx", "coreml", "adb", "train", "report", "opencv"} <= set(extras)
    for name in extras:
        assert checks["extra", name]["state"] == "missing", name
        assert checks["extra", name]["fix"] == f"pip install 'mobileseg[{name}]'"
    assert {check["state"] for (group, _), check in checks.items() if group == "runtime"} == {"missing"}
    assert checks["device", "adb"]["fix"] == "pip install 'mobileseg[adb]'"
    assert "mobileseg[onnx]" in done.stderr  # for people, where JSON has standard output


@pytest.mark.parametrize("words", [("list",), ("info", "seaformer-tiny"), ("devices",)])
def test_other_verbs_without_extras(mobileseg: Run, without_extras: dict[str, str], words: tuple[str, ...]) -> None:
    done = mobileseg(*words, **without_extras)
    assert done.returncode == 0, done.stderr


def test_a_verb_that_needs_an_extra_names_it(mobileseg: Run, without_extras: dict[str, str]) -> None:
    for words, line in (
        (("export", "seaformer-tiny", "--target", "onnx"), "pip install 'mobileseg[onnx]'"),
        (("finetune", "seaformer-tiny", "--data", "nowhere"), "pip install 'mobileseg[train]'"),
        (("sensitivity", "seaformer-tiny"), "pip install 'mobileseg[executorch]'"),
        (("predict", "seaformer-tiny", "samples"), "pip install 'mobileseg[torch]'"),
    ):
        done = mobileseg(*words, **without_extras)
        assert done.returncode == 3, (words, done.stderr)
        assert line in done.stderr
        assert "Traceback" not in done.stderr


def test_versions_outside_of_what_was_tested_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    from mobileseg.health import packages

    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.0.0" if name == "adbutils" else real(name))
    found = {check.name: check for check in packages.extras()}
    assert found["adb"].state == "other version"
    assert found["adb"].detail == "adbutils 1.0.0, tested with ==2.12.*"


def test_a_runtime_that_does_not_load_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    from mobileseg.health import runtimes

    broken = (
        runtimes.Runtime("Torn", "json", "raise ImportError('libtorn.so.1: cannot open shared object file')", "onnx"),
        runtimes.Runtime("Crashing", "json", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "onnx"),
        runtimes.Runtime("Absent", "no_such_package_anywhere", "", "onnx"),
    )
    monkeypatch.setattr(runtimes, "RUNTIMES", broken)
    torn, crashing, absent = runtimes.runtimes()
    assert torn.state == "broken" and "libtorn.so.1: cannot open" in torn.detail
    assert crashing.state == "broken" and "status -11" in crashing.detail
    assert absent.state == "missing" and absent.fix == "pip install 'mobileseg[onnx]'"


def test_a_check_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    from mobileseg.health import examination, machine, runtimes

    def torn() -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(machine, "disk", torn)
    monkeypatch.setattr(runtimes, "RUNTIMES", ())
    found = examination.examine()
    assert found.good
    assert found.checks[-1].state == "broken" and "the disk is gone" in found.checks[-1].detail
