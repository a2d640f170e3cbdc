"""What one inference of the zoo executes on emulated ARM cores in every precision; writes results/arm_cost.json, docs/arm_cost.md.

An interrupted run resumes when its command is repeated: a file is exported once for each state of the code that makes it, and
counted once for each state of the file, the runner and the emulator.

python benchmarks/arm_cost.py                                                     # every row of CASES
python benchmarks/arm_cost.py topformer-tiny --size 512x512 --output other.json   # others, or at another size
python benchmarks/arm_cost.py --table                                             # write the document again from the committed results
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
from cases import Case, chosen
from kept import Kept

from mobileseg.cli.console import parse_size
from mobileseg.errors import MobilesegError
from mobileseg.export.targets import TARGETS
from mobileseg.files import write_whole
from mobileseg.latency.results.result import Result

ROOT = Path(__file__).resolve().parent.parent
RESULTS, DOCUMENT = ROOT / "results" / "arm_cost.json", ROOT / "docs" / "arm_cost.md"
CASES = (
    ("seaformer-tiny", (256, 256)),
    ("seaformer-small", (256, 256)),
    ("seaformer-base", (256, 256)),
    ("van-b0", (224, 224)),
    ("van-b0-light", (256, 256)),
    ("axial-resnet26-s", (224, 224)),
    ("axial-deeplab-s", (129, 129)),
    ("sasa-resnet26", (224, 224)),
    ("topformer-tiny", (256, 256)),
)
CORES = ("cortex-a53", "cortex-a76")
PRECISIONS = tuple(TARGETS["executorch"].precisions)


def measure(wanted: Sequence[Case], command: str, kept: Kept) -> dict[str, Any]:
    """One result for each core, with every file in it."""
    files = [kept.export(name, precision, size) for name, size in wanted for precision in PRECISIONS]
    results = [join([kept.count(file, f"emulated:{core}", command) for file in files]) for core in CORES]
    head = {"schema_version": 1, "created": datetime.now(UTC).isoformat(timespec="seconds"), "command": command}
    return {**head, "results": [json.loads(result.to_json()) for result in results]}


def join(results: Sequence[Result]) -> Result:
    """Counts of one core, each of one file, as one result: they do not depend on each other."""
    first, newest = results[0], max(result.created for result in results)
    series = tuple(series for result in results for series in result.series)
    return first.model_copy(update={"created": newest, "series": series})


def main() -> int:
    """See the module's head; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--size", help="HxW, of all of them")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if (asked.models or asked.size) and asked.output == RESULTS:
        parser.error("models and sizes of your own go to a file of your own: --output FILE")
    try:
        if not asked.table:
            command = shlex.join(["python", "benchmarks/arm_cost.py", *sys.argv[1:]])
            content = measure(chosen(CASES, asked.models, parse_size(asked.size)), command, Kept(ROOT))
            write_whole(asked.output, (json.dumps(content, indent=1) + "\n").encode())
        if asked.output == RESULTS:
            write_whole(DOCUMENT, document(json.loads(RESULTS.read_text(encoding="utf-8"))).encode())
    except MobilesegError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
