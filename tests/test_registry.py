from __future__ import annotations

import math
import subprocess
import sys

import pytest

from mobileseg.errors import MissingExtraError, UnknownNameError
from mobileseg.models.registry import MODELS
from mobileseg.registry import choose, load, require

HEAVY = {"torch", "numpy", "PIL", "onnx", "onnxruntime", "executorch", "coremltools", "httpx", "numba"}


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("seaformer-tinny", "seaformer-tiny"),
        ("SeaFormer-Base", "seaformer-base"),
        ("seaformer_small", "seaformer-small"),
    ],
)
def test_choose_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        choose(MODELS, wrong, "model")
    assert repr(wrong) in caught.value.found
    assert caught.value.fix.startswith("did you mean ")
    assert near in caught.value.fix
    assert caught.value.exit_code == 2


def test_choose_lists_all_where_nothing_is_near() -> None:
    with pytest.raises(UnknownNameError, match="choose one of one, two") as caught:
        choose({"one": 1, "two": 2}, "zzzzzz", "device")
    assert "device" in caught.value.expected


def test_choose_gives_the_row() -> None:
    assert choose(MODELS, "seaformer-tiny-cls", "model") is MODELS["seaformer-tiny-cls"]


def test_load_imports_what_the_path_names() -> None:
    assert load("math:pi") == math.pi


def test_every_model_row_can_be_loaded() -> None:
    for spec in MODELS.values():
        assert callable(load(spec.build))
        assert callable(load(spec.deploy))


def test_require_names_the_missing_package_and_its_extra() -> None:
    with pytest.raises(MissingExtraError) as caught:
        require(("numpy", "no_such_package_anywhere"), "exporting to the moon", "moon")
    assert "no_such_package_anywhere for exporting to the moon" in caught.value.expected
    assert caught.value.fix == "pip install 'mobileseg[moon]'"
    assert caught.value.exit_code == 3


def test_require_imports_nothing() -> None:
    script = (
        "import sys; from mobileseg.registry import require; require(('torch', 'onnx'), 'x', 'y'); print(*sys.modules)"
    )
    assert not {"torch", "onnx"} & set(_run(script).split())


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("import mobileseg", ""),
        (["--help"], "compare"),
        (["list"], "seaformer-tiny"),
        (["info", "seaformer-base"], "ADE20K"),
    ],
    ids=["import", "help", "list", "info"],
)
def test_cheap_commands_import_nothing_heavy(script: str | list[str], output: str) -> None:
    if isinstance(script, list):
        script = f"from mobileseg.cli.app import app; app({script!r}, standalone_mode=False)"
    printed, _, modules = _run(f"{script}\nimport sys; print('MODULES', *sys.modules)").rpartition("MODULES")
    assert output in printed
    assert "mobileseg.models.registry" in modules.split()
    assert not HEAVY & set(modules.split())


def test_import_is_cheaper_still() -> None:
    # The commands cannot do without pydantic: typer converts their arguments with it.
    assert not {"pydantic", "typer", "rich"} & set(_run("import mobileseg, sys; print(*sys.modules)").split())


def _run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
