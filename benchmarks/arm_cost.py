"""What one inference of the zoo executes on emulated ARM cores, float32 against int8; writes results/arm_cost.json, docs/arm_cost.md.

python benchmarks/arm_cost.py                                  # every row of CASES
python benchmarks/arm_cost.py topformer-tiny --size 512x512    # others, or at another size: with --output FILE
python benchmarks/arm_cost.py --table                          # the document anew, from the results that are there
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from arm_table import document

from mobileseg.cli.console import parse_size
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact, open_artifact
from mobileseg.export.manifest import manifest_path
from mobileseg.latency.emulated import count_all
from mobileseg.weights.records import bundled
from mobileseg.weights.resolve import RANDOM

ROOT = Path(__file__).resolve().parent.parent
RESULTS, DOCUMENT = ROOT / "results" / "arm_cost.json", ROOT / "docs" / "arm_cost.md"
FILES = ROOT / "build" / "arm_cost"  # what was exported stays: killed, it goes on there when repeated
CASES = ("seaformer-tiny", "seaformer-small", "seaformer-base", "topformer-tiny")
SIZE = (256, 256)
CORES = ("cortex-a53", "cortex-a76")
PRECISIONS = ("float32", "int8")


def export(name: str, precision: str, size: tuple[int, int], folder: Path) -> Artifact:
    """With the bundled weights where there are any, else random ones: what is executed hardly depends on them."""
    weights = next(iter(bundled(name)), RANDOM)
    path = folder / f"{name}-{precision}.pte"
    if path.exists() and manifest_path(path).exists():
        return open_artifact(path)
    return export_model(name, "executorch", precision=precision, size=size, weights=weights, output=path)


def measure(names: Sequence[str], size: tuple[int, int], command: str) -> dict[str, Any]:
    """One result for each core, with every file in it."""
    folder = FILES / f"{size[0]}x{size[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name in names:
        for precision in PRECISIONS:
            print("export", name, precision, flush=True)
            made.append(export(name, precision, size, folder).path)
    results = [count_all(made, f"emulated:{core}", command, lambda stage: print(stage, flush=True)) for core in CORES]
    head = {"schema_version": 1, "created": datetime.now(UTC).isoformat(timespec="seconds"), "command": command}
    return {**head, "results": [json.loads(result.to_json()) for result in results]}


def main() -> None:
    """See the module's head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=CASES)
    parser.add_argument("--size", type=parse_size, default=SIZE)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        command = shlex.join(["python", "benchmarks/arm_cost.py", *sys.argv[1:]])
        content = measure(asked.models, asked.size, command)
        asked.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if asked.output == RESULTS:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
