"""Export each model at each size, class count, target and precision with the gates on; writes build/matrix.json row by row.

The file describes one state of the code: a run starts it again, and only ``--resume`` keeps the rows of an interrupted one.

    python tools/matrix.py seaformer-{tiny,small,base,large} --sizes 512x512 384x512 --classes 150 11
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mobileseg
from mobileseg.errors import GateError
from mobileseg.export.targets import FLOAT32, INT8, TARGETS
from mobileseg.files import write_whole
from mobileseg.models.registry import MODELS

RESULTS = Path(__file__).resolve().parent.parent / "build" / "matrix.json"
KEY = ("model", "target", "precision", "size", "classes")


def combinations(models: list[str], sizes: list[str], classes: list[int]) -> list[dict[str, Any]]:
    """The rows to fill: every target in float (float32, or its default where it has none) and in int8."""
    rows: list[dict[str, Any]] = []
    for model, size, count, spec in itertools.product(models, sizes, classes, TARGETS.values()):
        pixels = "x".join(map(str, MODELS[model].size)) if size == "default" else size
        precisions = dict.fromkeys((next(iter(spec.precisions)), FLOAT32, INT8))
        rows += [dict(zip(KEY, (model, spec.name, each, pixels, count), strict=True)) for each in precisions]
    return rows


def attempt(row: dict[str, Any]) -> dict[str, Any]:
    """Export one combination with seeded random weights and every gate that its target knows."""
    from mobileseg.export import export_model

    height, width = map(int, row["size"].split("x"))
    target = TARGETS[row["target"]]
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = export_model(
                row["model"],
                row["target"],
                precision=row["precision"],
                size=(height, width),
                num_classes=row["classes"],
                weights="random",
                output=Path(folder) / f"model{target.suffix}",
                require_delegation=100.0 if row["target"] == "executorch" else None,
            )
        except GateError as error:
            return {**row, "good": False, "why": str(error)}
        manifest = json.loads(made.manifest.to_json())
    proof = manifest["verification"]
    return {
        **row,
        "good": True,
        "size_bytes": manifest["artifact"]["size_bytes"],
        "partitions": (manifest["delegation"] or {}).get("partitions"),
        "operators_outside": (manifest["delegation"] or {}).get("operators_outside"),
        "verification": {k: proof[k] for k in ("status", "images", "checks", "agreement", "sqnr_db", "max_error", "logit_range")},
        "seconds": round(time.perf_counter() - begin, 1),
    }  # fmt: skip


def main() -> None:
    """Exit status 1 where a gate failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="*", default=["*"])
    parser.add_argument("--sizes", nargs="+", default=["default"])
    parser.add_argument("--classes", nargs="+", type=int, default=[11])
    parser.add_argument("--resume", action="store_true", help="keep the good rows of an interrupted run")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    models = [name for pattern in asked.pattern for name in mobileseg.list_models(pattern)]
    output: Path = asked.output
    output.parent.mkdir(parents=True, exist_ok=True)
    rows = json.loads(output.read_text(encoding="utf-8"))["rows"] if asked.resume and output.exists() else []
    rows = [row for row in rows if row["good"] and row["verification"]["status"] != "not measured"]
    done = {tuple(row[k] for k in KEY) for row in rows}
    for row in combinations(models, asked.sizes, asked.classes):
        if tuple(row.values()) in done:
            continue
        rows.append(attempt(row))
        print(*(rows[-1].get(k) for k in (*KEY, "good", "why", "seconds")), flush=True)
        head = {"schema_version": 1, "created": datetime.now(UTC).isoformat(timespec="seconds")}
        write_whole(output, (json.dumps({**head, "rows": rows}, indent=1) + "\n").encode())
    raise SystemExit(any(not row["good"] for row in rows))


if __name__ == "__main__":
    main()
