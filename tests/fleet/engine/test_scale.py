"""Two thousand cells of fake devices: planned at once, little time for each, memory flat."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mobileseg import fleet
from mobileseg.fleet.summary import SweepResult

CELLS = 2000
MODELS = ["seaformer-tiny", "topformer-tiny", "van-b0", "van-b0-fpn"]


def plan(cells: int) -> dict[str, Any]:
    threads = [*range(1, cells // (2 * len(MODELS)) + 1)]
    return {"matrix": {"models": MODELS, "targets": ["onnx"], "devices": ["fake:a", "fake:b"], "threads": threads}}


def test_two_thousand_cells_are_planned_in_two_seconds(fake_stages: Path, tmp_path: Path) -> None:
    fleet.plan_sweep(plan(8), store=tmp_path / "store")  # imports
    begin = time.process_time()
    found = fleet.plan_sweep(plan(CELLS), store=tmp_path / "store")
    assert time.process_time() - begin < 2
    assert len(found.cells) == CELLS and found.open_steps == CELLS + len(MODELS)


def test_a_cell_costs_little(sweep: Callable[..., SweepResult], fake_stages: Path) -> None:
    """A tenth of it, for the time of the suite; ``benchmarks/fleet.py`` does all."""
    sweep(plan(16)).check()
    begin, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = sweep(plan(CELLS // 10))
    found.check()
    assert found.done_now == CELLS // 10 - 16, "the exports and the first cells were known"
    begun = [line for path in fake_stages.glob("*.measured") for line in path.read_text().splitlines()]
    assert len(begun) == CELLS // 10, "each once"
    each = (time.process_time() - begin) / (CELLS // 10)
    assert each < 0.02, f"{1e3 * each:.1f} ms a cell"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 50_000, "KiB"
