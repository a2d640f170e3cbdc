"""Core ML predicts on macOS alone: here its Python interface is stood in for, with a real description of inputs and outputs."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mobileseg.errors import ArtifactError, RequestError
from mobileseg.export.backends.coreml.interpreter.package import schema
from mobileseg.export.backends.coreml.runtime import CoremlRuntime

BATCH = np.zeros((1, 3, 4, 4), np.float32)


class Predicting:
    """What ``coremltools.models.MLModel`` offers: outputs come back by name, in any order."""

    def __init__(self, path: str) -> None:
        if not path.endswith(".mlpackage"):
            raise RuntimeError("no such model")

    def get_spec(self) -> Any:
        spec = schema("Model_pb2").Model()
        spec.description.input.add(name="image")
        for name in ("semantic", "center", "offset"):
            spec.description.output.add(name=name)
        return spec

    def predict(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["image"].shape != BATCH.shape:
            raise RuntimeError("wrong shape")
        return {"offset": np.ones(2), "semantic": np.ones(3), "center": np.ones(1)}


@pytest.fixture(autouse=True)
def core_ml(monkeypatch: pytest.MonkeyPatch) -> None:
    schema("Model_pb2")  # found in the real package, while that is in its place
    monkeypatch.setitem(sys.modules, "coremltools", SimpleNamespace(models=SimpleNamespace(MLModel=Predicting)))


def test_outputs_come_in_the_files_order() -> None:
    found = CoremlRuntime(Path("a.mlpackage")).run(BATCH)
    assert [output.size for output in found] == [3, 1, 2]


def test_an_error_of_core_ml_is_an_artifact_error() -> None:
    with pytest.raises(ArtifactError, match="no such model"):
        CoremlRuntime(Path("a.txt"))
    with pytest.raises(ArtifactError, match="wrong shape"):
        CoremlRuntime(Path("a.mlpackage")).run(BATCH[:, :, :2])


def test_a_number_of_threads_is_refused() -> None:
    with pytest.raises(RequestError, match="Core ML, which chooses it"):
        CoremlRuntime(Path("a.mlpackage"), threads=2)
