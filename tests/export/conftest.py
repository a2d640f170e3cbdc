from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from made_once import exported_once, made_once
from reference_weights import fill

import mobileseg
from mobileseg.export import open_artifact
from mobileseg.export.artifact import Artifact

SIZE = (160, 224)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture(scope="session")
def tiny_pte(quick_start: Callable[[], Path]) -> Artifact:
    """What the quick start's command makes: seaformer-tiny in int8 at 128x160."""
    return open_artifact(quick_start() / "seaformer-tiny-int8.pte")


@pytest.fixture(scope="session")
def tiny_onnx(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "tiny-int8-onnx", "onnx", precision="int8", size=SIZE)


@pytest.fixture(scope="session")
def five_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of seaformer-tiny with five classes, whose numbers are not trivial."""

    def save(folder: Path) -> None:
        torch.save(
            fill(mobileseg.create_model("seaformer-tiny", num_classes=5), salt=2).state_dict(), folder / "five.pth"
        )

    return made_once(tmp_path_factory, "five-classes", save) / "five.pth"


@pytest.fixture(scope="session")
def five_onnx(tmp_path_factory: pytest.TempPathFactory, five_classes: Path) -> Artifact:
    options = {"precision": "float32", "size": (64, 96), "weights": str(five_classes)}
    return exported_once(tmp_path_factory, "five-onnx", "onnx", **options)
