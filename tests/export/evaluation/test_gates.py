import math

import pytest

from mobileseg.export.evaluation.accuracy import Accuracy, Gain
from mobileseg.export.evaluation.gates import gates_of, overall


def accuracy(miou: float) -> Accuracy:
    return Accuracy(miou=miou, interval=(miou, miou), pixel_accuracy=0.9, iou={})


def of_int8(miou: float, drop: float, far: float) -> dict[str, str]:
    """Verdicts by name: the reference model has ``miou``, the file ``drop`` less, and ``far`` less at the lower end of the interval."""
    gain = Gain(metric="mIoU", value=-drop, interval=(-far, drop))
    return {g.name: g.verdict for g in gates_of("int8", 1e-6, 0.97, (accuracy(miou), accuracy(miou - drop)), (gain,))}


def test_the_lower_end_of_the_interval_decides() -> None:
    assert of_int8(0.6, 0.004, 0.009)["mIoU drop"] == "PASS"
    assert of_int8(0.6, 0.004, 0.011)["mIoU drop"] == "FAIL"


def test_a_small_drop_of_a_low_score_fails() -> None:
    assert of_int8(0.1, 0.008, 0.009) == {"float parity": "PASS", "mIoU drop": "PASS", "mIoU kept": "FAIL"}


def test_the_gate_of_float_files_is_agreement() -> None:
    verdicts = [overall(gates_of("float32", 1e-6, share, (None, None), ())) for share in (0.99995, 0.9998, None)]
    assert verdicts == ["PASS", "FAIL", "UNKNOWN"]


def test_a_wrong_rewrite_fails_whatever_the_rest() -> None:
    assert overall(gates_of("float32", 1e-3, 1.0, (None, None), ())) == "FAIL"


def test_what_was_not_measured_is_unknown_and_never_pass() -> None:
    gates = gates_of("int8", 1e-6, 0.97, (None, None), ())
    assert {gate.name: gate.verdict for gate in gates} == {"float parity": "PASS", "mIoU": "UNKNOWN"}
    assert overall(gates) == overall(()) == "UNKNOWN"
    assert gates[1].found == "not measured"
    nothing = Gain(metric="mIoU", value=math.nan, interval=(math.nan, math.nan))
    nan = accuracy(math.nan)
    assert overall(gates_of("int8", 1e-6, 1.0, (nan, nan), (nothing,))) == "UNKNOWN"


@pytest.mark.parametrize("precision", ["float16", "int8", "int8-weights"])
def test_every_coarser_precision_has_accuracy_gates(precision: str) -> None:
    assert any("mIoU" in gate.name for gate in gates_of(precision, 1e-6, 1.0, (None, None), ()))
