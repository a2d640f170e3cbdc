"""The gates of ``compare``: is the exported file good enough?"""

from __future__ import annotations

import math
from typing import Literal

from mobileseg.export.evaluation.accuracy import Accuracy, Gain
from mobileseg.export.evaluation.consistency import CONSISTENCY, LEAST_PAIRS, SequenceConsistency
from mobileseg.export.evaluation.verify import FLOAT_AGREEMENT, REWRITE_ERROR
from mobileseg.export.manifest import Part
from mobileseg.export.targets import FLOAT32

Verdict = Literal["PASS", "FAIL", "UNKNOWN"]
# float16 rounds every number to 11 bits: like int8 it is held to accuracy, not to the same class in every pixel.
FLOAT_PRECISIONS = (FLOAT32,)
LARGEST_DROP = 0.010  # of mIoU or PQ: one point, which the lower end of the interval must not exceed
LEAST_KEPT = 0.96  # of the reference model's mIoU or PQ
LARGEST_FLICKER = 0.010  # of temporal consistency: one point, which the lower end of the interval must not exceed


class Gate(Part):
    """One gate and its verdict, UNKNOWN where the figure was not measured. ``optional``: of a figure that was not asked for; its UNKNOWN
    does not make the whole UNKNOWN."""

    name: str
    verdict: Verdict
    expected: str
    found: str
    optional: bool = False


def gates_of(
    precision: str,
    rewrite_error: float | None,
    agreement: float | None,
    accuracy: tuple[Accuracy | None, Accuracy | None],
    gains: tuple[Gain, ...],
) -> tuple[Gate, ...]:
    """The gates for a file of ``precision``.

    ``rewrite_error``: largest difference between deploy model and reference model, relative to the output's range. ``agreement``: share
    of the pixels in which file and reference model give the same class, 0..1. ``accuracy``: of the reference model and of the file.
    ``gains``: their differences, with intervals. None, or no gains, is "not measured".
    """
    error = None if rewrite_error is None else f"{rewrite_error:.2g} of the output's range"
    gates = [
        _gate("float parity", f"deploy model within {REWRITE_ERROR:g}", error, _at_most(rewrite_error, REWRITE_ERROR))
    ]
    if precision in FLOAT_PRECISIONS:
        share = None if agreement is None else f"{100 * agreement:.4f} %"
        wanted = f"the reference model's class in {100 * FLOAT_AGREEMENT:g} % of the pixels"
        return (*gates, _gate("agreement", wanted, share, _at_least(agreement, FLOAT_AGREEMENT)))
    if not gains:
        return (*gates, _gate("mIoU", f"a drop of at most {100 * LARGEST_DROP:g} point", None, None))
    for gain in gains:
        gates += _accuracy_gates(gain, *(_figure(part, gain.metric) for part in accuracy))
    return tuple(gates)


def consistency_gates(precision: str, found: SequenceConsistency | None) -> tuple[Gate, ...]:
    """The gate of temporal consistency for a file of ``precision``; none where the classes themselves must agree. ``found``: None
    without a sequence."""
    if precision in FLOAT_PRECISIONS:
        return ()
    wanted = f"a loss of at most {100 * LARGEST_FLICKER:g} point at the lower end of the interval"
    if found is None:
        return (Gate(name=CONSISTENCY, verdict="UNKNOWN", expected=wanted, found="no --sequence", optional=True),)
    low, high = (100 * end for end in found.gain.interval)
    if math.isnan(low):
        few = f"{found.pairs} pairs of frames, too few for an interval ({LEAST_PAIRS})"
        return (Gate(name=CONSISTENCY, verdict="UNKNOWN", expected=wanted, found=few),)
    change = f"{100 * found.gain.value:+.2f} points, 95 % interval {low:+.2f} .. {high:+.2f}"
    return (_gate(CONSISTENCY, wanted, change, _at_least(found.gain.interval[0], -LARGEST_FLICKER)),)


def overall(gates: tuple[Gate, ...]) -> Verdict:
    """FAIL where any gate fails, PASS where all pass but optional ones that are UNKNOWN, else UNKNOWN; no gates are UNKNOWN."""
    verdicts = {gate.verdict for gate in gates if not (gate.optional and gate.verdict == "UNKNOWN")}
    if "FAIL" in verdicts:
        return "FAIL"
    return "PASS" if verdicts == {"PASS"} else "UNKNOWN"


def _accuracy_gates(gain: Gain, before: float | None, after: float | None) -> list[Gate]:
    low, high = (100 * end for end in gain.interval)
    drop = None if math.isnan(low) else f"{100 * gain.value:+.2f} points, 95 % interval {low:+.2f} .. {high:+.2f}"
    kept = None if before is None or after is None or not before > 0 else after / before
    share = None if kept is None else f"{100 * kept:.2f} %"
    return [
        _gate(
            f"{gain.metric} drop",
            f"at most {100 * LARGEST_DROP:g} point at the lower end of the interval",
            drop,
            _at_least(gain.interval[0], -LARGEST_DROP),
        ),
        _gate(
            f"{gain.metric} kept",
            f"at least {100 * LEAST_KEPT:g} % of the reference model's",
            share,
            _at_least(kept, LEAST_KEPT),
        ),
    ]


def _figure(accuracy: Accuracy | None, metric: str) -> float | None:
    if accuracy is None or metric == "mIoU":
        return accuracy.miou if accuracy else None
    return accuracy.panoptic.pq if accuracy.panoptic else None


def _gate(name: str, expected: str, found: str | None, good: bool | None) -> Gate:
    verdict: Verdict = "UNKNOWN" if good is None or found is None else "PASS" if good else "FAIL"
    return Gate(name=name, verdict=verdict, expected=expected, found=found or "not measured")


def _at_least(figure: float | None, bound: float) -> bool | None:
    return None if figure is None or math.isnan(figure) else figure >= bound


def _at_most(figure: float | None, bound: float) -> bool | None:
    return None if figure is None or math.isnan(figure) else figure <= bound
