from pathlib import Path

import pytest

from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact

SIZE = (64, 96)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("latency")


@pytest.fixture(scope="session")
def small_onnx(workshop: Path) -> Artifact:
    return export_model("seaformer-tiny", "onnx", size=SIZE, output=workshop / "small.onnx")


@pytest.fixture(scope="session")
def small_pte(workshop: Path) -> Artifact:
    return export_model("seaformer-tiny", "executorch", size=SIZE, output=workshop / "small.pte")
