"""What the operators outside the delegate cost: their share of an inference, from the runtime's own record."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from mobileseg.data.images import Batch
from mobileseg.export.backends.executorch.etdump import NATIVE, WHOLE, events_of, spans_of
from mobileseg.export.backends.executorch.remedies import base_name
from mobileseg.export.manifest import DelegationPart, OutsidePart
from mobileseg.quiet import quiet

WARM_UP, RUNS = 2, 8


def with_time_shares(delegation: DelegationPart, path: Path, batch: Batch) -> DelegationPart:
    """``delegation`` of the file at ``path`` with the time that its operators outside take; unchanged where there are none that
    compute, and where the file does not run, which its verification finds out.

    The record knows operators by name: where several rows have one, each gets its part by number. Shares are of the median run.
    ``batch``: ``(1, 3, H, W)`` float32 in 0..255.
    """
    if all(part.at_edge for part in delegation.outside):
        return delegation
    try:
        shares = _shares(path, batch)
    except RuntimeError:
        return delegation
    counts: Counter[str] = Counter()
    for part in delegation.outside:
        counts[base_name(part.operator)] += part.count

    def priced(part: OutsidePart) -> OutsidePart:
        name = base_name(part.operator)
        share = shares.get(name)
        return part.model_copy(update={"time_share": None if share is None else share * part.count / counts[name]})

    return delegation.model_copy(update={"outside": tuple(map(priced, delegation.outside))})


def _shares(path: Path, batch: Batch) -> dict[str, float]:
    """By name of the operator: the medians of its calls, added, over the median of the whole."""
    import torch
    from executorch.extension.pybindings import _C

    with tempfile.TemporaryDirectory(prefix="mobileseg-etdump-") as folder, quiet():
        module = _C._load_for_executorch(str(path), enable_etdump=True, debug_buffer_size=0)
        pixels = torch.from_numpy(np.ascontiguousarray(batch))
        for _ in range(WARM_UP + RUNS):
            module.forward([pixels])
        record = Path(folder) / "etdump"
        module.write_etdump_result_to_file(str(record), str(record.with_suffix(".debug")))
        events = events_of(record)
    whole = 0.0
    found: Counter[str] = Counter()
    for event in events:
        spans = [duration for _, duration in spans_of(event)[-RUNS:]]
        if not spans:
            continue
        if event.name == WHOLE:
            whole = float(np.median(spans))
        elif event.name.startswith(NATIVE):
            found[base_name(event.name.removeprefix(NATIVE))] += float(np.median(spans))  # type: ignore[assignment]
    return {name: us / whole for name, us in found.items()} if whole else {}
