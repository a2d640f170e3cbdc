"""A sweep on a real Dask cluster, its workers threads of this process, its stages fake."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mobileseg import fleet
from mobileseg.errors import GateError, NotMeasuredError, RequestError
from mobileseg.fleet.engine import driver
from mobileseg.fleet.engine.offers import FIRST_S, Offers
from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.summary import SweepResult

Sweep = Callable[..., SweepResult]
MODELS = ["seaformer-tiny", "topformer-tiny"]


def plan(**more: Any) -> dict[str, Any]:
    matrix = {
        "models": MODELS,
        "targets": ["onnx"],
        "weights": ["good"],
        "devices": ["fake:a", "fake:b"],
        "threads": [1, 2],
    }
    return {"name": "test", "matrix": matrix | more.pop("matrix", {})} | more


def measured(marks: Path) -> Counter[str]:
    """How often each key was measured."""
    lines = [line for path in marks.glob("*.measured") for line in path.read_text().splitlines()]
    return Counter(line.split()[0] for line in lines)


def test_every_step_once_and_what_is_known_is_not_done_again(sweep: Sweep, fake_stages: Path, tmp_path: Path) -> None:
    first = sweep(plan())
    first.check()
    assert [cell.status for cell in first.cells] == ["done"] * 8
    assert (first.steps, first.done_now) == (10, 10)
    assert set(measured(fake_stages).values()) == {1} and len(measured(fake_stages)) == 8
    again = sweep(plan())
    assert (again.done_now, again.cells[0].known) == (0, ("export", "latency"))
    assert again.cells[0].figures == first.cells[0].figures
    wider = sweep(plan(matrix={"threads": [1, 2, 4]}))
    assert wider.done_now == 4 and set(measured(fake_stages).values()) == {1}
    weekly = sweep(plan(round="2026-W49"))
    assert weekly.done_now == 8, "another round measures again, and exports nothing"
    outcomes = list(Store(tmp_path / "store").outcomes())
    assert len(outcomes) == len({one.key for one in outcomes}) == 22
    assert {one.device for one in outcomes} == {None, "fake-a", "fake-b"}


def test_a_failure_is_a_result_and_is_tried_again_on_request(sweep: Sweep, fake_stages: Path) -> None:
    bad = plan(matrix={"weights": ["good", "bad"]})
    first = sweep(bad)
    assert Counter(cell.status for cell in first.cells) == {"done": 8, "failed": 8}
    failed = next(cell for cell in first.cells if cell.status == "failed")
    assert failed.failed_stage == "export" and failed.failure is not None
    assert (failed.failure.kind, failed.failure.found, failed.failure.exit_code) == ("GateError", "bad ones", 1)
    with pytest.raises(GateError, match="8 failed, the first: expected good weights"):
        first.check()
    (fake_stages / "repaired").touch()
    assert sweep(bad).done_now == 0, "a failure is known, too"
    repaired = sweep(bad, retry="failed")
    repaired.check()
    assert repaired.done_now == 2 + 8
    with pytest.raises(RequestError, match="--retry failed"):
        sweep(bad, retry="all")


def test_workers_that_do_not_see_the_store_are_sent_files(sweep: Sweep, tmp_path: Path) -> None:
    sweep(plan(), share=False).check()
    store = Store(tmp_path / "store")
    for outcome in store.outcomes():
        assert all(store.blob(blob.sha256).is_file() for blob in outcome.files.values())
    assert sweep(plan()).done_now == 0


def test_a_device_that_goes_away_is_left_alone_until_it_is_back(sweep: Sweep, fake_stages: Path) -> None:
    said: list[str] = []
    (fake_stages / "a.away").touch()

    def plug_in() -> None:
        while not any("left alone" in text for text in said):
            time.sleep(0.05)
        (fake_stages / "a.away").unlink()

    threading.Thread(target=plug_in).start()
    sweep(plan(), progress=said.append).check()
    assert any(
        "fake-a is left alone until it answers: expected the device; found a is unplugged" in text for text in said
    )
    assert "fake-a is back" in said
    assert set(measured(fake_stages).values()) == {1}


def test_a_device_that_somebody_else_uses_is_waited_for(
    sweep: Sweep, fake_stages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That costs a step none of its attempts: it would have failed otherwise."""
    monkeypatch.setattr(driver, "ATTEMPTS", 1)
    (fake_stages / "a.busy").write_text("2")
    said: list[str] = []
    sweep(plan(), progress=said.append).check()
    assert "fake-a is left alone for a while: a is used by somebody else" in said and "fake-a is back" not in said
    assert set(measured(fake_stages).values()) == {1}


def test_a_device_that_answers_and_does_nothing_is_left_alone_longer_each_time() -> None:
    found, delays = Offers(devices=frozenset({"a"})), []
    for _ in range(3):
        found.put_away("a", "used")
        delays.append(found.quarantined["a"].delay)
        found.take_back("a")
        assert found.usable("a")
    assert delays == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    found.works("a")
    found.put_away("a", "used")
    assert found.quarantined["a"].delay == FIRST_S, "it begins anew"


def test_a_device_that_stays_away_leaves_its_cells_open(sweep: Sweep, fake_stages: Path) -> None:
    (fake_stages / "a.away").touch()
    found = sweep(plan(), patience=0.5)
    assert Counter((cell.axes["device"], cell.status) for cell in found.cells) == {
        ("fake-a", "missing"): 4,
        ("fake-b", "done"): 4,
    }
    assert "a is unplugged" in found.away["fake-a"]
    with pytest.raises(NotMeasuredError, match="4 missing, the first: expected the device; found a is unplugged"):
        found.check()
    (fake_stages / "a.away").unlink()
    assert sweep(plan()).done_now == 4


def test_what_was_measured_of_a_device_is_known_while_it_is_away(sweep: Sweep, fake_stages: Path) -> None:
    sweep(plan()).check()
    (fake_stages / "a.away").touch()
    again = sweep(plan(), patience=0.3)
    again.check()
    assert again.done_now == 0


def test_weights_that_do_not_exist_fail_their_cells_alone(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    import fake_fleet

    from mobileseg.errors import CheckpointError

    real = fake_fleet.export_inputs

    def inputs(cell: Any, workshop: Any, earlier: Any) -> Any:
        if cell.weights == "none.pth":
            raise CheckpointError(expected="weights", found="nothing", fix="check the path")
        return real(cell, workshop, earlier)

    monkeypatch.setattr(fake_fleet, "export_inputs", inputs)
    found = sweep(plan(matrix={"weights": ["good", "none.pth"]}))
    assert Counter(cell.status for cell in found.cells) == {"done": 8, "failed": 8}


def test_a_dry_run_knows_what_there_is_and_how_long_it_takes(sweep: Sweep, fake_stages: Path, tmp_path: Path) -> None:
    before = fleet.plan_sweep(plan(), store=tmp_path / "store")
    assert before.open_steps == 10 and before.unknown == {"compute": 2, "fake-a": 4, "fake-b": 4}
    (fake_stages / "slow").write_text("0.05")
    sweep(plan(matrix={"devices": ["fake:a"]})).check()
    after = fleet.plan_sweep(plan(), store=tmp_path / "store")
    assert [cell.open for cell in after.cells] == [
        () if cell.axes["device"] == "fake-a" else ("latency",) for cell in after.cells
    ]
    assert after.open_steps == 4 and after.unknown == {}
    assert after.hours["fake-b"] * 3600 == pytest.approx(4 * 0.05, abs=0.2)
