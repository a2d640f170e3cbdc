"""Every family's deploy model against its plain export, or a peer: latency, memory, delegation, float32 and int8.

The files of one model are one measurement of `mobileseg latency`, in turns on one thread. Writes results/zoo.json, prints the table.

    python benchmarks/zoo.py                       # every row of CASES
    python benchmarks/zoo.py topformer-tiny --size 384x512
    python benchmarks/zoo.py --protocol standard   # of all rows: figures of different protocols do not go into one table
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from candidates import PLAIN, Candidate, deploy, peer, plain
from cases import chosen
from resnet26 import ResNet26
from torch import nn
from zoo_results import CASES, Zoo, ZooFile, ZooRow, read_zoo
from zoo_table import full_table

from mobileseg.cli.console import parse_size
from mobileseg.errors import MobilesegError
from mobileseg.files import write_whole
from mobileseg.latency import measure
from mobileseg.latency.protocol import DEFAULT, PROTOCOLS

RESULTS = Path(__file__).resolve().parent.parent / "results" / "zoo.json"
PRECISIONS = ("float32", "int8")
# The network that a model is measured against where its plain export does not run, and why it does not.
PEERS: Mapping[str, tuple[str, Callable[[], nn.Module], str]] = {
    "sasa-resnet26": (
        "ResNet-26",
        ResNet26,
        "not tried: lowering had not ended after ten minutes and 13 GB, and XNNPACK does not load its tensors of 7 dimensions",
    )
}
ONCE = tuple(name for name, protocol in PROTOCOLS.items() if protocol.repeats == 1)  # a table has one figure a file


def peaks(path: Path, size: tuple[int, int]) -> dict[str, int]:
    """``load_peak_bytes`` and ``running_peak_bytes``, see ``peak.py``."""
    command = [sys.executable, str(Path(__file__).with_name("peak.py")), str(path), *map(str, size)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, int] = json.loads(printed.splitlines()[-1])
    return found


def candidates(name: str, size: tuple[int, int], folder: Path) -> Iterator[Candidate]:
    """Every file of a model, made now."""
    for precision in PRECISIONS:
        yield deploy(name, precision, size, folder)
        if name not in PEERS:
            yield plain(name, precision, size, folder)
            continue
        title, build, why = PEERS[name]
        yield Candidate(PLAIN, precision, folder / "none", failure=why)
        yield peer(title, build(), name, precision, size, folder)


def case(name: str, size: tuple[int, int], protocol: str) -> ZooRow:
    """One model: its files made, then measured together."""
    with tempfile.TemporaryDirectory() as folder:
        made = list(candidates(name, size, Path(folder)))
        for candidate in made:
            candidate.check_loads()
        running = [candidate for candidate in made if candidate.failure is None]
        timing = measure(
            [one.path for one in running], protocol=protocol, progress=lambda stage: print(stage, file=sys.stderr)
        )
        numbers = {id(one): number for number, one in enumerate(running)}
        files = tuple(
            ZooFile(
                form=one.form, precision=one.precision, failure=one.failure, series=numbers.get(id(one)), **one.facts,
                **(peaks(one.path, size) if id(one) in numbers else {}),
            )
            for one in made
        )  # fmt: skip
    return ZooRow(model=name, size=size, timing=timing, files=files)


def joined(rows: dict[tuple[str, tuple[int, int]], ZooRow]) -> Zoo:
    """``rows`` in the order of ``CASES``, others behind them."""
    order = [case for case in CASES if case in rows] + [case for case in rows if case not in CASES]
    return Zoo(created=datetime.now(UTC).replace(microsecond=0), rows=tuple(rows[case] for case in order))


def main() -> int:
    """Measure what is asked for; rows of other models in the results file stay as they are. The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--size", help="HxW, of all of them")
    parser.add_argument("--protocol", choices=ONCE, default=DEFAULT)
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    try:
        wanted = chosen(CASES, asked.models, parse_size(asked.size))
        old = read_zoo(asked.output).rows if asked.output.exists() else ()
        rows = {(row.model, row.size): row for row in old}
        for name, size in wanted:
            print(name, *size, file=sys.stderr, flush=True)
            rows[name, size] = case(name, size, asked.protocol)
            write_whole(asked.output, joined(rows).to_json().encode())
    except MobilesegError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("\n".join(full_table([rows[case] for case in wanted])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
