from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mobileseg.errors import DatasetError, OutputError, RequestError, SizeError
from mobileseg.models.registry import MODELS
from mobileseg.training.recipe import Recipe
from mobileseg.training.request import TrainingRequest


@pytest.fixture(scope="module")
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


def ask(data: Path, output: Path, model: str = "seaformer-tiny", **recipe: Any) -> TrainingRequest:
    return TrainingRequest.of(MODELS[model], data, output, recipe=recipe)


def test_refusals_come_before_the_data_is_read(tmp_path: Path) -> None:
    nowhere, output = tmp_path / "nowhere", tmp_path / "w.safetensors"
    with pytest.raises(RequestError, match="a classifier"):
        ask(nowhere, output, "seaformer-tiny-cls")
    with pytest.raises(RequestError, match=r"--rate: .*greater than 0.*found -1"):
        ask(nowhere, output, rate=-1.0)
    with pytest.raises(SizeError, match="take 96 or 128"):
        ask(nowhere, output, crop=(100, 128))
    with pytest.raises(RequestError, match=r"w\.pth\.safetensors"):
        ask(nowhere, tmp_path / "w.pth")
    (tmp_path / "w.json").write_text("{}")
    with pytest.raises(OutputError, match=r"w\.json exists"):
        ask(nowhere, output)
    with pytest.raises(DatasetError, match="no folder at"):
        ask(nowhere, tmp_path / "v.safetensors")


def test_refuses_fewer_images_than_a_batch(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"at least 16 training images.*found 8"):
        ask(data, tmp_path / "w.safetensors", batch=16, size=(64, 64), crop=(64, 64))


def test_the_schedule_rises_and_falls_to_nothing() -> None:
    recipe = Recipe(epochs=10, warmup=2, rate=0.1, power=1.0)
    rates = [recipe.rate_at(step, 5) for step in range(50)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert max(rates) <= 0.1
    assert rates[-1] == pytest.approx(0.1 * (1 - 49 / 50))
