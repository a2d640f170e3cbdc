"""Charts of the distribution of times, and of their drift during a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mobileseg.latency.report.charts import BOTTOM, LEFT, RIGHT, TOP, name_width
from mobileseg.latency.report.svg import WIDTH, Chart, Scale, color, scale_of, shorten

ROW = 54.0  # pixels
BINS = 60
MAX_STROKES = 400  # single samples drawn at most
CUTOFF = 1.5  # times the p99: slower samples are counted at the edge, so that an outlier does not compress the rest

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """One file in one setting. ``turns``: one array of times in ms per turn; ``at_s``: begin of each turn, in seconds."""

    label: str
    series: int
    turns: Sequence[Times]
    at_s: Sequence[float]

    @property
    def samples(self) -> Times:
        """All times in ms."""
        return np.concatenate(list(self.turns))


def distributions(runs: Sequence[Run]) -> str:
    """SVG with one row per run on a common axis: histogram, samples as strokes, median and p90."""
    chart = Chart("Distribution of all samples, one row per file", len(runs) * ROW + TOP + BOTTOM)
    lows, highs = zip(*(_ends(run.samples) for run in runs), strict=True)
    names = name_width([run.label for run in runs])
    x = scale_of([min(lows), max(highs)], names, WIDTH - RIGHT, log=True)
    chart.x_axis(x, TOP, chart.height - BOTTOM, "ms per inference" + (", logarithmic" if x.log else ""))
    for index, run in enumerate(runs):
        base = TOP + (index + 1) * ROW - 12
        samples = run.samples
        inside = samples[(samples >= x.low) & (samples <= x.high)]
        chart.text(names - 10, base - 8, shorten(run.label, names - 14), anchor="end")
        _area(chart, inside, x, base, run.series)
        for sample in inside[:: max(1, len(inside) // MAX_STROKES)]:
            chart.add("line", f"rug {color(run.series)}", x1=x(sample), x2=x(sample), y1=base + 2, y2=base + 8)
        for rank, name in ((50, "median"), (90, "p90")):
            value = float(np.percentile(samples, rank))
            if x.low <= value <= x.high:
                chart.add("line", f"rank {name}", tip=f"{run.label}, {name}: {value:.3f} ms", x1=x(value), x2=x(value),
                          y1=base - 30, y2=base + 8, tabindex=0)  # fmt: skip
        beyond = len(samples) - len(inside)
        if beyond:
            chart.text(x.end, base - 20, f"{beyond} slower: up to {samples.max():.3g} ms →", "tick", "end")
    return chart.markup()


def _ends(samples: Times) -> tuple[float, float]:
    return float(samples.min()), float(min(samples.max(), CUTOFF * np.percentile(samples, 99)))


def _area(chart: Chart, samples: Times, x: Scale, base: float, series: int) -> None:
    """Add the histogram, with bins of equal width on the screen."""
    edges = (np.geomspace if x.log else np.linspace)(x.low, x.high, BINS + 1)
    counts, _ = np.histogram(samples, edges)
    tallest = max(int(counts.max(initial=0)), 1)
    path = f"M{x(edges[0]):.1f} {base:.1f}"
    for n, left, right in zip(counts, edges[:-1], edges[1:], strict=True):
        top = base - 28.0 * n / tallest
        path += f"L{x(left):.1f} {top:.1f}L{x(right):.1f} {top:.1f}"
    chart.add("path", f"area {color(series)}", d=f"{path}L{x(edges[-1]):.1f} {base:.1f}Z")


def drifts(runs: Sequence[Run]) -> str:
    """SVG of each turn's median over time, relative to the first turn's; the band holds the middle 80 % of a turn's samples."""
    chart = Chart("Inference time during the measurement, relative to its beginning", 320)
    lines = [_relative(run) for run in runs]
    values = [v for rows in lines for row in rows for v in row[1:]]
    x = scale_of([at for rows in lines for at, *_ in rows], LEFT, WIDTH - RIGHT)
    y = scale_of([*values, 1.0], chart.height - BOTTOM, TOP)
    chart.x_axis(x, TOP, chart.height - BOTTOM, "seconds since the start of the process")
    chart.y_axis(y, LEFT, x.end, "% of the first turn's median")
    for run, rows in zip(runs, lines, strict=True):
        upper = "L".join(f"{x(at):.1f} {y(high):.1f}" for at, _, _, high in rows)
        lower = "L".join(f"{x(at):.1f} {y(low):.1f}" for at, low, _, _ in reversed(rows))
        chart.add("path", f"band {color(run.series)}", d=f"M{upper}L{lower}Z")
        middle = "L".join(f"{x(at):.1f} {y(mid):.1f}" for at, _, mid, _ in rows)
        chart.add("path", f"line {color(run.series)}", d=f"M{middle}")
        for at, _, mid, _ in rows:
            tip = f"{run.label}, {at:.1f} s: {mid:.1f} %"
            chart.add("circle", f"dot small {color(run.series)}", tip=tip, cx=x(at), cy=y(mid), r=2.5)
    return chart.markup()


def _relative(run: Run) -> list[tuple[float, float, float, float]]:
    """``(seconds, p10, median, p90)`` of each turn, in percent of the first turn's median."""
    first = float(np.median(run.turns[0])) or 1.0
    rows = []
    for at, turn in zip(run.at_s, run.turns, strict=True):
        low, middle, high = (100 * float(v) / first for v in np.percentile(turn, (10, 50, 90)))
        rows.append((at, low, middle, high))
    return rows
