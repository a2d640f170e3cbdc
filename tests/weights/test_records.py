from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import mobileseg
from mobileseg.files import sha256
from mobileseg.models.registry import MODELS
from mobileseg.training.config import TrainingConfig
from mobileseg.weights.records import (
    VERSIONED,
    WeightsRecord,
    bundled,
    bundled_folder,
    find_bundled,
    record_beside,
    records,
)


@pytest.fixture(scope="module")
def camvid11() -> WeightsRecord:
    return bundled("seaformer-tiny")["camvid11-v1"]


def test_every_file_has_its_record_and_every_record_its_file() -> None:
    files = {path.name for path in bundled_folder().glob("*.safetensors")}
    assert {record.file for record in records()} == files != set()
    for record in records():
        assert sha256(record.path) == record.sha256
        assert record.model in MODELS
        assert len(record.palette) == len(record.classes)
        assert all(0 <= channel <= 255 for color in record.palette for channel in color)
        assert all(side % MODELS[record.model].multiple == 0 for side in record.size)
        assert all(0 < ratio < 1 for ratio in record.measured.values())


def test_camvid11_says_where_it_comes_from(camvid11: WeightsRecord) -> None:
    assert camvid11.size == (384, 512)
    assert len(camvid11.classes) == 11
    assert camvid11.classes[0] == "sky"
    assert camvid11.palette[:2] == ((128, 128, 128), (128, 0, 0))
    assert "CamVid" in camvid11.trained_on
    assert "research" in camvid11.licence
    assert camvid11.measured["test_miou"] == pytest.approx(0.5345, abs=1e-4)


def test_camvid11_loads_strictly(camvid11: WeightsRecord) -> None:
    stored = load_file(camvid11.path)
    assert {str(t.dtype) for t in stored.values() if t.is_floating_point()} == {f"torch.{camvid11.stored_dtype}"}
    plain = mobileseg.create_model("seaformer-tiny", num_classes=11)
    plain.load_state_dict({k: t.float() if t.is_floating_point() else t for k, t in stored.items()}, strict=True)
    model = mobileseg.create_model("seaformer-tiny", weights="camvid11")
    assert model.mobileseg_classes == 11
    assert all(torch.equal(value, plain.state_dict()[key]) for key, value in model.state_dict().items())
    report = mobileseg.load_weights(model, "camvid11")
    assert report.weights.kind == "bundled"
    assert report.weights.record == camvid11
    assert report.weights.licence == camvid11.licence


def test_bundled_names_have_a_version_and_the_plain_name_is_the_latest(
    camvid11: WeightsRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(VERSIONED.fullmatch(record.name) for record in records())
    assert find_bundled("seaformer-tiny", "camvid11") is camvid11
    assert find_bundled("seaformer-tiny", "camvid11-v1") is camvid11
    assert find_bundled("seaformer-tiny", "camvid11-v0") is None
    assert find_bundled("seaformer-base", "camvid11") is None
    more = tuple(dataclasses.replace(camvid11, name=name) for name in ("camvid11-v10", "camvid11-v9"))
    monkeypatch.setattr("mobileseg.weights.records.records", lambda: (camvid11, *more))
    assert find_bundled("seaformer-tiny", "camvid11") is more[0]


def test_a_model_without_bundled_weights_has_none() -> None:
    assert bundled("seaformer-base") == {}
    assert bundled("no-such-model") == {}


def test_records_are_read_once_and_are_immutable(camvid11: WeightsRecord) -> None:
    assert records() is records()
    with pytest.raises(AttributeError):
        camvid11.licence = "mine"  # type: ignore[misc]


def test_a_record_is_read_as_finetune_wrote_it(camvid11: WeightsRecord) -> None:
    fields = json.loads(camvid11.path.with_suffix(".json").read_text())
    config = TrainingConfig(**fields["config"]).model_dump(mode="json")
    assert fields["config"] == {name: config[name] for name in fields["config"]}  # later fields were off
    assert camvid11.config == fields["config"]
    assert len(fields["curve"]) == fields["config"]["epochs"]
    best = max(point["score"] for point in fields["curve"] if "score" in point)
    assert camvid11.measured["val_miou"] == pytest.approx(best, abs=1e-3)  # stored in half precision
    assert camvid11.measured["test_miou"] > fields["start"]["test_miou"] > 0.5
    assert camvid11.measured["test_miou"] > 3 * camvid11.measured["test_miou_of_position_baseline"]


def test_records_say_nothing_of_the_machine() -> None:
    for record in records():
        fields = json.loads(record.path.with_suffix(".json").read_text(encoding="utf-8"))
        assert not {"command", "recipe"} & fields.keys()
        assert "/home/" not in json.dumps(fields)


def test_a_record_that_calls_the_config_a_recipe_is_read(camvid11: WeightsRecord, tmp_path: Path) -> None:
    fields = json.loads(camvid11.path.with_suffix(".json").read_text(encoding="utf-8"))
    fields["recipe"] = {**fields.pop("config"), "int8": True}
    (tmp_path / camvid11.file).with_suffix(".json").write_text(json.dumps(fields))
    found = record_beside(tmp_path / camvid11.file)
    assert found is not None
    assert found.trained_rounded
