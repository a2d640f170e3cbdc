"""What the class map in the graph costs, and what the same map costs on the host; writes results/mask.json."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mobileseg.data.dataset import first_sample
from mobileseg.export import export_model
from mobileseg.latency import measure
from mobileseg.postprocess.class_map import class_map

RESULTS = Path(__file__).resolve().parent.parent / "results" / "mask.json"
SIZE = (512, 512)
CLASSES = 150


def main() -> None:
    """Logits and class map of one model with many classes, on the targets that run here; then the host's."""
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for target, suffix in (("executorch", ".pte"), ("onnx", ".onnx")):
            made = {}
            for emit in ("logits", "mask"):
                print(target, emit, flush=True)
                made[emit] = export_model(
                    "seaformer-tiny",
                    target,
                    size=SIZE,
                    emit=emit,
                    weights="random",
                    num_classes=CLASSES,
                    output=Path(folder) / f"{emit}{suffix}",
                )
            timing = measure([made["logits"].path, made["mask"].path], protocol="quick")
            rows[target] = json.loads(timing.to_json())
        logits = made["logits"].run(first_sample())[0]
        host = []
        for _ in range(10):
            begin = time.perf_counter()
            class_map(logits, *SIZE)
            host.append((time.perf_counter() - begin) * 1e3)
    head = {"schema_version": 1, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    content = {**head, "classes": CLASSES, "size": SIZE, "targets": rows, "host_ms": host}
    RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
