"""The int8 files of every trained model against the reference models on labelled images; writes results/accuracy.json.

    python benchmarks/accuracy.py camvid11=../data/camvid11 nuclei256=../data/nuclei256
    python benchmarks/accuracy.py camvid11=../data/camvid11 --models van-b0-light

Weights are the package's own and those under ``weights/``, each measured on the test split of the data that ``finetune`` was given,
here under the name in its record.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobileseg.data.split import open_one
from mobileseg.export import export_model
from mobileseg.export.evaluation.comparison import compare_labelled
from mobileseg.export.targets import TARGETS
from mobileseg.files import write_whole
from mobileseg.models.registry import MODELS
from mobileseg.weights.records import WeightsRecord, record_beside, records

ROOT = Path(__file__).resolve().parent.parent
RESULTS, WEIGHTS = ROOT / "results" / "accuracy.json", ROOT / "weights"
MEASURED = ("executorch", "onnx")


@dataclass(frozen=True)
class Trained:
    """A record and what ``--weights`` calls it."""

    record: WeightsRecord
    weights: str


def trained() -> Iterator[Trained]:
    """Everything that there are weights of here."""
    for record in records():
        yield Trained(record, record.plain_name)
    for path in sorted(WEIGHTS.glob("*.safetensors")):
        record = record_beside(path)
        assert record is not None, path
        yield Trained(record, path.relative_to(ROOT).as_posix())


def measure(one: Trained, target: str, data: Path) -> dict[str, Any]:
    """Export, compare; the commands that do the same."""
    model = one.record.model
    emit = "logits" if MODELS[model].task == "panoptic" and not one.record.things else None
    with tempfile.TemporaryDirectory() as folder:
        options: dict[str, Any] = {"precision": "int8", "weights": one.weights, "emit": emit}
        made = export_model(model, target, output=Path(folder) / f"{model}-int8{TARGETS[target].suffix}", **options)
        images = open_one(data, "test")
        comparison = compare_labelled(made, images)
        kept = made.manifest.precision.kept_float
    given = f" --emit {emit}" if emit else ""
    return {
        "commands": [
            f"mobileseg export {model} --target {target} --int8 --weights {one.weights}{given}",
            f"mobileseg compare {made.path.name} --data {data.name} --split test",
        ],
        "weights_sha256": one.record.sha256,
        "int8_multiply_adds": 1 - sum(part.multiply_adds or 0.0 for part in kept),
        "recipe": made.manifest.precision.recipe,
        "comparison": {
            **json.loads(comparison.to_json()),
            "weights": Path(one.weights).name,
            "data": f"{data.name}/test",
        },
    }


def main() -> None:
    """Rows of models that are not asked for stay as they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", metavar="NAME=DIR", type=lambda word: tuple(word.split("=", 1)))
    parser.add_argument("--models", nargs="*")
    asked = parser.parse_args()
    folders = {name: Path(folder) for name, folder in asked.data}
    old = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"] if RESULTS.exists() else []
    rows = {(row["comparison"]["model"], row["commands"][0]): row for row in old}
    for one in trained():
        if one.record.plain_name not in folders or (asked.models and one.record.model not in asked.models):
            continue
        for target in MEASURED:
            row = measure(one, target, folders[one.record.plain_name])
            rows[one.record.model, row["commands"][0]] = row
            found = row["comparison"]
            print(one.record.model, one.weights, target, found["verdict"], found["gains"], flush=True)
            content = {
                "schema_version": 1,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "rows": [rows[key] for key in sorted(rows)],
            }
            write_whole(RESULTS, (json.dumps(content, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
