"""Sensitivity analysis: which layers cost accuracy in int8, measured by turning roundings on and off in one calibrated graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from mobileseg.document import Document, Part
from mobileseg.export.analysis.probe import LayerEvaluator
from mobileseg.export.evaluation.layer_report import Figures, LayerCost
from mobileseg.export.manifest import KeptLayer
from mobileseg.export.quantization.keep_float import KeepFloat
from mobileseg.progress import track

SCHEMA_VERSION: Final = 1
FEWEST_PROBES = 2
LEAST_INT8 = 0.90  # of the multiply-adds: a file with less is hardly an int8 file
WORTH_DB = 0.25  # SQNR that keeping one more layer float must gain
WORTH_SHARE = 1 - 10 ** (-WORTH_DB / 10)  # share of the noise that a layer must cause to be able to gain that
Progress = Callable[[str], None]


class Kept(Part):
    """One step of the list: the figures with this layer and those before it kept float, and the share of the multiply-adds, 0..1,
    that is still int8."""

    layer: str
    int8_share: float
    figures: Figures


class Sensitivity(Document):
    """The JSON of ``sensitivity``. ``int8``: the figures with all layers in int8. ``layers``: costliest first. ``kept``: the layers
    worth keeping float, in the order in which they were added. ``float_miou``: in 0..1, None without labels."""

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
class RunDescription:
    """Names of what is analysed, for the record."""

    model: str
    weights: str
    calibration: str
    probes: str


def rank_layers(
    evaluator: LayerEvaluator,
    run: RunDescription,
    budget_s: float,
    most_drop: float | None = None,
    progress: Progress = lambda stage: None,
) -> Sensitivity:
    """Measure every layer alone and cumulatively; then keep layers float one by one, costliest first, until the time is up, no
    further layer gains ``WORTH_DB``, or the mIoU is at most ``most_drop`` (0..1) below the float model's on the probe images.

    At least ``LEAST_INT8`` of the multiply-adds stay in int8. ``budget_s``: time limit in seconds; the ranking always completes, on
    fewer probe images where time is short. ``progress`` is called with the current stage in words.
    """
    begin = time.monotonic()
    evaluator = _within(evaluator, budget_s / 2, progress)
    every = evaluator.int8_only(evaluator.graph.layers)
    costs = layer_costs(evaluator)
    kept = _keep(evaluator, costs, every, begin + budget_s, most_drop, progress)
    return Sensitivity(
        created=datetime.now(UTC).replace(microsecond=0),
        model=run.model,
        size=(evaluator.deployed.height, evaluator.deployed.width),
        weights=run.weights,
        calibration=run.calibration,
        probes=run.probes,
        images=len(evaluator.probes),
        budget_s=budget_s,
        spent_s=time.monotonic() - begin,
        float_miou=evaluator.float_miou(),
        int8=every,
        layers=tuple(costs),
        kept=tuple(kept),
    )


def layer_costs(evaluator: LayerEvaluator, kept: Collection[str] = ()) -> list[LayerCost]:
    """The cost of every layer, alone and cumulatively, costliest first. Layers that ``kept`` selects are float and left out."""
    graph = evaluator.graph
    left_out = graph.below(kept)
    names = [name for name in graph.layers if name not in left_out]
    costs: list[LayerCost] = []
    for done, name in enumerate(track(names, "layers in int8", "layers"), 1):
        share = graph.layers[name].multiply_adds / max(graph.multiply_adds, 1)
        alone, cumulative = evaluator.int8_only([name]), evaluator.int8_only(names[:done])
        costs.append(LayerCost(layer=name, multiply_adds=share, alone=alone, cumulative=cumulative))
    return sorted(costs, key=lambda cost: cost.alone.sqnr_db)


def _within(evaluator: LayerEvaluator, budget_s: float, progress: Progress) -> LayerEvaluator:
    """The evaluator on as many probe images as ``budget_s`` allows for two runs per layer."""
    begin = time.monotonic()
    evaluator.subset(1).int8_only(evaluator.graph.layers)
    each = time.monotonic() - begin
    runs = 2 * len(evaluator.graph.layers) + 1
    less = evaluator.subset(max(int(budget_s / (runs * each)), FEWEST_PROBES))
    progress(f"{runs} choices of layers, {each:.2f} s per image: {len(less.probes)} images in {budget_s:.0f} s")
    return less


def _keep(
    evaluator: LayerEvaluator,
    costs: list[LayerCost],
    every: Figures,
    until: float,
    most_drop: float | None,
    progress: Progress,
) -> list[Kept]:
    """Try one layer after the other in float, and keep those that gain ``WORTH_DB``; a layer that would leave too little in int8 is
    skipped."""
    names: list[str] = []
    steps: list[Kept] = []
    last, goal = every, evaluator.float_miou()
    for cost in costs:
        share = 10 ** ((every.sqnr_db - cost.alone.sqnr_db) / 10)  # of all the noise
        if share < WORTH_SHARE or time.monotonic() > until or _enough(last, goal, most_drop):
            break
        int8_share = evaluator.graph.int8_share([*names, cost.layer])
        if int8_share < LEAST_INT8:
            continue
        figures = evaluator.int8_except([*names, cost.layer])
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
    """The keep-float list of a ranking, each layer with what it costs in int8 as the reason."""
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
