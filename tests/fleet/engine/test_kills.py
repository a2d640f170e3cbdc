"""Workers in processes of their own, killed while they measure."""

import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import dask
import pytest

from mobileseg import fleet
from mobileseg.fleet.engine import cluster

PLAN: dict[str, Any] = {
    "matrix": {
        "models": ["seaformer-tiny"], "targets": ["onnx"], "sizes": ["32x32", "64x64"], "devices": ["fake:a"],
        "threads": [1, 2, 3, 4, 5, 6],
    }
}  # fmt: skip
KILLS = 2


def test_every_cell_once_though_workers_are_killed(
    fake_stages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device's worker is killed at random points; every cell has one outcome, equal to those of a sweep that nobody disturbed."""
    cluster.prepare()
    (fake_stages / "slow").write_text("0.15")
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "cache"))
    generator, killed = random.Random(21), 0
    ended = threading.Event()

    def kill() -> None:
        nonlocal killed
        while killed < KILLS and not ended.wait(generator.uniform(0.1, 0.4)):
            measuring = fake_stages / "a.measured"
            seen = len(measuring.read_text().splitlines()) if measuring.exists() else 0
            if seen > 2 * killed:  # another one after each
                os.kill(_worker("fake:a"), signal.SIGKILL)
                killed += 1
                time.sleep(0.5)

    thread = threading.Thread(target=kill)
    with dask.config.set({"distributed.worker.preload": ["fake_fleet"]}):
        thread.start()
        try:
            found = fleet.sweep(PLAN, store=tmp_path / "store", jobs=1)
        finally:
            ended.set()
            thread.join()
    assert killed == KILLS
    found.check()
    assert (found.steps, found.done_now) == (14, 14)
    begun = Counter(line.split()[0] for line in (fake_stages / "a.measured").read_text().splitlines())
    assert len(begun) == 12 and sum(begun.values()) <= 12 + KILLS, "only what was under way is begun again"
    keys = [cell.keys["latency"] for cell in found.cells]
    assert len(set(keys)) == len(keys) and set(keys) == set(begun)


def _worker(name: str) -> int:
    """Process of the worker that has the device."""
    from distributed import Nanny

    (pid,) = [nanny.pid for nanny in Nanny._instances if nanny.name == name and nanny.pid]
    return int(pid)
