import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import MACHINE, around, counts, result, series

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.latency.conditions.gates import Deviation
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results.diff import compare, verdict
from mobileseg.latency.results.result import Result, read_result
from mobileseg.latency.results.summary import effective_runs


@pytest.mark.parametrize(
    ("new", "margin", "said"),
    [
        (10, None, "undecided"),
        (8, None, "faster"),
        (13, None, "slower"),
        (9.5, None, "undecided"),
        (9.5, 0.0, "faster"),
    ],
)
def test_faster_slower_or_undecided(new: float, margin: float | None, said: str) -> None:
    (change,) = compare(result(series(around(10))), result(series(around(new, 1))), margin).changes
    assert change.verdict == said
    assert change.ratio == pytest.approx(new / 10, rel=0.02)
    assert change.interval is not None and change.interval[0] <= change.ratio <= change.interval[1]


@settings(deadline=None)
@given(low=st.floats(0.1, 3), width=st.floats(0, 1), margin=st.floats(0, 0.5))
def test_verdicts_are_symmetric_in_old_and_new(low: float, width: float, margin: float) -> None:
    said = verdict((low, low + width), margin)
    assert (said == "faster") == (low + width < 1 - margin)
    assert (said == "slower") == (low > 1 + margin)
    assert verdict(None, margin) == "undecided"


def test_repetitions_are_pooled() -> None:
    """One repetition alone would be faster; the other shows how much repetitions differ."""
    new = result(series(around(8, 1)), series(around(12, 2), session=1))
    (change,) = compare(result(series(around(10))), new).changes
    assert change.verdict == "undecided"


BASE = result(series(around(10)))
OTHERS = {
    "files": result(series(around(10)), series(around(10, 1), precision="float32", file="b.pte")),
    "protocol": result(series(around(10)), protocol=PROTOCOLS["strict"]),
    "device": result(series(around(10)), properties=MACHINE.model_copy(update={"soc": "t"})),
    "complete": result(series(around(10)), complete=False, reason="unplugged"),
    "refused": result(
        series(around(10)),
        deviations=(Deviation(gate="hot", when="after", session=0, verdict="refused", expected="cool", found="hot"),),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_differences_are_named_and_can_be_allowed(name: str) -> None:
    for old, new in ((BASE, OTHERS[name]), (OTHERS[name], BASE)):
        with pytest.raises(RequestError, match=f"--allow {name}"):
            compare(old, new)
        others = tuple(other for other in OTHERS if other != name)
        with pytest.raises(RequestError, match=f"--allow {name}"):
            compare(old, new, allow=others)
        assert len(compare(old, new, allow=(name,)).allowed) == 1
    with pytest.raises(RequestError, match="protocol, device"):
        compare(BASE, BASE, allow=("anything",))


def test_what_explains_a_change_is_said() -> None:
    def of(runtime: str = "executorch 1.5.1", **changes: object) -> Result:
        found = result(series(around(10)), properties=MACHINE.model_copy(update=changes))
        sessions = tuple(session.model_copy(update={"versions": runtime}) for session in found.sessions)
        return found.model_copy(update={"sessions": sessions, "device": f"adb:{changes.get('unit', 'x')}"})

    base = of(unit="aaa", fingerprint="maker/phone:14")
    assert compare(base, base).said == ()
    for other, words in (
        (of("executorch 1.4.0", unit="aaa"), "runtime: executorch 1.5.1 and executorch 1.4.0"),
        (of(unit="bbb"), "unit: adb:aaa and adb:bbb are two units"),
        (of(unit="aaa", fingerprint="maker/phone:15"), "build: maker/phone:14 and maker/phone:15"),
    ):
        assert compare(base, other).said == (words,)
    with pytest.raises(RequestError, match="in app"):
        compare(base, base.model_copy(update={"device": "adb:aaa in app"}))


def test_results_of_version_3_are_read(tmp_path: Path) -> None:
    """They lack what came later, and say so with null."""
    content = json.loads(BASE.to_json()) | {"schema_version": 3}
    for name in ("warmup_seconds", "settle", "balanced"):
        del content["protocol"][name]
    for name in ("unit", "fingerprint", "abi", "page_kb", "emulated"):
        del content["properties"][name]
    for part, name in (("sessions", "course"), ("series", "effective_runs")):
        del content[part][0][name]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(content))
    old = read_result(path)
    assert old.sessions[0].course is None and old.series[0].effective_runs is None
    assert (old.protocol.warmup_seconds, old.protocol.settle, old.protocol.balanced) == (0, 0, False)
    assert read_result(path).to_json() == Result.model_validate_json(old.to_json()).to_json()
    with pytest.raises(RequestError, match="with different parameters"):
        compare(old, BASE)


def test_an_effective_number_that_is_none_of_the_samples_is_refused() -> None:
    right = series(around(10), effective_runs=effective_runs(around(10)))
    assert right.effective_runs is not None
    with pytest.raises(ValueError, match="effective_runs"):
        series(around(10), effective_runs=right.effective_runs + 1)


def test_a_protocol_with_other_parameters_is_a_different_one() -> None:
    changed = PROTOCOLS["quick"].model_copy(update={"runs": 6})
    with pytest.raises(RequestError, match="with different parameters"):
        compare(BASE, result(series(around(10)), protocol=changed))


def test_logits_and_mask_are_not_compared() -> None:
    mask = series(around(10), emit="mask")
    with pytest.raises(RequestError, match="different outputs"):
        compare(BASE, result(mask))
    found = compare(BASE, result(series(around(10)), mask, series([], precision="float32")), allow=("files",))
    assert (len(found.changes), found.only_old, found.only_new) == (1, (), ("a.pte",))


def test_counts_are_exact() -> None:
    old, more = (result(series([], counts=counts(n)), quantity="counts") for n in (1000, 1001))
    assert [compare(a, b).changes[0].verdict for a, b in ((old, more), (more, old), (old, old))] == [
        "more",
        "fewer",
        "equal",
    ]
    assert compare(old, more).changes[0].interval is None


@settings(deadline=None)
@given(turns=st.lists(st.lists(st.floats(0.01, 1000), min_size=3, max_size=3), max_size=8))
def test_results_round_trip(turns: list[list[float]], tmp_path_factory: pytest.TempPathFactory) -> None:
    found = result(series(turns))
    path = tmp_path_factory.mktemp("results") / "r.json"
    path.write_text(found.to_json())
    assert read_result(path) == found
    assert [list(turn) for turn in found.series[0].turns] == turns


def test_other_files_are_not_results(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with pytest.raises(RequestError, match="No such file"):
        read_result(path)
    path.write_text("{}")
    with pytest.raises(RequestError, match="measure again"):
        read_result(path)
    content = json.loads(BASE.to_json())
    content["series"][0]["median_ms"] /= 2
    path.write_text(json.dumps(content))
    with pytest.raises(RequestError, match="median_ms"):
        read_result(path)
    path.write_text(json.dumps(content | {"schema_version": 1}))
    with pytest.raises(EnvironmentLackError, match="version 1"):
        read_result(path)


def test_figures_that_were_not_measured_are_none() -> None:
    empty = series([])
    assert (empty.median_ms, empty.p90_ms, empty.load_ms, empty.turns) == (None, None, None, [])
    with pytest.raises(ValueError, match="turns of equal length"):
        series(around(10), at_s=(0.0, 1.0, 2.0))
