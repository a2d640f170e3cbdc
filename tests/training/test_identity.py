"""What a resumed run must have in common with the interrupted one."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mobileseg.errors import RequestError
from mobileseg.models.registry import MODELS
from mobileseg.training.config import TrainingConfig
from mobileseg.training.identity import check_same
from mobileseg.training.request import TrainingRequest

STATE = Path("w.state")
CONFIG: dict[str, Any] = {"batch_size": 4, "size": (64, 96), "crop": (64, 64)}
BASE: dict[str, Any] = {
    "model": "seaformer-tiny",
    "config": TrainingConfig.of(CONFIG).model_dump(mode="json"),
    "classes": {"names": ["ground", "sky", "disc"], "ignore_index": 255, "reduce_zero_label": False, "label_map": {}},
    "training data": {"images": 8, "sha256": "a"},
    "validation data": {"images": 3, "sha256": "b"},
    "initial weights": {"name": "start.pth", "sha256": "c"},
    "calibration": None,
    "torch": "2.15.0",
}


@pytest.mark.parametrize(
    ("key", "change", "said"),
    [("model", "van-b0-fpn", "the model of the interrupted run in w.state; found van-b0-fpn, before seaformer-tiny"),
     ("config", {"lr": 0.001}, "the config .*found --lr 0.001, before 0.002;"),
     ("config", {"epochs": 5, "crop": [64, 96], "scale": [0.5, 2.0]},
      "--epochs 5, before 100; --crop 64x96, before 64x64; --scale 0.5 2.0, before 0.5 1.5;"),
     ("config", {"amp": True}, "--amp True, before none"),
     ("classes", {"names": ["sky", "ground", "disc"]}, "the same names in another order: sky, ground, disc; before ground, sky, disc"),
     ("classes", {"names": ["ground", "sky"]}, "the classes .*found 2 classes, before 3"),
     ("classes", {"names": ["ground", "sky", "ball"]}, "'ball' for 'disc'"),
     ("classes", {"ignore_index": None}, "ignore_index none, before 255"),
     ("classes", {"label_map": {"0": 1}}, "label_map {'0': 1}, before {}"),
     ("training data", {"images": 9}, "the training data .*found 9 images, before 8"),
     ("training data", {"sha256": "x"}, "the training data .*found 8 images, some with other contents or names"),
     ("validation data", {"sha256": "x"}, "the validation data .*found 3 images, some with other"),
     ("initial weights", "random", "the initial weights .*found random, before start.pth"),
     ("initial weights", {"sha256": "x"}, "found another file of the name start.pth"),
     ("calibration", "d", "the calibration .*found other images"),
     ("torch", "2.16.0", "the torch .*found 2.16.0, before 2.15.0")],
)  # fmt: skip
def test_each_difference_has_its_message(key: str, change: Any, said: str) -> None:
    changed = copy.deepcopy(BASE)
    changed[key] = {**changed[key], **change} if isinstance(change, dict) else change
    with pytest.raises(RequestError, match=rf"{said}.*choose another --output, or remove w\.state"):
        check_same(BASE, changed, STATE)
    check_same(BASE, copy.deepcopy(BASE), STATE)


@pytest.fixture
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


def identity(data: Path, output: Path, **config: Any) -> dict[str, Any]:
    return TrainingRequest.of(MODELS["seaformer-tiny"], data, output, config={**CONFIG, **config}).identity()


@pytest.mark.parametrize(("split", "key"), [("train", "training data"), ("val", "validation data"), ("test", None)])
@pytest.mark.parametrize("kind", ["images", "masks"])
def test_images_and_labels_of_training_and_validation_count(
    data: Path, tmp_path: Path, split: str, key: str | None, kind: str
) -> None:
    before = identity(data, tmp_path / "w.safetensors")
    file = next(iter(sorted((data / split / kind).iterdir())))
    picture = Image.open(file).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture.save(file)
    after = identity(data, tmp_path / "w.safetensors")
    assert [name for name in before if before[name] != after[name]] == ([] if key is None else [key])


@pytest.mark.parametrize(
    ("fields", "same"),
    [({"palette": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}, True), ({"source": "elsewhere"}, True), ({"things": ["disc"]}, True),
     ({"ignore_index": 254}, False), ({"names": ["ground", "sky", "ball"]}, False),
     ({"label_map": {"0": 1, "1": 0, "2": 2, "255": "ignore"}}, False)],
)  # fmt: skip
def test_of_the_classes_the_meaning_of_labels_counts(
    data: Path, tmp_path: Path, fields: dict[str, Any], same: bool
) -> None:
    before = identity(data, tmp_path / "w.safetensors")
    content = json.loads((data / "classes.json").read_text())
    (data / "classes.json").write_text(json.dumps({**content, **fields}))
    assert (identity(data, tmp_path / "w.safetensors") == before) is same
