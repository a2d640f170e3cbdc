"""The gates of ``compare``: is the exported file good enough, and is there enough to say so?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mobileseg.export.evaluation.accuracy import Gain
from mobileseg.export.evaluation.consistency import CONSISTENCY, LEAST_PAIRS, SequenceConsistency
from mobileseg.export.evaluation.evidence import Evidence
from mobileseg.export.evaluation.floors import NO_FLOOR, floor_gates
from mobileseg.export.evaluation.verify import FLOAT_AGREEMENT, REWRITE_ERROR
from mobileseg.export.manifest import Floor, Gate
from mobileseg.export.targets import FLOAT32

MIOU = "mIoU"
Figures = Mapping[str, tuple[float | None, float | None]]
Verdict = Literal["PASS", "FAIL", "UNKNOWN"]
# float16 rounds every number to 11 bits: like int8 it is held to accuracy, not to the same class in every pixel.
FLOAT_PRECISIONS = (FLOAT32,)
LARGEST_DROP = 0.010  # of mIoU, PQ or top-1: one point, which the lower end of the interval must not exceed
DECIDED_BY_EVIDENCE = (" drop", " kept")  # ends of the names of gates that are UNKNOWN where the evidence is lacking
LEAST_KEPT = 0.96  # of the reference model's mIoU, PQ or top-1
LARGEST_FLICKER = 0.010  # of temporal consistency: one point, which the lower end of the interval must not exceed
EQUAL_CLASSES = f"the reference model's class in {100 * FLOAT_AGREEMENT:g} % of the pixels"


@dataclass(frozen=True)
class Measured:
    """What was measured of a file of ``precision``; None, and no gains, is "not measured".

    ``evidence``: on what. ``rewrite_error``: largest difference between deploy model and reference model, relative to the output's range;
    None where they give masks. ``rewrite_agreement``: share of the pixels in which these give the same class, 0..1. ``agreement``,
    ``sqnr_db``: of the file with the reference model. ``figures``: of the reference model and of the file, by metric, none without labels;
    ``metric``: the one that decides for this kind of model. ``gains``: their differences, with intervals. ``floor``: what the file must
    reach in any case.
    """

    precision: str
    evidence: Evidence
    rewrite_error: float | None
    rewrite_agreement: float | None
    agreement: float | None
    sqnr_db: float | None = None
    metric: str = MIOU
    figures: Figures = field(default_factory=dict)
    gains: tuple[Gain, ...] = ()
    floor: Floor = NO_FLOOR

    @property
    def labelled(self) -> bool:
        """Whether there were labels."""
        return bool(self.figures)


def gates_of(measured: Measured) -> tuple[Gate, ...]:
    """The gates for a file. What is exact (equal classes, equal logits, the floors) fails on any number of images; what is a figure over
    images is UNKNOWN unless there is enough evidence."""
    exact = measured.precision in FLOAT_PRECISIONS
    evidence = measured.evidence.gates(measured.labelled, FLOAT_AGREEMENT if exact else None)
    gates = [_parity(measured)]
    if exact:
        share = None if measured.agreement is None else f"{100 * measured.agreement:.4f} %"
        gates.append(_gate("agreement", EQUAL_CLASSES, share, _at_least(measured.agreement, FLOAT_AGREEMENT)))
        return (*gates, *evidence)
    gates += [*floor_gates(measured.floor, measured.agreement, measured.sqnr_db), *evidence]
    if not measured.gains:
        gates.append(_gate(measured.metric, f"a drop of at most {100 * LARGEST_DROP:g} point", None, None))
    lacking = [gate for gate in evidence if gate.verdict != "PASS"]
    for gain in measured.gains:
        both = measured.figures.get(gain.metric, (None, None))
        gates += [_undecided(gate, lacking) for gate in _accuracy_gates(gain, *both)]
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


def overall(gates: Sequence[Gate]) -> Verdict:
    """FAIL where any gate fails, PASS where all pass but optional ones that are UNKNOWN, else UNKNOWN; no gates are UNKNOWN."""
    verdicts = {gate.verdict for gate in gates if not (gate.optional and gate.verdict == "UNKNOWN")}
    if "FAIL" in verdicts:
        return "FAIL"
    return "PASS" if verdicts == {"PASS"} else "UNKNOWN"


def _parity(measured: Measured) -> Gate:
    """The deploy model against the reference model: by their logits, or, where they give masks, by their classes."""
    if measured.rewrite_error is None:
        share = None if measured.rewrite_agreement is None else f"{100 * measured.rewrite_agreement:.4f} %"
        good = _at_least(measured.rewrite_agreement, FLOAT_AGREEMENT)
        return _gate("float parity", f"deploy model with {EQUAL_CLASSES}", share, good)
    found = f"{measured.rewrite_error:.2g} of the output's range"
    good = _at_most(measured.rewrite_error, REWRITE_ERROR)
    return _gate("float parity", f"deploy model within {REWRITE_ERROR:g}", found, good)


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


def _undecided(gate: Gate, lacking: Sequence[Gate]) -> Gate:
    """The gate, but UNKNOWN where the evidence is ``lacking``."""
    if not lacking or gate.verdict == "UNKNOWN":
        return gate
    found = f"{gate.found}, which says too little: see {', '.join(each.name for each in lacking)}"
    return gate.model_copy(update={"verdict": "UNKNOWN", "found": found})


def _gate(name: str, expected: str, found: str | None, good: bool | None) -> Gate:
    verdict: Verdict = "UNKNOWN" if good is None or found is None else "PASS" if good else "FAIL"
    return Gate(name=name, verdict=verdict, expected=expected, found=found or "not measured")


def _at_least(figure: float | None, bound: float) -> bool | None:
    return None if figure is None or math.isnan(figure) else figure >= bound


def _at_most(figure: float | None, bound: float) -> bool | None:
    return None if figure is None or math.isnan(figure) else figure <= bound
