"""The floors: what a file must reach whatever its quantization costs. As data, for each precision."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mobileseg.export.manifest import Floor, Gate
from mobileseg.export.targets import FLOAT16, FLOAT32, INT8, INT8_DYNAMIC, INT8_FLOAT16, INT8_WEIGHTS, PALETTIZED

NO_FLOOR = Floor()

# That a file follows its quantized graph says nothing of a graph that computes something else than the network: a bound relative to
# what quantization itself costs falls with it. Trained int8 networks of the zoo reach 21 dB and 96 % of the pixels and more
# (results/accuracy.json), untrained ones 12 dB (tests/export/test_zoo.py); ranges that do not fit the images leave less than 5 dB.
FLOORS: Mapping[str, Floor] = {
    FLOAT32: NO_FLOOR,  # held to equality
    FLOAT16: Floor(agreement=0.95, sqnr_db=30.0),
    INT8: Floor(agreement=0.80, sqnr_db=10.0),
    INT8_FLOAT16: Floor(agreement=0.80, sqnr_db=10.0),
    INT8_WEIGHTS: Floor(agreement=0.80, sqnr_db=10.0),
    INT8_DYNAMIC: Floor(agreement=0.80, sqnr_db=10.0),
    PALETTIZED: Floor(agreement=0.80, sqnr_db=10.0),
}


def floor_of(precision: str, task: str, agreement: float | None = None, sqnr_db: float | None = None) -> Floor:
    """The floor for a file of ``precision``, with what was asked for in place of the table's. A classifier has one class an image: a few
    images say too little of the agreement, so that only what is asked for counts."""
    floor = FLOORS[precision]
    if task == "classification":
        floor = floor.model_copy(update={"agreement": None})
    asked = {"agreement": agreement, "sqnr_db": sqnr_db}
    return floor.model_copy(update={name: value for name, value in asked.items() if value is not None})


def floor_gates(
    floor: Floor, agreement: float | None, sqnr_db: float | None, emulated_by: str | None = None
) -> tuple[Gate, ...]:
    """The gates of a file that has these figures; None is "not measured". SQNR is no gate of a file without logits. ``emulated_by``:
    what ran the file in place of its own runtime."""
    gates = []
    if floor.agreement is not None:
        found = None if agreement is None else f"{100 * agreement:.2f} %"
        wanted = f"the reference model's class in at least {100 * floor.agreement:g} % of the pixels"
        gates.append(_gate("agreement", wanted, found, agreement, floor.agreement, emulated_by))
    if floor.sqnr_db is not None and (sqnr_db is not None or agreement is None):
        found = None if sqnr_db is None else f"{sqnr_db:.1f} dB"
        wanted = f"logits that follow the reference model's to at least {floor.sqnr_db:g} dB"
        gates.append(_gate("SQNR", wanted, found, sqnr_db, floor.sqnr_db, emulated_by))
    return tuple(gates)


def _gate(
    name: str, expected: str, words: str | None, figure: float | None, bound: float, emulated_by: str | None
) -> Gate:
    if figure is None or words is None:
        return Gate(name=name, verdict="UNKNOWN", expected=expected, found="not measured")
    if math.isnan(figure) or figure < bound:  # a figure that is no number was measured, and failed
        return Gate(name=name, verdict="FAIL", expected=expected, found=words)
    if emulated_by is not None:
        return Gate(name=name, verdict="EMULATED", expected=expected, found=f"{words}, by {emulated_by}")
    return Gate(name=name, verdict="PASS", expected=expected, found=words)
