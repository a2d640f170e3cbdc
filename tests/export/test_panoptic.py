"""How outputs become instances is data of the data set: in classes.json, in the manifest, on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scenes import make_scenes
from zoo_cases import one_block_a_stage

import mobileseg
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import RequestError
from mobileseg.export import compare, export_model, open_artifact
from mobileseg.export.artifact import Artifact
from mobileseg.postprocess.panoptic import PanopticRules

pytestmark = pytest.mark.slow
OWN = {"center_threshold": 0.25, "nms_kernel": 7}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of discs with instances, whose classes.json says how large they are."""
    data = make_scenes(tmp_path_factory.mktemp("cells"), "instances")
    content = json.loads((data / "classes.json").read_text())
    (data / "classes.json").write_text(json.dumps({**content, "panoptic": OWN}))
    return data


@pytest.fixture(scope="module")
def made(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """With one block a stage: lowering takes its time by the operator."""
    with pytest.MonkeyPatch.context() as patch:
        one_block_a_stage(patch)
        return export_model(
            "axial-deeplab-xs", "onnx", size=(49, 65), weights="random", num_classes=2, classes=cells / "classes.json",
            stuff_area=30, output=tmp_path_factory.mktemp("made") / "cells.onnx",
        )  # fmt: skip


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    one_block_a_stage(monkeypatch)


def test_the_manifest_has_all_of_them(made: Artifact) -> None:
    defaults = PanopticRules()
    wanted = PanopticSettings(**OWN, top_k=defaults.top_k, stuff_area=30)  # type: ignore[arg-type]  # as in the JSON
    assert open_artifact(made.path).manifest.output.panoptic == wanted
    rules = made.rules()
    assert rules is not None
    assert (rules.things, rules.settings()) == ((1,), wanted)


def changed(made: Artifact, panoptic: dict[str, Any] | None) -> Artifact:
    """The file with other settings in its manifest, or with none, as an older one."""
    settings = None if panoptic is None else PanopticSettings.model_validate(panoptic)
    output = made.manifest.output.model_copy(update={"panoptic": settings})
    return Artifact(made.path, made.manifest.model_copy(update={"output": output}), made.target)


def test_a_comparison_follows_the_options_then_the_data_then_the_manifest(
    made: Artifact, cells: Path, tmp_path: Path
) -> None:
    found = compare(made, cells / "val", top_k=3)
    assert found.panoptic == PanopticSettings(**OWN, top_k=3, stuff_area=30)  # type: ignore[arg-type]  # as in the JSON
    assert (found.verdict, {gain.metric for gain in found.gains}) == ("UNKNOWN", {"mIoU", "PQ"})
    assert {chance.metric for chance in found.chance} == {"mIoU", "PQ"}
    plain = tmp_path / "plain"
    shutil.copytree(cells / "val", plain)
    (plain / "classes.json").write_text('{"things": ["disc"], "stuff": ["background"]}')
    assert compare(made, plain).panoptic == made.manifest.output.panoptic
    older = changed(made, None)
    assert compare(older, plain).panoptic == PanopticRules().settings()
    assert compare(older, cells / "val").panoptic == PanopticRules(**OWN).settings()  # type: ignore[arg-type]


def test_they_decide_what_is_found(made: Artifact, cells: Path) -> None:
    """Random weights: the heat is noise, and a threshold above it leaves no instance."""
    images = cells / "val" / "images"
    few = mobileseg.predict(changed(made, None), images, center_threshold=1.0)
    many = mobileseg.predict(changed(made, {"center_threshold": 0.0, "nms_kernel": 1}), images)
    counts = [
        [int(np.max(one.instances)) for one in found.images if one.instances is not None] for found in (few, many)
    ]
    assert len(counts[0]) == len(counts[1]) == 3
    assert all(a < b for a, b in zip(*counts, strict=True)) or counts[0] != counts[1], counts
    void = mobileseg.predict(made, images, stuff_area=10**6)
    assert all(one.shares.get("background", 0) == 0 for one in void.images)


def test_options_without_effect_are_refused(made: Artifact, cells: Path, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    shutil.copytree(cells / "val" / "images", tmp_path / "images", dirs_exist_ok=True)
    with pytest.raises(RequestError, match="--nms-kernel"):
        compare(made, tmp_path, labels=False, nms_kernel=5)
    with pytest.raises(RequestError, match="--top-k with a panoptic model"):
        mobileseg.predict("seaformer-tiny", tmp_path / "images", top_k=5)
    with pytest.raises(RequestError, match="odd"):
        mobileseg.predict(made, tmp_path / "images", nms_kernel=4)
