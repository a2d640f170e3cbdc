"""Every family's deploy model against its reference model exported as it is, or a peer: latency, memory, delegation, float32, int8.

Same runtime, one process, one thread, files in turns; ratios of medians. Writes results/zoo.json, prints the table.

    python benchmarks/zoo.py                       # every row of CASES
    python benchmarks/zoo.py topformer-tiny --size 384x512
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from candidates import PRECISIONS, Candidate, as_it_is, deployed, original, runner
from cases import chosen
from resnet26 import ResNet26
from table import table
from torch import nn

from mobileseg.cli.console import parse_size
from mobileseg.errors import MobilesegError
from mobileseg.export.versions import installed
from mobileseg.latency.devices.host import Host
from mobileseg.models.registry import MODELS

RESULTS = Path(__file__).resolve().parent.parent / "results" / "zoo.json"
CASES = (
    ("seaformer-tiny", (512, 512)),
    ("seaformer-small", (512, 512)),
    ("seaformer-base", (512, 512)),
    ("seaformer-large", (512, 512)),
    ("van-b0", (224, 224)),
    ("van-b0-fpn", (512, 512)),
    ("van-b0-upernet", (512, 512)),
    ("van-b0-light", (512, 512)),
    ("axial-resnet26-s", (224, 224)),
    ("axial-deeplab-s", (257, 257)),
    ("sasa-resnet26", (224, 224)),
    ("topformer-tiny", (512, 512)),
)
# The network that a model is measured against where the reference model does not run, and why it does not.
PEERS: Mapping[str, tuple[str, Callable[[], nn.Module], str]] = {
    "sasa-resnet26": (
        "ResNet-26",
        ResNet26,
        "not tried: lowering had not ended after ten minutes and 13 GB, and XNNPACK does not load its tensors of 7 dimensions",
    )
}
SECONDS, LEAST_TURNS, MOST_TURNS = 12.0, 9, 200


def turns(runs: Sequence[Callable[[], object]]) -> list[list[float]]:
    """Times in ms of every function, called in turns after two warm-ups: at least ``LEAST_TURNS``, then until ``SECONDS`` are over."""
    for run in runs:
        run()
        run()
    samples: list[list[float]] = [[] for _ in runs]
    begin = time.perf_counter()
    for turn in range(MOST_TURNS):
        if turn >= LEAST_TURNS and time.perf_counter() - begin > SECONDS:
            break
        for run, times in zip(runs, samples, strict=True):
            start = time.perf_counter_ns()
            run()
            times.append((time.perf_counter_ns() - start) / 1e6)
    return samples


def peaks(path: Path, size: tuple[int, int]) -> dict[str, int]:
    """``load_peak_bytes`` and ``peak_bytes`` (running), see ``peak.py``."""
    command = [sys.executable, str(Path(__file__).with_name("peak.py")), str(path), *map(str, size)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, int] = json.loads(printed.splitlines()[-1])
    return found


def case(name: str, size: tuple[int, int]) -> dict[str, Any]:
    """One model: all its files made, then timed in one run."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made: list[Candidate] = []
        for precision in PRECISIONS:
            made.append(deployed(name, precision, size, place))
            if name in PEERS:
                form, build, why = PEERS[name]
                made.append(Candidate("original", precision, place / "none", failure=why))
                made.append(as_it_is(form, build(), MODELS[name], precision, size, place))
            else:
                made.append(original(name, precision, size, place))
        runs = {i: run for i, candidate in enumerate(made) if (run := runner(candidate, size)) is not None}
        samples = dict(zip(runs, turns(list(runs.values())), strict=True))
        rows = []
        for i, candidate in enumerate(made):
            row = {
                "form": candidate.form,
                "precision": candidate.precision,
                **candidate.facts,
                "failure": candidate.failure,
            }
            if i in samples:
                row |= {
                    "median_ms": statistics.median(samples[i]),
                    "samples_ms": [round(t, 4) for t in samples[i]],
                    **peaks(candidate.path, size),
                }
            rows.append(row)
    command = shlex.join(["python", "benchmarks/zoo.py", *sys.argv[1:]])
    return {"model": name, "size": list(size), "command": command, "files": rows}


def main() -> int:
    """Measure what is asked for; rows of other models in the results file stay as they are. The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--size", help="HxW, of all of them")
    asked = parser.parse_args()
    try:
        wanted = chosen(CASES, asked.models, parse_size(asked.size))
    except MobilesegError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    old = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"] if RESULTS.exists() else []
    rows = {(row["model"], tuple(row["size"])): row for row in old}
    for name, size in wanted:
        print(name, *size, file=sys.stderr, flush=True)
        rows[name, size] = case(name, size)
        content = {
            "schema_version": 1,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "hardware": Host().properties().summary,
            "threads": 1,
            "versions": installed(),
            "rows": list(rows.values()),
        }
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print("\n".join(table([rows[case] for case in wanted])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
