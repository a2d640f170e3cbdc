import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake_fleet
import pytest

from mobileseg import fleet
from mobileseg.fleet.engine import cluster, offers, steps
from mobileseg.fleet.stages import table
from mobileseg.fleet.summary import SweepResult

Sweep = Callable[..., SweepResult]


@pytest.fixture
def fake_stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The stages of ``fake_fleet`` in place of the real ones; gives the folder by which its devices are told what to do."""
    for module in (table, steps):
        monkeypatch.setattr(module, "STAGES", fake_fleet.STAGES)
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setenv(fake_fleet.FOLDER, str(marks))
    monkeypatch.setattr(offers, "FIRST_S", 0.2)
    return marks


@pytest.fixture(scope="session")
def workers() -> Iterator[Any]:
    """A client of a cluster whose workers are threads of this process: two for exports, and one each for two devices."""
    with cluster.embedded(2, ["fake:a", "fake:b", "host"], processes=False) as client:
        yield client


@pytest.fixture
def sweep(fake_stages: Path, workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """A sweep of fake stages, with Dask's workers as threads of this process."""
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cluster, "embedded", lambda jobs, devices: contextlib.nullcontext(workers))

    def run(plan: dict[str, Any], **more: Any) -> SweepResult:
        return fleet.sweep(plan, store=tmp_path / "store", **more)

    return run
