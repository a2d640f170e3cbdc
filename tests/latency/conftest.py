import pytest
from made_once import exported_once
from street_net import NAME

from mobileseg.export.artifact import Artifact

SIZE = (64, 96)


@pytest.fixture(scope="session")
def small_onnx(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "small-onnx", "onnx", NAME, size=SIZE)


@pytest.fixture(scope="session")
def small_pte(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "small-pte", "executorch", NAME, size=SIZE)


@pytest.fixture(scope="session")
def attentive_pte(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """With attention, and megabytes of weights."""
    return exported_once(tmp_path_factory, "attentive-pte", "executorch", size=SIZE)
