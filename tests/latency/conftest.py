import pytest
from made_once import exported_once

from mobileseg.export.artifact import Artifact

SIZE = (64, 96)


@pytest.fixture(scope="session")
def small_onnx(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "small-onnx", "onnx", size=SIZE)


@pytest.fixture(scope="session")
def small_pte(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "small-pte", "executorch", size=SIZE)
