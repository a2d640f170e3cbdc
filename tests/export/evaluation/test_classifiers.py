"""Classifiers: top-1 and top-5 of a file beside its reference model, and names for what is in a picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_once import exported_once
from PIL import Image

import mobileseg
from mobileseg.errors import NotMeasuredError, RequestError
from mobileseg.export import compare
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.compared import Comparison

pytestmark = pytest.mark.slow
NAMES = ("apple", "bread", "cheese", "date", "egg", "fig")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("classes")
    (folder / "classes.json").write_text(json.dumps({"names": NAMES}))
    return exported_once(
        tmp_path_factory, "classifier", "onnx", model="seaformer-tiny-cls", size=(64, 64), weights="random",
        num_classes=len(NAMES), classes=folder / "classes.json",
    )  # fmt: skip


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, file: Artifact) -> Path:
    """Thirty-two pictures, each in the folder of the class that the file sees in it, but for two."""
    folder, draw = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(32):
        pixels = np.kron(draw.integers(0, 256, (4, 4, 3)), np.ones((20, 20, 1))).astype(np.uint8)
        order = np.argsort(-np.asarray(file.run(pixels))[0])
        (folder / NAMES[order[1 if number < 2 else 0]]).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / NAMES[order[1 if number < 2 else 0]] / f"{number:02d}.png")
    return folder


def test_both_models_are_ranked(file: Artifact, pictures: Path, tmp_path: Path) -> None:
    found = compare(file, pictures, output=tmp_path / "c.json")
    assert found.float_ is None and found.ranking is not None
    before, after = found.ranking.float_, found.ranking.artifact
    assert before == after and before.top1 == 30 / 32 and before.top5 == 1
    assert before.interval[0] < before.top1 <= before.interval[1]
    (gain,) = found.gains
    assert (gain.metric, gain.value) == ("top-1", 0)
    (chance,) = found.chance
    assert chance.metric == "top-1" and chance.guess < before.top1
    lacking = {gate.name for gate in found.gates if gate.verdict == "UNKNOWN" and not gate.optional}
    assert found.verdict == "UNKNOWN" and "trained" in lacking  # random weights prove nothing
    with pytest.raises(NotMeasuredError, match="weights that were trained"):
        found.check()
    assert Comparison.model_validate_json((tmp_path / "c.json").read_text()).ranking == found.ranking


def test_the_reference_model_by_a_crop(pictures: Path) -> None:
    found = mobileseg.evaluate(
        "seaformer-tiny-cls", pictures, weights="random", protocol="imagenet", classes=_list(pictures)
    )
    assert found.ranking is not None and found.accuracy is None
    assert found.protocol.name == "imagenet" and found.protocol.size == (224, 224)
    assert found.published[0].metric.startswith("ImageNet")


def _list(pictures: Path) -> Path:
    """A thousand names, with those of the folders."""
    path = pictures.parent / "thousand.json"
    path.write_text(json.dumps({"names": [*NAMES, *(f"class {i}" for i in range(1000 - len(NAMES)))]}))
    return path


def test_what_is_in_a_picture_is_named(file: Artifact, pictures: Path, tmp_path: Path) -> None:
    path = next(pictures.glob("*/05.png"))
    found = mobileseg.predict(file, path)
    assert found.classifier
    (one,) = found.images
    assert len(one.shares) == 5 and next(iter(one.shares)) == path.parent.name
    assert list(one.shares.values()) == sorted(one.shares.values(), reverse=True) and sum(one.shares.values()) <= 1
    assert one.classes is None and one.files == ()
    assert json.loads(found.to_json())["images"][0]["probabilities"] == one.shares
    with pytest.raises(RequestError, match="a classifier"):
        mobileseg.predict(file, path, output=tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"worst": 2, "output": "c.json"}, "--worst"),
        ({"groups": "(.)"}, "--groups"),
        ({"data_format": "voc"}, "--data-format"),
        ({"protocol": "authors"}, "imagenet"),
        ({"protocol": "ade20k"}, "a protocol for classification"),
    ],
)
def test_refusals(file: Artifact, pictures: Path, tmp_path: Path, options: dict[str, object], match: str) -> None:
    if "output" in options:
        options = options | {"output": tmp_path / "c.json"}
    with pytest.raises(RequestError, match=match):
        compare(file, pictures, **options)  # type: ignore[arg-type]
