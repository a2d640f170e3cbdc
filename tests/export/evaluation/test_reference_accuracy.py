"""Accuracy of reference models, by a file's protocol and by their authors'."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobileseg
from mobileseg.data.class_lists import shipped
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import read_image
from mobileseg.data.split import open_one
from mobileseg.errors import DatasetError, RequestError, SizeError, UnknownNameError
from mobileseg.export.evaluation.reference_accuracy import Evaluation
from mobileseg.models.reference import reference_outputs
from mobileseg.training.evaluate import evaluate as evaluate_in_training

SIZE = (96, 128)


@pytest.fixture(scope="module")
def squashed() -> Evaluation:
    return mobileseg.evaluate("seaformer-tiny", "samples", size=SIZE)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six of the samples."""
    folder = tmp_path_factory.mktemp("few") / "streets"
    for kind, suffix in (("images", "jpg"), ("masks", "png")):
        (folder / kind).mkdir(parents=True)
        for number in range(20, 26):
            name = f"{number:04d}.{suffix}"
            (folder / kind / name).write_bytes((samples_folder() / kind / name).read_bytes())
    (folder / "classes.json").write_text((samples_folder() / "classes.json").read_text())
    return folder


def test_the_figure_is_that_of_training(squashed: Evaluation) -> None:
    model = mobileseg.create_model("seaformer-tiny", weights="street")
    data = open_one(samples_folder(), None)
    wanted = evaluate_in_training(lambda batch: reference_outputs(model, batch), False, data, SIZE)
    assert squashed.accuracy is not None
    assert math.isclose(squashed.accuracy.miou, wanted.classes.miou, rel_tol=1e-9)
    assert squashed.accuracy.interval[0] < squashed.accuracy.miou < squashed.accuracy.interval[1]
    assert (squashed.images, squashed.distinct_images, squashed.groups) == (32, 32, None)
    assert squashed.weights == "street-v1" and len(squashed.weights_sha256 or "") == 64
    assert squashed.protocol.name == "deploy" and squashed.protocol.size == SIZE
    (chance,) = squashed.chance
    assert chance.metric == "mIoU" and 0 < chance.guess < squashed.accuracy.miou
    assert [figure.value for figure in squashed.published] == [35.0, 36.5]


def test_in_the_inputs_proportions_all_ways_to_resize_are_one(few: Path) -> None:
    found = [mobileseg.evaluate("seaformer-tiny", few, size=SIZE, resize=mode) for mode in ("letterbox", "crop")]
    wanted = mobileseg.evaluate("seaformer-tiny", few, size=SIZE)
    assert all(one.accuracy == wanted.accuracy for one in found)
    assert len({one.protocol.description for one in (*found, wanted)}) == 3


def test_a_crop_sees_and_is_judged_on_the_middle_alone(few: Path, tmp_path: Path) -> None:
    """Pictures with noise on both sides, whose labels are wrong, score as those without."""
    draw = np.random.default_rng(0)
    (tmp_path / "classes.json").write_text((few / "classes.json").read_text())
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for path in (few / kind).iterdir():
            inner = np.asarray(Image.open(path)) if kind == "masks" else read_image(path)
            sides = draw.integers(0, 11 if kind == "masks" else 256, (2, inner.shape[0], 100, *inner.shape[2:]))
            wide = np.concatenate([sides[0], inner, sides[1]], axis=1).astype(np.uint8)
            Image.fromarray(wide).save(tmp_path / kind / f"{path.stem}.png")
    wanted = mobileseg.evaluate("seaformer-tiny", few, size=SIZE)
    assert mobileseg.evaluate("seaformer-tiny", tmp_path, size=SIZE, resize="crop").accuracy == wanted.accuracy
    squashed = mobileseg.evaluate("seaformer-tiny", tmp_path, size=SIZE).accuracy
    assert squashed is not None and wanted.accuracy is not None and squashed.miou < wanted.accuracy.miou


def test_an_authors_protocol_by_name(few: Path, tmp_path: Path) -> None:
    found = mobileseg.evaluate("seaformer-tiny", few, protocol="cityscapes-half", output=tmp_path / "e.json")
    assert found.protocol.name == "cityscapes-half" and found.protocol.size is None
    assert found.accuracy is not None and 0.1 < found.accuracy.miou < 0.9
    assert Evaluation.model_validate_json((tmp_path / "e.json").read_text()) == found
    assert json.loads((tmp_path / "e.json").read_text())["protocol"]["source"].startswith("fudan-zvg")


def test_the_authors_protocol_follows_from_the_classes(few: Path, tmp_path: Path) -> None:
    names = shipped("ade20k").names
    for kind in ("images", "masks"):
        (tmp_path / kind).symlink_to(few / kind)
    (tmp_path / "classes.json").write_text(json.dumps({"names": names, "ignore_index": 255}))
    found = mobileseg.evaluate("seaformer-tiny", tmp_path, weights="random", protocol="authors")
    assert found.protocol.name == "ade20k" and found.note is not None and "RANDOM" in found.note
    assert found.weights_sha256 is None
    with pytest.raises(RequestError, match="whose authors say how they evaluate it"):
        mobileseg.evaluate("sasa-resnet26-seg", tmp_path, weights="random", protocol="authors")


def test_panoptic_quality(tmp_path: Path) -> None:
    folder = tmp_path / "streets"
    for kind in ("images", "masks", "instances"):
        (folder / kind).mkdir(parents=True)
        suffix = "jpg" if kind == "images" else "png"
        for number in range(16, 18):
            source = samples_folder() / kind / f"{number:04d}.{suffix}"
            (folder / kind / source.name).write_bytes(source.read_bytes())
    content = json.loads((samples_folder() / "classes.json").read_text())
    names = [*content["names"], *(f"none {number}" for number in range(19 - len(content["names"])))]
    content |= {"names": names, "palette": shipped("cityscapes").palette}
    (folder / "classes.json").write_text(json.dumps(content))
    found = mobileseg.evaluate("axial-deeplab-xs", folder, weights="random", size=(129, 161), resize="letterbox")
    assert found.accuracy is not None and found.accuracy.panoptic is not None and found.panoptic is not None
    assert {chance.metric for chance in found.chance} == {"mIoU", "PQ"}


@pytest.mark.parametrize(
    ("model", "options", "error", "match"),
    [
        ("seaformer-tiny", {"protocol": "author"}, UnknownNameError, "did you mean authors"),
        ("seaformer-tiny", {"protocol": "imagenet"}, RequestError, "a protocol for segmentation"),
        ("seaformer-tiny", {"protocol": "authors"}, RequestError, "ade20k or cityscapes"),
        ("seaformer-tiny", {"protocol": "ade20k", "size": (64, 64)}, RequestError, "--size with --protocol deploy"),
        ("seaformer-tiny", {"protocol": "ade20k", "resize": "crop"}, RequestError, "--resize with --protocol deploy"),
        ("seaformer-tiny", {"resize": "stretch"}, RequestError, "squash, letterbox, crop"),
        ("seaformer-tiny", {"size": (33, 64)}, SizeError, "32 or 64"),
        ("seaformer-tiny", {"top_k": 3}, RequestError, "a panoptic model"),
        ("seaformer-tiny", {"split": "exam"}, DatasetError, "a split"),
        ("seaformer-tiny-cls", {"groups": "(.)"}, RequestError, "a classifier"),
        ("seaformer-tinny", {}, UnknownNameError, "seaformer-tiny"),
    ],
)
def test_refusals(few: Path, model: str, options: dict[str, object], error: type[Exception], match: str) -> None:
    weights = "random" if model == "seaformer-tiny-cls" else None
    with pytest.raises(error, match=match):
        mobileseg.evaluate(model, few, weights=weights, **options)  # type: ignore[arg-type]
