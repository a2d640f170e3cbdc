import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import GateError, RequestError
from mobileseg.latency.conditions.sensors import Properties, Sensors
from mobileseg.latency.emulation.counts import CLASSES, Counts
from mobileseg.latency.measuring.counting import ONCE
from mobileseg.latency.results.budget import Budget
from mobileseg.latency.results.result import Result, Series, Session


def result(*instructions: int, core: str = "cortex-a76", model: str = "m") -> Result:
    zeros = dict.fromkeys((*CLASSES, "loaded_bytes", "stored_bytes", "l1_misses", "l2_misses"), 0)
    series = tuple(
        Series(
            file=f"{i}.pte", sha256="0", model=f"{model}{i}", target="executorch", precision="int8", size=(64, 96), emit="logits",
            counts=Counts(instructions=count, **zeros),
        )
        for i, count in enumerate(instructions)
    )  # fmt: skip
    session = Session(
        threads=1, cores_asked="all", cores=None, repeat=0, runner="cpp", versions="", before=Sensors(), after=None
    )
    properties = Properties(model=None, soc=core, os="Linux", kernel=None, architecture="aarch64", cores=())
    return Result(
        created=datetime.now(UTC), device=f"emulated:{core}", quantity="counts", properties=properties, protocol=ONCE, versions={},
        input="i", sessions=(session,), series=series, complete=True,
    )  # fmt: skip


@given(limit=st.integers(1, 10**12), found=st.integers(0, 10**12), margin=st.sampled_from([0.0, 1.0, 50.0]))
def test_a_number_is_the_limit(limit: int, found: int, margin: float) -> None:
    budget = Budget.of(str(limit), margin)
    if found > limit * (1 + margin / 100):
        with pytest.raises(GateError, match=f"{found} instructions"):
            budget.check(result(found))
    else:
        budget.check(result(found))


@pytest.mark.parametrize(("text", "limit"), [("12M", 12_000_000), ("1.5G", 1_500_000_000), ("900k", 900_000), ("7", 7)])
def test_numbers_have_units(text: str, limit: int) -> None:
    assert Budget.of(text).limit == limit


def test_an_earlier_result_limits_each_file(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(result(100, 200).to_json())
    Budget.of(str(path)).check(result(100, 200))
    with pytest.raises(GateError, match=r"1\.pte: 201 instructions, 0\.50 % above 200") as error:
        Budget.of(str(path)).check(result(100, 201))
    assert "0.pte" not in error.value.found
    Budget.of(str(path), 1.0).check(result(101, 202))


def test_files_without_a_budget_do_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(result(100).to_json())
    with pytest.raises(RequestError, match="cortex-a53"):
        Budget.of(str(path)).check(result(1, core="cortex-a53"))
    with pytest.raises(RequestError, match="other0, int8, 64x96"):
        Budget.of(str(path)).check(result(1, model="other"))


def test_invalid_budgets_are_refused(tmp_path: Path) -> None:
    changed = json.loads(result(1).to_json()) | {"series": [{}]}
    for name, text in (("empty.json", ""), ("other.json", "{}"), ("time.json", json.dumps(changed))):
        (tmp_path / name).write_text(text)
        with pytest.raises(RequestError, match=name):
            Budget.of(str(tmp_path / name))
    for text in ("12X", "-3", "", "1.2.3", str(tmp_path)):
        with pytest.raises(RequestError):
            Budget.of(text)
    with pytest.raises(RequestError, match="margin"):
        Budget.of("12M", -1)
