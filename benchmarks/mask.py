"""What the class map in the graph costs, and what the same map costs on the host; writes results/mask.json.

python benchmarks/mask.py
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from places import read_text

from mobileseg.document import Document, parse_document
from mobileseg.errors import MobilesegError, RequestError
from mobileseg.export import export_model
from mobileseg.export.targets import TARGETS
from mobileseg.files import write_whole
from mobileseg.latency import measure
from mobileseg.latency.results.result import Result

RESULTS = Path(__file__).resolve().parent.parent / "results" / "mask.json"
SCHEMA_VERSION: Final = 2  # 1 had a measurement for each target, and a loop of its own for the host
MODEL, SIZE, CLASSES = "seaformer-tiny", (512, 512), 150
MEASURED = ("executorch", "onnx")


class MaskCost(Document):
    """``timing``: for each target the file with logits, whose ``postprocess`` is the class map on the host, and the one with the class
    map in its graph."""

    schema_version: Literal[2] = SCHEMA_VERSION
    created: datetime
    classes: int
    timing: Result


def read_mask(path: Path) -> MaskCost:
    """Raises ``RequestError`` for anything else, ``EnvironmentLackError`` for another schema version."""
    text = read_text(path, "benchmarks/mask.py")
    return parse_document(MaskCost, text, path, "result of benchmarks/mask.py", RequestError, "run it again")


def main() -> int:
    """Logits and class map of one model with many classes, on the targets that run here. The exit status."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        try:
            for target in MEASURED:
                for emit in ("logits", "mask"):
                    print(target, emit, file=sys.stderr, flush=True)
                    path = Path(folder) / f"{MODEL}-{emit}{TARGETS[target].suffix}"
                    export_model(
                        MODEL, target, size=SIZE, emit=emit, weights="random", num_classes=CLASSES, output=path
                    )
                    files.append(path)
            timing = measure(files, protocol="quick", progress=lambda stage: print(stage, file=sys.stderr))
        except MobilesegError as error:
            print(error, file=sys.stderr)
            return error.exit_code
    content = MaskCost(created=datetime.now(UTC).replace(microsecond=0), classes=CLASSES, timing=timing)
    write_whole(RESULTS, content.to_json().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
