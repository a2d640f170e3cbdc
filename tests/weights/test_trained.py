"""The weights beside the package: complete, with their origin, better than guessing, and measured as int8 files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mobileseg
from mobileseg.files import sha256
from mobileseg.training.config import TrainingConfig
from mobileseg.weights.records import WeightsRecord, record_beside, records

ROOT = Path(__file__).parent.parent.parent
KEPT = sorted((ROOT / "weights").glob("*.safetensors"))
ROOM = 80e6  # bytes, with the package's own
ACCURACY = json.loads((ROOT / "results" / "accuracy.json").read_text(encoding="utf-8"))["rows"]


def record_of(path: Path) -> WeightsRecord:
    record = record_beside(path)
    assert record is not None
    return record


def test_all_bundled_weights_are_small() -> None:
    assert 0 < sum(path.stat().st_size for path in KEPT) + sum(one.path.stat().st_size for one in records()) < ROOM


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
class TestKeptWeights:
    def test_the_record_is_finetunes_and_the_files(self, path: Path) -> None:
        record, fields = record_of(path), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert sha256(path) == record.sha256
        assert path.with_suffix(".png").is_file()
        assert record.stored_dtype == "float16"
        assert record.licence
        config = TrainingConfig(**fields["config"]).model_dump(mode="json")
        assert record.config == {name: config[name] for name in record.config}  # later fields were off
        assert fields["data_sha256"]
        assert fields["start"] == "random" or fields["start"]["sha256"]
        assert not {"command", "recipe"} & fields.keys()
        assert len(fields["curve"]) == fields["config"]["epochs"]

    def test_the_weights_load_into_the_model(self, path: Path) -> None:
        record = record_of(path)
        model = mobileseg.create_model(record.model, weights=str(path))
        assert model.mobileseg_classes == len(record.classes)

    def test_they_beat_the_most_frequent_class_of_each_position(self, path: Path) -> None:
        record = record_of(path)
        measured = record.measured
        if record.things:  # guessing finds the background, which is half of the quality, and not one thing
            assert measured["test_pq_things"] > 0.3
            assert measured["test_pq"] > measured["test_pq_of_position_baseline"] + 0.1
        else:
            assert measured["test_miou"] > 2 * measured["test_miou_of_position_baseline"]

    def test_their_int8_files_are_measured(self, path: Path) -> None:
        record = record_of(path)
        rows = [row["comparison"] for row in ACCURACY if row["weights_sha256"] == record.sha256]
        assert {row["target"] for row in rows} >= {"executorch", "onnx"}
        assert all(row["images"] > 0 for row in rows)
