import functools
import gc
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.onnx._internal._lazy_import import onnxscript_apis

from mobileseg.export.quantization import calibration

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the commands that tests start
HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "helpers"), str(HERE.parent / "tools")]  # folders that are no packages
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(HERE / "helpers"), os.environ.get("PYTHONPATH")))
)  # theirs, too

from browsing import browser  # noqa: E402, F401  # a fixture: one browser for all, since a process drives only one

torch.set_num_threads(1)  # two workers on two cores: more threads than that only wait for each other
# Exporters make millions of objects that are no garbage, and each full collection looks at all of them: a tenth of the tests' time.
# They are done between tests instead; what is alive between files, imported modules above all, is not looked at again.
gc.set_threshold(20_000, 20, 1_000)
COLLECT_EVERY_S = 5.0  # of this process's time
collected = 0.0
# Hundreds of files are exported here. Each is verified on eight pictures instead of 32; what commands export in processes of their own
# is verified on all. And torch has onnxscript read the source of its operators again for every ONNX file: a second of each.
calibration.MOST_VERIFIED = 8
onnxscript_apis.get_torchlib_ops = functools.cache(import_module(onnxscript_apis._name).get_torchlib_ops)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file is one worker's, so that what its fixtures export is made once; a test marked ``alone`` is any worker's."""
    for item in items:
        if item.get_closest_marker("alone") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.hookimpl(tryfirst=True)  # before fixtures
def pytest_runtest_setup() -> None:
    """What is drawn at random is the same in every run: a test that fails does so again."""
    torch.manual_seed(0)


@pytest.hookimpl(trylast=True)  # after the fixtures of the file
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    global collected  # noqa: PLW0603  # hooks have no other place
    if time.process_time() > collected + COLLECT_EVERY_S:
        gc.collect()
        if nextitem is not None and nextitem.path != item.path:
            gc.freeze()
        collected = time.process_time()


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of benchmarks/, which is no package: the folder is on the path for one test."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))
    return import_module
