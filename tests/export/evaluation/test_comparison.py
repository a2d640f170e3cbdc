"""Verdicts of real files on real pictures: what passes, what fails, and what says too little."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labelled_streets import SIZE, make_streets
from made_once import exported_once
from numpy.typing import NDArray
from PIL import Image
from street_net import NAME

from mobileseg.errors import DatasetError, GateError, NotMeasuredError, RequestError
from mobileseg.export import compare
from mobileseg.export.artifact import Artifact
from mobileseg.export.backends.onnx.runtime import OnnxRuntime
from mobileseg.export.evaluation.compared import Comparison
from mobileseg.export.evaluation.evidence import FEWEST_IMAGES
from mobileseg.postprocess.class_map import Outputs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_streets(tmp_path_factory.mktemp("streets") / "streets", 40)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Artifact]:
    """Logits of float32 and int8, and a mask; and of random weights."""
    options: dict[str, dict[str, Any]] = {
        "float32": {},
        "int8": {"precision": "int8"},
        "mask": {"emit": "mask"},
        "random": {"model": "seaformer-tiny", "weights": "random", "num_classes": 11},
    }
    return {
        name: exported_once(tmp_path_factory, f"street-{name}-onnx", "onnx", **{"model": NAME, "size": SIZE, **row})
        for name, row in options.items()
    }


def verdicts(found: Comparison) -> dict[str, str]:
    return {gate.name: gate.verdict for gate in found.gates}


def copied(streets: Path, folder: Path, count: int) -> Path:
    """The first ``count`` images."""
    shutil.copytree(streets, folder)
    for kind in ("images", "masks"):
        for path in sorted((folder / kind).iterdir())[count:]:
            path.unlink()
    return folder


@pytest.mark.parametrize("name", ["float32", "mask"])
def test_an_equal_file_passes_on_enough_images(files: dict[str, Artifact], streets: Path, name: str) -> None:
    found = compare(files[name], streets)
    assert set(verdicts(found).values()) == {"PASS"}, verdicts(found)
    assert found.verdict == "PASS"
    found.check()
    assert (found.images, found.distinct_images, found.groups) == (40, 40, None)
    (chance,) = found.chance
    assert chance.metric == "mIoU"
    assert chance.guess < 0.5 < chance.interval[0]
    assert (
        Comparison.model_validate_json(found.to_json()).to_json() == found.to_json()
    )  # a class that does not occur has NaN


def test_a_mask_passes_without_labels_too(files: dict[str, Artifact], streets: Path) -> None:
    found = compare(files["mask"], streets / "images", labels=False)
    assert found.verdict == "PASS", verdicts(found)
    assert (found.sqnr_db, found.float_) == (None, None)


def test_an_int8_file_is_decided_by_its_accuracy(files: dict[str, Artifact], streets: Path) -> None:
    """Labels that are the reference model's own leave no room: every pixel that int8 changes is lost."""
    found = compare(files["int8"], streets)
    said = verdicts(found)
    assert (said["float parity"], said["images"], said["mIoU above chance"]) == ("PASS",) * 3
    assert {said["mIoU drop"], said["mIoU kept"]} <= {"PASS", "FAIL"}
    assert found.verdict == "FAIL"
    with pytest.raises(GateError, match="mIoU drop") as caught:
        found.check()
    assert caught.value.exit_code == 1
    without = compare(files["int8"], streets / "images", labels=False)
    assert without.verdict == "UNKNOWN"
    with pytest.raises(NotMeasuredError, match="give labelled images") as unknown:
        without.check()
    assert unknown.value.exit_code == 4


@pytest.mark.parametrize(("name", "labels"), [("float32", True), ("mask", False), ("int8", True), ("int8", False)])
def test_a_few_images_are_no_proof(
    files: dict[str, Artifact], streets: Path, tmp_path: Path, name: str, labels: bool
) -> None:
    for count in (1, FEWEST_IMAGES - 1) if labels else (FEWEST_IMAGES - 1,):
        found = compare(files[name], copied(streets, tmp_path / str(count), count), labels=labels)
        assert found.verdict == "UNKNOWN", verdicts(found)
        assert verdicts(found)["images"] == "UNKNOWN"
        with pytest.raises(NotMeasuredError, match=f"at least {FEWEST_IMAGES} different images"):
            found.check()


def test_copies_and_images_without_labels_do_not_count(
    files: dict[str, Artifact], streets: Path, tmp_path: Path
) -> None:
    few = copied(streets, tmp_path / "few", 3)
    for kind in ("images", "masks"):
        for path in sorted((few / kind).iterdir()):
            for number in range(20):
                shutil.copy(path, path.with_name(f"{path.stem}-{number}.png"))
    found = compare(files["float32"], few)
    assert (found.images, found.distinct_images, found.verdict) == (63, 3, "UNKNOWN")
    void = copied(streets, tmp_path / "void", 40)
    for path in sorted((void / "masks").iterdir())[:11]:
        Image.fromarray(np.full((96, 144), 255, np.uint8)).save(path)
    found = compare(files["float32"], void)
    assert (found.images, found.distinct_images, found.verdict) == (40, 29, "UNKNOWN")


@pytest.mark.parametrize("labels", [True, False])
def test_a_network_that_knows_nothing_is_no_proof(files: dict[str, Artifact], streets: Path, labels: bool) -> None:
    found = compare(files["random"], streets, labels=labels)
    assert found.verdict == "UNKNOWN", verdicts(found)
    assert [verdicts(found).get(name) for name in ("agreement", "trained")] == ["PASS", "UNKNOWN"]
    assert verdicts(found).get("mIoU above chance") == ("UNKNOWN" if labels else None)
    with pytest.raises(NotMeasuredError, match="trained weights"):
        found.check()


def test_labels_that_the_network_does_not_know_are_no_proof(
    files: dict[str, Artifact], streets: Path, tmp_path: Path
) -> None:
    """A file and its reference model agree on anything; good weights on the wrong labels say nothing about a loss."""
    data = copied(streets, tmp_path / "shuffled", 40)
    masks = sorted((data / "masks").iterdir())
    contents = [path.read_bytes() for path in masks]
    for path, content in zip(masks, contents[7:] + contents[:7], strict=True):
        path.write_bytes(content)
    for name in ("float32", "int8"):
        found = compare(files[name], data)
        assert (found.verdict, verdicts(found)["mIoU above chance"]) == ("UNKNOWN", "UNKNOWN"), found.chance


def test_one_map_for_all_images_is_no_proof(files: dict[str, Artifact], streets: Path, tmp_path: Path) -> None:
    """Grey pictures that differ in one pixel: the classes agree, for there is nothing to see."""
    folder = tmp_path / "grey"
    folder.mkdir()
    for number in range(40):
        picture = Image.new("RGB", (96, 64), (100, 101, 102))
        picture.putpixel((number, 0), (110, 101, 102))
        picture.save(folder / f"{number}.png")
    found = compare(files["float32"], folder, labels=False)
    assert found.distinct_images == 40
    assert verdicts(found)["agreement"] == "PASS"
    constant = next(gate for gate in found.gates if gate.name == "variety")
    assert (found.verdict, constant.verdict) == ("UNKNOWN", "UNKNOWN"), constant


def test_groups_widen_the_interval_and_must_be_enough(files: dict[str, Artifact], streets: Path) -> None:
    alone = compare(files["int8"], streets)
    grouped = compare(files["int8"], streets, groups=r"street-00(\d)")  # four groups of ten
    assert (alone.groups, grouped.groups) == (None, 4)
    assert alone.gains[0].value == grouped.gains[0].value
    assert alone.gains[0].interval != grouped.gains[0].interval
    said = verdicts(grouped)
    assert (said["groups"], said["mIoU drop"], grouped.verdict) == ("UNKNOWN",) * 3
    assert compare(files["float32"], streets, groups=r"street-00(\d\d)").verdict == "PASS"
    with pytest.raises(DatasetError, match="a group for every image"):
        compare(files["float32"], streets, groups="^(film)")
    with pytest.raises(RequestError, match="--groups"):
        compare(files["float32"], streets, labels=False, groups="(.)")


def test_groups_of_classes_json(files: dict[str, Artifact], streets: Path, tmp_path: Path) -> None:
    data = copied(streets, tmp_path / "data", 40)
    content = json.loads((data / "classes.json").read_text())
    names = [path.stem for path in sorted((data / "images").iterdir())]
    listed = {f"film {i}": names[i::10] for i in range(10)}
    (data / "classes.json").write_text(json.dumps({**content, "groups": listed}))
    found = compare(files["float32"], data)
    assert (found.groups, found.verdict) == (10, "PASS")


class Spoiled(OnnxRuntime):
    """The file's own runtime, with one number of one output replaced in the ``late``-th run."""

    late, number, runs = 5, np.nan, 0

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        outputs = tuple(np.array(out) for out in super().run(batch))
        self.runs += 1
        if self.runs == self.late:
            outputs[0].reshape(-1)[7] = self.number
        return outputs


@pytest.mark.parametrize(
    ("name", "number"), [("float32", np.nan), ("float32", np.inf), ("int8", -np.inf), ("mask", -5), ("mask", 11)]
)
@pytest.mark.parametrize("labels", [True, False])
def test_what_is_no_number_fails(
    files: dict[str, Artifact], streets: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: float, labels: bool
) -> None:
    monkeypatch.setattr(Spoiled, "number", number)
    monkeypatch.setattr(Artifact, "load", lambda self, threads=None: Spoiled(self.path))
    found = compare(files[name], streets, labels=labels)
    assert (found.verdict, found.float_, found.agreement) == ("FAIL", None, None)
    assert [gate.verdict for gate in found.gates] == ["FAIL"]
    assert "street-0004.png" in found.gates[0].found
    with pytest.raises(GateError):
        found.check()


@pytest.mark.parametrize("where", ["reference_outputs", "run_module"])
def test_what_is_no_number_fails_in_the_other_models_too(
    files: dict[str, Artifact], streets: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from mobileseg.export.evaluation import side_by_side

    run: Callable[..., Outputs] = getattr(side_by_side, where)
    monkeypatch.setattr(side_by_side, where, lambda *given: tuple(out * np.nan for out in run(*given)))
    found = compare(files["float32"], streets)
    assert found.verdict == "FAIL"
    assert ("the reference model" if where == "reference_outputs" else "deploy model") in found.gates[0].expected
