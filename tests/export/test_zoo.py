"""The one tester that the exports of every kind of network must pass: the smallest model of each head, at a small size and with one
block a stage, for lowering takes its time by the operator.

``tools/matrix.py`` and ``benchmarks/zoo.py`` do the same at full depth and size.
"""

import shutil
from pathlib import Path

import pytest
import torch
from reference_weights import fill
from thorough import thorough_but
from zoo_cases import BY_HEAD, legal_sizes, one_block_a_stage, smallest

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact
from mobileseg.export.targets import TARGETS
from mobileseg.models.registry import MODELS

pytestmark = [pytest.mark.slow, pytest.mark.alone]
LEAST_SQNR_DB = 12.0  # of int8 against the reference model, with untrained weights


# What another test lowers, whole or in its parts.
ELSEWHERE = {
    "axial-deeplab-xs",  # test_axial_deeplab.py
    "axial-swidernet-1-1-1",  # the blocks and the head of axial-deeplab-xs
    "seaformer-tiny",  # most others here
    "seaformer-tiny-cls",  # the backbone of seaformer-tiny
    "sasa-resnet26-full",  # the blocks of sasa-resnet26-seg
    "topformer-tiny",  # test_topformer.py
    "van-b0",  # the backbone of van-b0-light
}
QUICK = [name for name in BY_HEAD if name not in ELSEWHERE]
FAMILIES = sorted({MODELS[name].family for name in QUICK})
BY_FAMILY = [smallest(name for name in QUICK if MODELS[name].family == family) for family in FAMILIES]


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    one_block_a_stage(monkeypatch)


def few_pictures(folder: Path) -> tuple[Path, Path]:
    """Folders of the eight pictures that ranges need and two others: attention takes its time by the picture."""
    pictures = find_images(samples_folder() / "images")
    folders = folder / "calibration", folder / "verifying"
    for place, chosen in zip(folders, (pictures[::6], pictures[3::24]), strict=True):
        place.mkdir()
        for picture in chosen:
            shutil.copy(picture, place)
    return folders


def export(name: str, target: str, precision: str, folder: Path) -> Artifact:
    torch.save(fill(mobileseg.create_model(name, num_classes=11), salt=5).state_dict(), folder / "weights.pth")
    suffix = {"executorch": ".pte", "onnx": ".onnx", "coreml": ".mlpackage"}[target]
    calibration, verifying = few_pictures(folder)
    options = {
        "precision": precision, "size": legal_sizes(MODELS[name])[0], "weights": str(folder / "weights.pth"), "verify_data": verifying,
    }  # fmt: skip
    if precision == "int8":
        options["calibration"] = calibration
    if target == "executorch":
        options["require_delegation"] = 100.0
    return export_model(name, target, output=folder / f"model{suffix}", **options)


PRECISIONS = [(name, "int8") for name in QUICK] + [(name, "float16") for name in BY_FAMILY]
OTHERS = ("onnx", "coreml")
FILES = [(name, target) for target in OTHERS for name in [*BY_FAMILY, "topformer-tiny"]]
# What make test takes: int8 in one delegate. Other tests make files of the other targets.
ALWAYS = [(name, "int8") for name in BY_FAMILY]


@pytest.mark.parametrize(("name", "precision"), thorough_but(PRECISIONS, ALWAYS))
def test_one_delegate_holds_the_whole_network(name: str, precision: str, tmp_path: Path) -> None:
    made = export(name, "executorch", precision, tmp_path).manifest
    assert made.delegation is not None
    assert (made.delegation.partitions, made.delegation.operators_outside) == (1, 0)
    assert made.verification.sqnr_db is not None
    assert made.verification.sqnr_db > (LEAST_SQNR_DB if precision == "int8" else 40)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "target"), FILES)
def test_the_same_int8_graph_becomes_every_other_file(name: str, target: str, tmp_path: Path) -> None:
    made = export(name, target, "int8", tmp_path).manifest
    assert made.verification.status == ("emulated" if TARGETS[target].interpreted else "passed")
    assert made.verification.checks
