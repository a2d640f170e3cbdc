"""Networks that are not ours, exported as ExecuTorch's guide does it, and by mobileseg: delegates, operators outside, times, int8.

Writes results/foreign.json after each network, and continues there when it is run again; then the table in docs/guides/network.md.

    python benchmarks/foreign.py                       # every network that is not in the results yet
    python benchmarks/foreign.py smp-unet-mobilenetv2  # these, again
    python benchmarks/foreign.py --table               # the table alone
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from foreign_counts import CORE, instructions
from foreign_export import plain_file
from foreign_networks import NETWORKS, Network
from foreign_results import OURS, PLAIN, Foreign, ForeignFile, ForeignRow, read_foreign
from foreign_table import write_table

from mobileseg.data.fit import Fit
from mobileseg.data.images import Batch
from mobileseg.errors import MobilesegError
from mobileseg.export import export_module
from mobileseg.export.backends.executorch.runtime import ExecutorchRuntime
from mobileseg.export.manifest import DelegationPart
from mobileseg.export.quantization.calibration import read_images
from mobileseg.export.versions import installed
from mobileseg.files import write_whole
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.card import ModelCard
from mobileseg.models.foreign.network import ForeignNetwork
from mobileseg.models.reference import run_module

RESULTS = Path(__file__).resolve().parent.parent / "results" / "foreign.json"
PRECISIONS = ("float32", "int8")
SECONDS, LEAST, MOST = 6.0, 5, 60  # of timing; runs of each file
WORDS = 200  # characters of a failure


def measured(network: Network, size: tuple[int, int]) -> ForeignRow:
    """All four exports of a network, timed in turns, compared with it on the verification images."""
    module = network.build()
    card = ModelCard(name=network.name, output=network.logits, size=size)
    reference = ForeignNetwork(module, card).eval()
    seen, others = read_images(None, None, True)
    assert seen is not None
    calibration, images = seen.batches(Fit(size)), others.batches(Fit(size))[:8]
    files, runtimes, paths, notes = [], {}, {}, set()
    with tempfile.TemporaryDirectory() as folder:
        for form in (PLAIN, OURS):
            for precision in PRECISIONS:
                path = Path(folder) / f"{form}-{precision}.pte"
                print(f"  {form} {precision}", file=sys.stderr, flush=True)
                try:
                    if form == PLAIN:
                        delegation = plain_file(reference, card, precision, calibration, path)
                    else:
                        delegation, said = _ours(network, module, precision, size, path)
                        notes |= set(said)
                    runtimes[form, precision] = ExecutorchRuntime(path, threads=1)
                    paths[form, precision] = path
                    files.append(_facts(form, precision, delegation, path.stat().st_size))
                except Exception as error:  # whatever an exporter raises is the finding
                    words = " ".join(str(error).replace(folder, "").split())[:WORDS] or type(error).__name__
                    files.append(ForeignFile(form=form, precision=precision, failure=words))
        times = _times(runtimes, images[0])
        counted = instructions(paths, images[0])
        good = {key: _agreement(reference, card, runtime, images) for key, runtime in runtimes.items()}
    done = []
    for one in files:
        key = one.form, one.precision
        if one.failure is None:
            sqnr, agreement = good[key]
            timed = {"median_ms": statistics.median(times[key]), "runs": len(times[key])}
            compared = {"sqnr_db": sqnr, "agreement": agreement, "arm_instructions": counted.get(key)}
            done.append(one.model_copy(update=timed | compared))
        else:
            done.append(one)
    return ForeignRow(
        name=network.name, package=network.package, package_version=metadata.version(network.package), size=size,
        parameters=sum(value.numel() for value in module.parameters()), images=len(images), notes=tuple(sorted(notes)), files=tuple(done),
    )  # fmt: skip


def _ours(
    network: Network, module: torch.nn.Module, precision: str, size: tuple[int, int], path: Path
) -> tuple[DelegationPart, list[str]]:
    """The delegation, and the rewrites that were not applied."""
    made = export_module(
        module, "executorch", size=size, precision=precision, output=path, name=network.name, logits=network.logits,
        require_agreement=0.0, require_sqnr=0.0,
    )  # fmt: skip
    assert made.manifest.delegation is not None and isinstance(made.named_model, ForeignNetwork)
    return made.manifest.delegation, [
        note for program, _ in made.named_model.skeletons.known.values() for note in program.notes
    ]


def _facts(form: str, precision: str, delegation: DelegationPart, size_bytes: int) -> ForeignFile:
    outside: Counter[str] = Counter()
    for part in delegation.outside:
        outside[part.operator.removeprefix("aten.")] += part.count
    return ForeignFile(
        form=form, precision=precision, partitions=delegation.partitions, operators_outside=delegation.operators_outside,
        outside=dict(outside), size_bytes=size_bytes,
    )  # type: ignore[arg-type]  # fmt: skip


def _times(runtimes: dict[tuple[str, str], ExecutorchRuntime], batch: Batch) -> dict[tuple[str, str], list[float]]:
    """Milliseconds of each file, one run of every file after another."""
    pixels = torch.from_numpy(np.ascontiguousarray(batch))
    found: dict[tuple[str, str], list[float]] = {key: [] for key in runtimes}
    for runtime in runtimes.values():
        runtime.execute(pixels)
    begun = time.monotonic()
    for turn in range(MOST):
        if turn >= LEAST and time.monotonic() - begun > SECONDS:
            break
        for key, runtime in runtimes.items():
            start = time.perf_counter()
            runtime.execute(pixels)
            found[key].append(1000 * (time.perf_counter() - start))
    return found


def _agreement(
    reference: ForeignNetwork, card: ModelCard, runtime: ExecutorchRuntime, images: list[Batch]
) -> tuple[float | None, float]:
    mean, std = (np.array(values, dtype=np.float32).reshape(1, 3, 1, 1) for values in card.normalization)
    found = None
    for batch in images:
        wanted = run_module(reference, torch.from_numpy((batch - mean) / std))[0]
        found = found or Agreement(wanted.shape[1])
        output = runtime.run(batch)[0].astype(np.float32)
        found.add_logits(wanted, output)
        found.add_classes(wanted.argmax(1)[0].astype(np.int32), output.argmax(1)[0].astype(np.int32))
    assert found is not None
    return found.sqnr_db, float(found.argmax or 0.0)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *(network.name for network in NETWORKS)])
    parser.add_argument("--size", default=128, type=int, help="both sides, in pixels")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rows = {row.name: row for row in read_foreign(RESULTS).rows} if RESULTS.exists() else {}
    for network in NETWORKS if not asked.table else ():
        if network.name not in asked.names if asked.names else network.name in rows:
            continue
        print(network.name, file=sys.stderr, flush=True)
        try:
            rows[network.name] = measured(network, (asked.size, asked.size))
        except MobilesegError as error:
            print(f"  {error}", file=sys.stderr)
            continue
        ordered = [rows[one.name] for one in NETWORKS if one.name in rows]
        machine = f"{platform.machine()}, one thread, beside other work: times only compare within a row"
        found = Foreign(
            created=datetime.now(UTC).replace(microsecond=0), machine=machine, core=CORE, versions=installed(), rows=tuple(ordered)
        )  # fmt: skip
        write_whole(RESULTS, found.to_json().encode())
    if RESULTS.exists():
        write_table(read_foreign(RESULTS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
