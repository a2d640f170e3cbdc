"""Which layers cost accuracy in int8, found by switching roundings on and off in one calibrated graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from mobileseg.export.analysis.probe import Bench
from mobileseg.export.evaluation.layer_report import Figures, LayerCost
from mobileseg.export.manifest import Document, KeptLayer, Part
from mobileseg.export.quantization.keep_float import KeepFloat
from mobileseg.progress import track

SCHEMA_VERSION: Final = 1
FEWEST_PROBES = 2
LEAST_INT8 = 0.90  # of the multiply-adds: a file with less is no int8 file
WORTH_DB = 0.25  # what keeping one more layer float must bring
WORTH_SHARE = 1 - 10 ** (-WORTH_DB / 10)  # the share of the noise that a layer must make to be able to bring that
Progress = Callable[[str], None]


class Kept(Part):
    """The figures with this layer, too, kept float, and the share of the multiply-adds still in int8."""

    layer: str
    int8_share: float
    figures: Figures


class Sensitivity(Document):
    """``layers`` with the costliest first. ``kept``: those that are worth keeping float, one after the other. ``float_miou`` in
    0..1, None without labels."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    model: str
    size: tuple[int, int]
    weights: str
    calibration: str
    probes: str
    images: int
    budget_s: float
    spent_s: float
    float_miou: float | None
    int8: Figures
    layers: tuple[LayerCost, ...]
    kept: tuple[Kept, ...] = ()

    @property
    def keep(self) -> tuple[str, ...]:
        """The names of the layers to keep float."""
        return tuple(step.layer for step in self.kept)


@dataclass(frozen=True)
class Subject:
    """What is looked at, in words for the record."""

    model: str
    weights: str
    calibration: str
    probes: str


def rank(
    bench: Bench,
    subject: Subject,
    budget_s: float,
    most_drop: float | None = None,
    progress: Progress = lambda stage: None,
) -> Sensitivity:
    """Every layer alone and cumulatively; then, costliest first, what keeping it float brings, until the time is up, no layer is worth
    it any more, or it is enough: an mIoU at most ``most_drop`` (0..1) below the float one on the probes.

    At least ``LEAST_INT8`` of the multiply-adds stay in int8. The ranking always completes: it takes fewer probes where time is short.
    """
    begin = time.monotonic()
    bench = _within(bench, budget_s / 2, progress)
    every = bench.only(bench.graph.layers)
    costs = layer_costs(bench)
    kept = _keep(bench, costs, every, begin + budget_s, most_drop, progress)
    return Sensitivity(
        created=datetime.now(UTC).replace(microsecond=0),
        model=subject.model,
        size=(bench.deployed.height, bench.deployed.width),
        weights=subject.weights,
        calibration=subject.calibration,
        probes=subject.probes,
        images=len(bench.probes),
        budget_s=budget_s,
        spent_s=time.monotonic() - begin,
        float_miou=bench.float_miou(),
        int8=every,
        layers=tuple(costs),
        kept=tuple(kept),
    )


def layer_costs(bench: Bench, kept: Collection[str] = ()) -> list[LayerCost]:
    """Every layer alone and cumulatively, the costliest first; but for those that answer to ``kept``, which are float."""
    graph = bench.graph
    left_out = graph.below(kept)
    names = [name for name in graph.layers if name not in left_out]
    costs: list[LayerCost] = []
    for done, name in enumerate(track(names, "layers in int8", "layers"), 1):
        share = graph.layers[name].multiply_adds / max(graph.multiply_adds, 1)
        alone, cumulative = bench.only([name]), bench.only(names[:done])
        costs.append(LayerCost(layer=name, multiply_adds=share, alone=alone, cumulative=cumulative))
    return sorted(costs, key=lambda cost: cost.alone.sqnr_db)


def _within(bench: Bench, budget_s: float, progress: Progress) -> Bench:
    """With as many probes, evenly chosen, as two passes a layer leave time for."""
    begin = time.monotonic()
    bench.few(1).only(bench.graph.layers)
    each = time.monotonic() - begin
    runs = 2 * len(bench.graph.layers) + 1
    less = bench.few(max(int(budget_s / (runs * each)), FEWEST_PROBES))
    progress(f"{runs} choices, {each:.2f} s an image: {len(less.probes)} images in {budget_s:.0f} s")
    return less


def _keep(
    bench: Bench, costs: list[LayerCost], every: Figures, until: float, most_drop: float | None, progress: Progress
) -> list[Kept]:
    """Try one layer after the other in float, and keep those that bring ``WORTH_DB``; what would leave too little in int8 is passed
    over."""
    names: list[str] = []
    steps: list[Kept] = []
    last, goal = every, bench.float_miou()
    for cost in costs:
        share = 10 ** ((every.sqnr_db - cost.alone.sqnr_db) / 10)  # of all the noise
        if share < WORTH_SHARE or time.monotonic() > until or _enough(last, goal, most_drop):
            break
        int8_share = bench.graph.int8_share([*names, cost.layer])
        if int8_share < LEAST_INT8:
            continue
        figures = bench.without([*names, cost.layer])
        if figures.sqnr_db - last.sqnr_db < WORTH_DB:
            continue
        last = figures
        names.append(cost.layer)
        steps.append(Kept(layer=cost.layer, int8_share=int8_share, figures=figures))
        progress(f"{cost.layer} in float, {len(names)} in all: SQNR {figures.sqnr_db:.1f} dB")
    return steps


def _enough(figures: Figures, goal: float | None, most_drop: float | None) -> bool:
    if most_drop is None or goal is None or figures.miou is None:
        return False
    return goal - figures.miou <= most_drop


def keep_float_of(found: Sensitivity) -> KeepFloat:
    """The list that a ranking arrived at, each with what it costs in int8."""
    by_name = {cost.layer: cost for cost in found.layers}
    return KeepFloat(
        model=found.model,
        size=found.size,
        source=f"sensitivity on {found.images} images of {found.probes}",
        keep=tuple(
            KeptLayer(
                layer=name,
                reason=f"alone in int8 it leaves an SQNR of {by_name[name].alone.sqnr_db:.1f} dB; all layers in int8 "
                f"leave {found.int8.sqnr_db:.1f} dB",
                multiply_adds=by_name[name].multiply_adds,
            )
            for name in found.keep
        ),
    )
