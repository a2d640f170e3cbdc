"""The weights of a manifest are found again by their digest, wherever they are."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from reference_weights import fill

import mobileseg
from mobileseg.errors import ArtifactError, CheckpointError
from mobileseg.export.evaluation.reference import reference_of
from mobileseg.export.manifest import (
    ArtifactPart,
    InputPart,
    Manifest,
    ModelPart,
    OutputPart,
    PrecisionPart,
    VerificationPart,
    WeightsPart,
)
from mobileseg.files import cache_folder, sha256
from mobileseg.weights.known import remember
from mobileseg.weights.records import bundled
from mobileseg.weights.retired import ROWS

NAME = "five.pth"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / NAME
    torch.save(fill(mobileseg.create_model("seaformer-tiny", num_classes=5), salt=2).state_dict(), path)
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and an empty cache."""
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def manifest(weights: Path, source: str = NAME, kind: str = "file") -> Manifest:
    part = WeightsPart.model_validate(
        {
            "kind": kind, "source": source, "sha256": sha256(weights), "seed": None, "licence": "none", "layout": None,
            "trained": True, "note": None,
        }
    )  # fmt: skip
    return Manifest(
        created=datetime.now(UTC), command="mobileseg", target="onnx",
        model=ModelPart(name="seaformer-tiny", family="seaformer", task="segmentation", num_classes=5, parameters=1),
        weights=part, input=InputPart(name="image", shape=(1, 3, 64, 96), mean=(0, 0, 0), std=(1, 1, 1)),
        output=OutputPart(
            name="logits", kind="logits", shape=(1, 5, 8, 12), dtype="float32", stride=8, classes=None, palette=None
        ),
        precision=PrecisionPart(name="float32", meaning=""), calibration=None, versions={}, delegation=None,
        verification=VerificationPart(status="not measured", images=0, source="", same_as_calibration=False, checks=()),
        artifact=ArtifactPart(file="tiny.onnx", sha256="0" * 64, size_bytes=1),
    )  # fmt: skip


def is_right(model: torch.nn.Module, weights: Path) -> bool:
    wanted = torch.load(weights, weights_only=True)
    return all(torch.equal(value, wanted[key]) for key, value in model.state_dict().items() if key in wanted)


@pytest.mark.parametrize("place", ["beside", "working folder", "cache", "index", "old manifest", "--weights"])
def test_they_are_found(weights: Path, elsewhere: Path, tmp_path: Path, place: str) -> None:
    made, option, beside = manifest(weights), None, tmp_path / "artifacts"
    beside.mkdir()
    if place == "beside":
        shutil.copy(weights, beside)
    elif place == "working folder":
        shutil.copy(weights, elsewhere)
    elif place == "cache":
        folder = cache_folder("weights") / "0123"
        folder.mkdir(parents=True)
        shutil.copy(weights, folder)
        made = manifest(weights, f"https://localhost:1/{NAME}", "url")
    elif place == "index":
        remember(sha256(weights), weights)
    elif place == "old manifest":
        made = manifest(weights, str(weights))
    else:
        option = str(weights)
    assert is_right(reference_of(made, option, beside), weights)


def test_others_of_the_name_are_passed_over(weights: Path, elsewhere: Path) -> None:
    (elsewhere / NAME).write_bytes(b"others")
    remember(sha256(weights), weights)
    assert is_right(reference_of(manifest(weights)), weights)


def test_bundled_ones_are_found_by_name() -> None:
    record = bundled("seaformer-tiny")["camvid11-v1"]
    made = manifest(record.path, "camvid11", "bundled")
    made = made.model_copy(update={"model": made.model.model_copy(update={"num_classes": 11})})
    assert is_loaded(reference_of(made))


def is_loaded(model: torch.nn.Module) -> bool:
    return model.mobileseg_classes == 11


@pytest.mark.parametrize("source", [NAME, f"/home/alice/{NAME}"])
def test_what_is_nowhere_is_named_with_its_digest(weights: Path, source: str) -> None:
    with pytest.raises(ArtifactError, match="--weights") as caught:
        reference_of(manifest(weights, source))
    assert NAME in caught.value.expected
    assert sha256(weights) in caught.value.expected
    assert "alice" not in str(caught.value)


def test_only_others_are_there(weights: Path, elsewhere: Path) -> None:
    (elsewhere / NAME).write_bytes(b"others")
    with pytest.raises(ArtifactError, match=f"found sha256 {sha256(elsewhere / NAME)} at"):
        reference_of(manifest(weights))


def test_other_weights_are_refused(weights: Path, elsewhere: Path) -> None:
    (elsewhere / "other.pth").write_bytes(b"others")
    with pytest.raises(ArtifactError, match="the file that was exported"):
        reference_of(manifest(weights), "other.pth")
    with pytest.raises(CheckpointError, match="path"):
        reference_of(manifest(weights), "nowhere.pth")


def test_an_artifact_of_an_older_version_means_the_entry_of_that_time(tmp_path: Path) -> None:
    """It took the plain weights where this one takes the averaged; the manifest's layout says which entry it was."""
    plain, averaged = (
        dict(fill(mobileseg.create_model("seaformer-tiny", num_classes=5), salt=s).state_dict()) for s in (1, 2)
    )
    path = tmp_path / "both.pth"
    torch.save({"model": plain, "model_ema": averaged}, path)
    made = manifest(path, str(path))
    old = made.model_copy(
        update={"weights": made.weights.model_copy(update={"layout": "training file, entry 'model'"})}
    )
    assert torch.equal(
        reference_of(old).state_dict()["decode_head.conv_seg.weight"], plain["decode_head.conv_seg.weight"]
    )
    new = made.model_copy(update={"weights": made.weights.model_copy(update={"ema": True})})
    assert torch.equal(
        reference_of(new).state_dict()["decode_head.conv_seg.weight"], averaged["decode_head.conv_seg.weight"]
    )


def test_bundled_weights_of_an_older_version_are_explained() -> None:
    record = bundled("seaformer-tiny")["camvid11-v1"]
    made = manifest(record.path, "camvid11", "bundled")
    old = made.model_copy(update={"weights": made.weights.model_copy(update={"sha256": ROWS[0].sha256})})
    with pytest.raises(
        ArtifactError, match=r"camvid11-v0 of seaformer-tiny is no longer bundled: camvid11-v1"
    ) as caught:
        reference_of(old)
    assert "git show" in caught.value.fix
    assert ROWS[0].sha256 in caught.value.expected
