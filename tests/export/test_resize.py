"""What becomes of a picture is chosen at export, and done alike by everything that runs the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_once import exported_once
from PIL import Image
from street_net import NAME

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.data.fit import Fit
from mobileseg.data.images import read_image, to_batch
from mobileseg.errors import RequestError
from mobileseg.export import compare, export_model, open_artifact, plan_export
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.compared import Comparison
from mobileseg.latency.measuring.picture import write_input
from mobileseg.latency.measuring.stages import preprocess

SIZE = (96, 64)  # upright: the samples are not
MEAN = (123.675, 116.28, 103.53)
CLASSES = samples_folder() / "classes.json"


@pytest.fixture(scope="module")
def boxed(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "boxed", "onnx", NAME, classes=CLASSES, size=SIZE, resize="letterbox")


@pytest.fixture(scope="module")
def cropped(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "cropped", "onnx", NAME, classes=CLASSES, size=SIZE, resize="crop")


@pytest.mark.slow
def test_the_manifest_says_it(boxed: Artifact, cropped: Artifact) -> None:
    for artifact, mode, bars in ((boxed, "letterbox", MEAN), (cropped, "crop", None)):
        part = artifact.manifest.input.resize
        assert (part.mode, part.filter, part.antialias, part.bars) == (mode, "bilinear", True, bars)
        assert artifact.fit == Fit(SIZE, part.mode, MEAN)


@pytest.mark.slow
def test_a_manifest_of_an_older_version_means_squash(boxed: Artifact, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(boxed.path.read_bytes())
    manifest = json.loads(boxed.path.with_name(f"{boxed.path.name}.json").read_text())
    del manifest["input"]["resize"]
    (tmp_path / "a.onnx.json").write_text(json.dumps(manifest))
    assert open_artifact(tmp_path / "a.onnx").fit == Fit(SIZE, "squash", MEAN)


@pytest.mark.slow
def test_every_kind_of_picture_is_resized_alike(boxed: Artifact, tmp_path: Path) -> None:
    path = samples_folder() / "images" / "0020.jpg"
    pixels = read_image(path)
    batch = np.broadcast_to(np.array(MEAN, np.float32)[None, :, None, None], (1, 3, *SIZE)).copy()
    batch[:, :, 24:72] = to_batch(pixels, 48, 64)
    wanted = boxed.run(batch)
    for image in (path, Image.open(path), pixels):
        assert np.array_equal(boxed.run(image), wanted)
    written = np.fromfile(write_input(boxed, pixels, tmp_path / "input.bin"), "<f4")
    assert np.array_equal(written, batch.ravel())
    assert "384x512 uint8 letterboxed to 96x64" in preprocess(boxed, pixels).description


@pytest.mark.slow
def test_predictions_are_of_the_whole_picture(boxed: Artifact, cropped: Artifact) -> None:
    path = samples_folder() / "images" / "0020.jpg"
    (whole,) = mobileseg.predict(boxed, path).images
    assert whole.classes is not None and whole.classes.shape == (384, 512)
    place = boxed.fit.place((384, 512))
    assert np.array_equal(whole.classes, boxed.class_map(boxed.run(path), 384, 512, place))  # type: ignore[arg-type]
    found = mobileseg.predict(cropped, path)
    (part,) = found.images
    assert part.classes is not None and found.names[-1] == "void"
    seen = cropped.fit.place((384, 512)).seen
    assert seen == (0, 128, 384, 256)
    outside = np.ones((384, 512), bool)
    seen.of(outside)[:] = False
    assert (part.classes[outside] == 11).all() and (part.classes[~outside] < 11).all()
    assert part.shares["void"] == 0.5


@pytest.mark.slow
def test_a_comparison_and_an_evaluation_agree(boxed: Artifact, tmp_path: Path) -> None:
    found = compare(boxed, "samples", protocol="cityscapes-half", output=tmp_path / "c.json", worst=2)
    evaluated = mobileseg.evaluate(NAME, "samples", size=SIZE, resize="letterbox")
    assert found.float_ is not None and found.artifact is not None
    assert found.float_ == evaluated.accuracy and found.chance == evaluated.chance
    assert abs(found.artifact.miou - found.float_.miou) < 1e-3
    assert {gate.name for gate in found.gates if gate.verdict != "PASS"} <= {"mIoU above chance"}  # small pictures
    assert found.protocol is not None and found.protocol == evaluated.protocol and found.protocol.size == SIZE
    theirs = mobileseg.evaluate(NAME, "samples", protocol="cityscapes-half").accuracy
    assert found.authors is not None and theirs is not None and found.authors.accuracy == theirs
    assert found.authors.protocol.name == "cityscapes-half"
    (cost,) = found.authors.cost
    assert cost.metric == "mIoU" and np.isclose(cost.value, found.float_.miou - theirs.miou)
    assert cost.interval[0] <= cost.value <= cost.interval[1]
    assert found.worst is not None and len(found.worst.images) == 2
    assert Comparison.model_validate_json((tmp_path / "c.json").read_text()).authors == found.authors


@pytest.mark.slow
def test_what_a_crop_does_not_show_is_not_compared(cropped: Artifact) -> None:
    found = compare(cropped, "samples", sequence="samples")
    evaluated = mobileseg.evaluate(NAME, "samples", size=SIZE, resize="crop")
    assert found.float_ == evaluated.accuracy and found.chance == evaluated.chance and found.authors is None
    assert found.temporal is not None and 0.3 < found.temporal.followed < 0.6  # half of each frame is not seen
    assert found.temporal.float_.kept > 0.5
    assert found.shift is not None and found.shift.float_.kept > 0.5


def test_a_plan_says_it_too(tmp_path: Path) -> None:
    found = plan_export("seaformer-tiny", "onnx", size=SIZE, resize="crop", output=tmp_path / "a.onnx")
    assert found.resize == "crop"


def test_other_ways_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="squash, letterbox, crop"):
        export_model("seaformer-tiny", "onnx", resize="stretch", output=tmp_path / "a.onnx")
