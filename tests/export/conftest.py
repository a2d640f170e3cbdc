from pathlib import Path

import pytest
import torch
from reference_weights import fill

import mobileseg
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact

SIZE = (160, 224)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture(scope="session")
def tiny_pte(workshop: Path) -> Artifact:
    return export_model("seaformer-tiny", "executorch", precision="int8", size=SIZE, output=workshop / "tiny.pte")


@pytest.fixture(scope="session")
def tiny_onnx(workshop: Path) -> Artifact:
    return export_model("seaformer-tiny", "onnx", precision="int8", size=SIZE, output=workshop / "tiny.onnx")


@pytest.fixture(scope="session")
def five_classes(workshop: Path) -> Path:
    """A checkpoint of seaformer-tiny with five classes, whose numbers are not trivial."""
    path = workshop / "five.pth"
    torch.save(fill(mobileseg.create_model("seaformer-tiny", num_classes=5), salt=2).state_dict(), path)
    return path


@pytest.fixture(scope="session")
def five_onnx(workshop: Path, five_classes: Path) -> Artifact:
    options = {"precision": "float32", "size": (64, 96), "weights": str(five_classes)}
    return export_model("seaformer-tiny", "onnx", output=workshop / "five.onnx", **options)
