"""How times are distributed, a strip for each file, and how they drift during a measurement. Of thousands of samples a page holds bins
and the medians of parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mobileseg.latency.report.charts.figure import (
    TIP,
    Row,
    Rows,
    Spec,
    chart,
    color,
    domain,
    names,
    numbers,
    plain,
    share,
)
from mobileseg.latency.report.looks import Look
from mobileseg.latency.report.tags import NO_TAGS, Tags

STEP = 26  # pixels of a row
BINS, FEWEST_BINS, PAGE_BINS = 64, 12, 6000  # of a strip, at most and at least; of all strips of a page
PARTS, FEWEST_PARTS, PAGE_PARTS = 12, 4, 1500  # of a line of drift; of all lines of a page
CUTOFF = 1.5  # times the p95: slower samples are counted at the edge, so that an outlier does not compress the rest
FAINTEST = 0.16
LEAST = (96.0, 104.0)  # percent
WIDE = 3  # times as fast, or as long

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """One file in one setting. ``turns``: one array of times in ms per turn; ``at_s``: begin of each turn, in seconds. ``of``: how many
    runs the page shows: of many each has fewer bins and parts."""

    label: str
    look: Look
    turns: Sequence[Times]
    at_s: Sequence[float]
    tags: Tags = NO_TAGS
    of: int = 1

    @property
    def bins(self) -> int:
        """How many bins a strip is divided into."""
        return max(FEWEST_BINS, min(BINS, PAGE_BINS // self.of))

    @property
    def parts(self) -> int:
        """How many points a line of drift has at most."""
        return max(FEWEST_PARTS, min(PARTS, PAGE_PARTS // self.of))

    @property
    def samples(self) -> Times:
        """All times in ms."""
        return np.concatenate(list(self.turns))


def is_wide(runs: Sequence[Run]) -> bool:
    """Whether the runs differ so much that on one axis each would be a stroke."""
    medians = [float(np.median(run.samples)) for run in runs]
    return max(medians) > WIDE * min(medians)


def distributions(title: str, runs: Sequence[Run], relative: bool = False) -> Spec:
    """A row for each run on a common axis: the darker a place, the more samples; a long stroke at the median, a short one at the p90.
    ``relative``: in percent of the run's own median."""
    scaled = [(run, 100 / float(np.median(run.samples)) if relative else 1.0) for run in runs]
    lows, highs = zip(*(_ends(run.samples * scale) for run, scale in scaled), strict=True)
    axis = domain([min(lows), max(highs)])
    low, high = axis["domain"]
    edges = np.linspace(low, high, runs[0].bins + 1)
    bins = [row for run, scale in scaled for row in _bins(run, edges, scale)]
    ranks = [row for run, scale in scaled for row in _ranks(run, scale)]
    beyond = [row for run, scale in scaled for row in _beyond(run, high / scale)]
    x = numbers("x", "% of the file's median" if relative else "ms per inference", axis, tickCount=5)
    y = names()
    stroke = {"type": "tick", "color": "var(--ink)", "thickness": 2}
    strokes = {"x": x, "y": y, "tooltip": TIP, "description": TIP}
    return chart(
        title,
        {"bins": bins, "ranks": ranks, "beyond": beyond},
        [
            {
                "data": {"name": "bins"}, "mark": {"type": "rect", "height": {"band": 0.72}},
                "encoding": {"x": x, "x2": {"field": "end"}, "y": y, "color": plain("color"), "opacity": share("share"), "tooltip": TIP},
            },
            {
                "data": {"name": "ranks"}, "transform": [{"filter": "datum.rank == 'median'"}],
                "mark": {**stroke, "size": 20}, "encoding": strokes,
            },
            {
                "data": {"name": "ranks"}, "transform": [{"filter": "datum.rank == 'p90'"}],
                "mark": {**stroke, "size": 9}, "encoding": strokes,
            },
            {
                "data": {"name": "beyond"}, "mark": {"type": "text", "align": "right", "dy": -8, "fontSize": 10, "color": "var(--muted)"},
                "encoding": {"x": {"value": "width"}, "y": y, "text": {"field": "text"}},
            },
        ],
        Rows("ranks", STEP),
    )  # fmt: skip


def _ends(samples: Times) -> tuple[float, float]:
    return float(samples.min()), float(min(samples.max(), CUTOFF * np.percentile(samples, 95)))


def _bins(run: Run, edges: Times, scale: float) -> Iterator[Row]:
    counts, _ = np.histogram(run.samples * scale, edges)
    most, total = max(int(counts.max(initial=0)), 1), len(run.samples)
    for n, begin, end in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if n:
            tip = f"{run.label}: {n} of {total} samples from {begin / scale:.3f} to {end / scale:.3f} ms"
            opacity = round(FAINTEST + (1 - FAINTEST) * n / most, 3)
            yield {
                "name": run.label, "x": begin, "end": end, "share": opacity, "color": color(run.look.color), "tip": tip,
                **run.tags.fields(),
            }  # fmt: skip


def _ranks(run: Run, scale: float) -> Iterator[Row]:
    for rank, name in ((50, "median"), (90, "p90")):
        value = float(np.percentile(run.samples, rank))
        tip = f"{run.label}, {name}: {value:.3f} ms"
        yield {"name": run.label, "rank": name, "x": value * scale, "tip": tip, **run.tags.fields()}


def _beyond(run: Run, high: float) -> Iterator[Row]:
    slower = int(np.count_nonzero(run.samples > high))
    if slower:
        yield {"name": run.label, "text": f"{slower} slower: up to {run.samples.max():.3g} ms →", **run.tags.fields()}


def drifts(title: str, runs: Sequence[Run], y_scale: Spec) -> Spec:
    """Lines of the median over time, relative to the beginning, in a few parts of the measurement. Where some runs lasted much
    longer than others, time is in percent of each."""
    rows = [row for run in runs for row in drift(run)]
    lasted = {run.label: run.at_s[-1] - run.at_s[0] for run in runs}
    relative = max(lasted.values()) > WIDE * min(lasted.values()) > 0
    if relative:
        begun = {run.label: run.at_s[0] for run in runs}
        rows = [{**row, "at": 100 * (row["at"] - begun[row["name"]]) / lasted[row["name"]]} for row in rows]
    x_title = "% of the measurement's time" if relative else "seconds since the start of the process"
    x = numbers("at", x_title, domain([row["at"] for row in rows]))
    y = numbers("value", "% of the beginning", y_scale)
    line = {"x": x, "y": y, "color": plain("color"), "strokeDash": plain("dash"), "detail": {"field": "name"}}
    return chart(
        title,
        {"parts": rows},
        [
            {"mark": {"type": "rule", "color": "var(--muted)"}, "data": {"values": [{}]}, "encoding": {"y": {"datum": 100}}},
            {"data": {"name": "parts"}, "mark": {"type": "line", "strokeWidth": 1.5}, "encoding": line},
            {
                "data": {"name": "parts"}, "mark": {"type": "point", "filled": True, "size": 20, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": plain("color"), "shape": plain("shape"), "tooltip": TIP, "description": TIP},
            },
        ],
        220,
    )  # fmt: skip


def drift_domain(runs: Iterable[Run]) -> Spec:
    """The scale that holds all lines, the same for all panels, and no less than ``LEAST``: noise is not to look like drift."""
    return domain([*LEAST, *(row["value"] for run in runs for row in drift(run))])


def drift(run: Run) -> list[Row]:
    """The median of each part of a run, in percent of the first turn's. ``at``: when the part began, in seconds."""
    first = float(np.median(run.turns[0])) or 1.0
    rows = []
    for part in np.array_split(np.arange(len(run.turns)), min(run.parts, len(run.turns))):
        value = 100 * float(np.median(np.concatenate([run.turns[i] for i in part]))) / first
        at = float(run.at_s[part[0]])
        rows.append({
            "name": run.label, "at": at, "value": value, "color": color(run.look.color), "dash": list(run.look.dash),
            "shape": run.look.shape, "tip": f"{run.label}, from {at:.1f} s: {value:.1f} %", **run.tags.fields(),
        })  # fmt: skip
    return rows
