from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import mobileseg

Tensors = dict[str, Tensor]
Save = Callable[..., Path]


def _state(name: str, classes: int, seed: int) -> Tensors:
    return dict(mobileseg.create_model(name, num_classes=classes, seed=seed).state_dict())


@pytest.fixture(scope="session")
def tiny() -> Tensors:
    """The state_dict of a seaformer-tiny with 5 classes. Read-only: it is shared."""
    return _state("seaformer-tiny", 5, 1)


@pytest.fixture(scope="session")
def tiny_ema() -> Tensors:
    return _state("seaformer-tiny", 5, 2)


@pytest.fixture(scope="session")
def tiny_cls() -> Tensors:
    """The state_dict of a seaformer-tiny-cls with 7 classes."""
    return _state("seaformer-tiny-cls", 7, 3)


@pytest.fixture(scope="session")
def small() -> Tensors:
    """The state_dict of a seaformer-small with 150 classes."""
    return _state("seaformer-small", 150, 4)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """``save(content, name="weights.pth")``: by torch.save, or for mappings with a name in .safetensors as that."""

    def to(content: Any, name: str = "weights.pth", **options: Any) -> Path:
        from safetensors.torch import save_file

        path = tmp_path / name
        if path.suffix == ".safetensors":
            save_file(content, path)
        else:
            torch.save(content, path, **options)
        return path

    return to


@pytest.fixture(scope="session")
def output_of() -> Callable[[nn.Module], Tensor]:
    image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    def run(model: nn.Module) -> Tensor:
        with torch.no_grad():
            return model(image)

    return run
