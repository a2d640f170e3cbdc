"""The gates, from figures alone; tests/export/evaluation/test_comparison.py has real files."""

import math
from dataclasses import replace
from typing import Any

import pytest

from mobileseg.export.evaluation.accuracy import Chance, Gain
from mobileseg.export.evaluation.evidence import FEWEST_GROUPS, FEWEST_IMAGES, LEAST_SKILL, Evidence, fix_of
from mobileseg.export.evaluation.floors import FLOORS, floor_gates, floor_of
from mobileseg.export.evaluation.gates import Measured, gates_of, overall
from mobileseg.export.manifest import Floor
from mobileseg.export.targets import TARGETS

GOOD = Chance(metric="mIoU", guess=0.2, value=0.5, interval=(0.45, 0.55))
ENOUGH = Evidence(images=FEWEST_IMAGES, chance=(GOOD,), constant=0.5)
INT8 = Measured("int8", ENOUGH, 1e-6, 1.0, 0.97, 25.0, floor=FLOORS["int8"])
FLOAT = Measured("float32", ENOUGH, 1e-6, 1.0, 0.99995, 100.0)


def with_labels(measured: Measured, miou: float = 0.6, drop: float = 0.0, far: float = 0.0, **more: Any) -> Measured:
    """The reference model has ``miou``, the file ``drop`` less, and ``far`` less at the lower end of the interval."""
    gain = Gain(metric="mIoU", value=-drop, interval=(-far, drop))
    return replace(measured, figures={"mIoU": (miou, miou - drop)}, gains=(gain,), **more)


def said(measured: Measured) -> dict[str, str]:
    return {gate.name: gate.verdict for gate in gates_of(measured)}


def test_a_good_file_passes_every_gate() -> None:
    assert overall(gates_of(with_labels(INT8, 0.6, 0.004, 0.009))) == "PASS"
    assert overall(gates_of(FLOAT)) == overall(gates_of(with_labels(FLOAT))) == "PASS"


def test_the_lower_end_of_the_interval_decides() -> None:
    assert said(with_labels(INT8, 0.6, 0.004, 0.009))["mIoU drop"] == "PASS"
    assert said(with_labels(INT8, 0.6, 0.004, 0.011))["mIoU drop"] == "FAIL"


def test_a_small_drop_of_a_low_score_fails() -> None:
    found = said(with_labels(INT8, 0.1, 0.008, 0.009))
    assert (found["mIoU drop"], found["mIoU kept"]) == ("PASS", "FAIL")


def test_the_gate_of_float_files_is_agreement() -> None:
    verdicts = [overall(gates_of(replace(FLOAT, agreement=share))) for share in (0.99995, 0.9998, None)]
    assert verdicts == ["PASS", "FAIL", "UNKNOWN"]


def test_a_wrong_rewrite_fails_whatever_the_rest() -> None:
    assert overall(gates_of(replace(FLOAT, rewrite_error=1e-3))) == "FAIL"
    assert overall(gates_of(replace(FLOAT, rewrite_error=math.inf))) == "FAIL"


@pytest.mark.parametrize(("share", "verdict"), [(0.99995, "PASS"), (0.9998, "FAIL"), (None, "UNKNOWN")])
def test_masks_are_held_to_equal_classes(share: float | None, verdict: str) -> None:
    """They have no logits: their deploy model was UNKNOWN for ever."""
    for measured in (FLOAT, with_labels(INT8, 0.6, 0.004, 0.009)):
        mask = replace(measured, rewrite_error=None, rewrite_agreement=share, sqnr_db=None)
        assert said(mask)["float parity"] == verdict
        assert "SQNR" not in said(mask)
        assert overall(gates_of(mask)) == verdict


def test_what_was_not_measured_is_unknown_and_never_pass() -> None:
    gates = gates_of(INT8)
    assert gates[-1].name == "mIoU"
    assert (gates[-1].verdict, gates[-1].found) == ("UNKNOWN", "not measured")
    assert overall(gates) == overall(()) == "UNKNOWN"
    nothing = Gain(metric="mIoU", value=math.nan, interval=(math.nan, math.nan))
    assert overall(gates_of(replace(INT8, figures={"mIoU": (math.nan, math.nan)}, gains=(nothing,)))) == "UNKNOWN"


@pytest.mark.parametrize("precision", ["float16", "int8", "int8-weights", "int8-dynamic"])
def test_every_coarser_precision_has_accuracy_gates(precision: str) -> None:
    assert any("mIoU" in gate.name for gate in gates_of(replace(INT8, precision=precision)))


LACKING = {
    "images": {"images": FEWEST_IMAGES - 1},
    "groups": {"groups": FEWEST_GROUPS - 1},
    "trained": {"trained": False},
    "mIoU above chance": {"chance": (GOOD.model_copy(update={"interval": (LEAST_SKILL - 0.001, 0.9)}),)},
}


@pytest.mark.parametrize("name", LACKING)
@pytest.mark.parametrize("measured", [INT8, FLOAT], ids=["int8", "float32"])
def test_too_little_evidence_is_unknown_and_says_what_is_lacking(name: str, measured: Measured) -> None:
    evidence = replace(ENOUGH, **LACKING[name])
    for drop in (0.0, 0.3):  # a large drop is no failure either where there is nothing to go by
        gates = gates_of(with_labels(replace(measured, evidence=evidence), 0.6, drop, drop))
        assert {gate.name: gate.verdict for gate in gates}[name] == "UNKNOWN"
        assert overall(gates) == "UNKNOWN"
        assert fix_of(gates) != "see the gates that are UNKNOWN"
        if measured is INT8:
            drops = [gate for gate in gates if gate.name.startswith("mIoU ") and gate.name != "mIoU above chance"]
            assert drops
            assert all(name in gate.found for gate in drops)


@pytest.mark.parametrize("broken", [{"agreement": 0.5}, {"rewrite_error": 0.1}, {"sqnr_db": 2.0}])
def test_what_is_certain_fails_on_any_number_of_images(broken: dict[str, float]) -> None:
    alone = replace(ENOUGH, images=1)
    assert overall(gates_of(with_labels(replace(INT8, evidence=alone, **broken)))) == "FAIL"


@pytest.mark.parametrize(("constant", "verdict"), [(0.9989, "PASS"), (0.9991, "UNKNOWN"), (None, "UNKNOWN")])
def test_one_map_for_all_images_says_nothing(constant: float | None, verdict: str) -> None:
    assert overall(gates_of(replace(FLOAT, evidence=replace(ENOUGH, constant=constant)))) == verdict


def test_chance_that_was_not_measured_is_no_pass() -> None:
    nothing = Chance(metric="mIoU", guess=1.0, value=math.nan, interval=(math.nan, math.nan))
    assert (
        said(with_labels(replace(FLOAT, evidence=replace(ENOUGH, chance=(nothing,)))))["mIoU above chance"] == "UNKNOWN"
    )


def test_panoptic_quality_needs_its_own_evidence() -> None:
    poor = GOOD.model_copy(update={"metric": "PQ", "interval": (0.0, 0.2)})
    measured = with_labels(replace(INT8, evidence=replace(ENOUGH, chance=(GOOD, poor))))
    assert said(measured)["PQ above chance"] == overall(gates_of(measured)) == "UNKNOWN"


def test_every_precision_has_a_floor() -> None:
    assert {name for target in TARGETS.values() for name in target.precisions} <= set(FLOORS)
    assert FLOORS["float32"] == Floor()


@pytest.mark.parametrize(
    ("agreement", "sqnr_db", "verdicts"),
    [
        (0.81, 10.5, ["PASS", "PASS"]), (0.79, 10.5, ["FAIL", "PASS"]), (0.81, 9.0, ["PASS", "FAIL"]),
        (0.81, math.inf, ["PASS", "PASS"]), (0.81, -math.inf, ["PASS", "FAIL"]), (0.81, math.nan, ["PASS", "FAIL"]),
        (math.nan, 20.0, ["FAIL", "PASS"]), (0.81, None, ["PASS"]), (None, None, ["UNKNOWN", "UNKNOWN"]),
    ],
)  # fmt: skip
def test_the_floor(agreement: float | None, sqnr_db: float | None, verdicts: list[str]) -> None:
    assert [gate.verdict for gate in floor_gates(FLOORS["int8"], agreement, sqnr_db)] == verdicts


def test_an_emulated_figure_is_no_pass() -> None:
    gates = floor_gates(FLOORS["int8"], 0.9, 20.0, "our interpreter")
    assert [gate.verdict for gate in gates] == ["EMULATED"] * 2
    assert all("our interpreter" in gate.found for gate in gates)
    assert [gate.verdict for gate in floor_gates(FLOORS["int8"], 0.1, 2.0, "our interpreter")] == ["FAIL"] * 2


def test_what_is_asked_for_takes_the_place_of_the_table() -> None:
    assert floor_of("int8", "segmentation") == FLOORS["int8"]
    assert floor_of("int8", "segmentation", agreement=0.99) == Floor(agreement=0.99, sqnr_db=FLOORS["int8"].sqnr_db)
    assert floor_of("float32", "segmentation", sqnr_db=60) == Floor(sqnr_db=60)
    assert floor_of("int8", "classification").agreement is None
    assert floor_of("int8", "classification", agreement=0.9).agreement == 0.9
