"""What each rewrite does for a small network: delegates, operators outside, and instructions without it and with it.

Writes results/rewrites.json and the table in docs/guides/network.md: python benchmarks/rewrites.py
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower
from foreign_counts import CORE, instructions
from rewrites_networks import EXAMPLES, Example
from rewrites_results import RewriteEffects, RewriteFile, RewriteRow
from rewrites_table import write_table
from torch.fx import GraphModule

from mobileseg.errors import MobilesegError
from mobileseg.export.backends.executorch.delegation import WhyNot, report
from mobileseg.export.backends.executorch.passes import quick_passes
from mobileseg.export.backends.executorch.runtime import ExecutorchRuntime
from mobileseg.export.versions import installed
from mobileseg.files import write_whole
from mobileseg.models.card import ModelCard
from mobileseg.models.foreign.network import ForeignNetwork
from mobileseg.models.foreign.skeleton import network_at
from mobileseg.models.rewrites import apply
from mobileseg.models.rewrites.table import REWRITES
from mobileseg.models.rewrites.tracing import probe
from mobileseg.quiet import quiet

RESULTS = Path(__file__).resolve().parent.parent / "results" / "rewrites.json"
STD = (58.0, 57.0, 57.0)
SAME = 1e-4  # of the output's range: float rounding


def lowered(graph: GraphModule, path: Path, size: tuple[int, int]) -> RewriteFile:
    """Write ``path``, run it, and say what it is."""
    image = probe(size) * torch.tensor(STD).reshape(1, 3, 1, 1)
    with quiet(), torch.no_grad(), WhyNot() as why, quick_passes():
        wanted = graph(image).numpy()
        exported = torch.export.export(graph, (image,), strict=False)
        edge = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
        delegation = report(edge.exported_program(), why.reasons)
        path.write_bytes(edge.to_executorch().buffer)
    try:
        (found,) = ExecutorchRuntime(path, threads=1).run(image.numpy())
    except MobilesegError as error:
        state = f"does not run: {error.found}".splitlines()[0]
    else:
        same = bool(np.abs(found - wanted).max() <= SAME * np.ptp(wanted))
        state = "runs" if same else "gives other numbers"
    counted = instructions({("", ""): path}, image.numpy()) if state == "runs" else {}
    return RewriteFile(
        partitions=delegation.partitions,
        operators_outside=delegation.operators_outside,
        state=state,
        arm_instructions=counted.get(("", "")),
    )


def effect(example: Example, folder: Path) -> RewriteRow:
    """Both files of a network."""
    torch.manual_seed(0)
    module = example.build().eval()
    files = {}
    for name in ("without", "with"):
        rows = tuple(row for row in REWRITES if name == "with" or row.name != example.rewrite)
        network = ForeignNetwork(module, ModelCard(name=example.rewrite)).eval()
        with mock.patch.object(apply, "REWRITES", rows), torch.no_grad():
            graph = network_at(network, *example.size, STD)
        files[name] = lowered(graph, folder / f"{example.rewrite}-{name}.pte", example.size)
    return RewriteRow(rewrite=example.rewrite, network=example.words, without=files["without"], applied=files["with"])


def main() -> None:
    """See above."""
    torch.set_num_threads(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for example in EXAMPLES:
            rows.append(effect(example, Path(folder)))
            print(rows[-1], flush=True)
    kept = {name: version for name, version in installed().items() if name in ("executorch", "torch")}
    found = RewriteEffects(created=datetime.now(UTC).replace(microsecond=0), core=CORE, versions=kept, rows=tuple(rows))
    write_whole(RESULTS, f"{found.to_json()}\n".encode())
    write_table(found)


if __name__ == "__main__":
    main()
