"""The section of the page for live views of the Android app."""

from __future__ import annotations

from mobileseg.latency.report.cells import Cell, Column, Table, count, number, percent, text_cell
from mobileseg.latency.report.conditions import Facts
from mobileseg.latency.results.live import Live, LiveModel, Share, Times

COLUMNS = (
    Column("File", numeric=False),
    Column("Precision", numeric=False),
    Column("Runtime", numeric=False),
    Column("Flips", note="mean share of the pixels whose class changes from one frame to the next, motion included"),
    Column("Pairs", note="pairs of frames"),
    Column("Input, ms", note="colours and resizing; median of the last 100 frames, p90 below"),
    Column("Model, ms", note="the runtime's call; median of the last 100 frames, p90 below"),
    Column("Classes, ms", note="class map; median of the last 100 frames, p90 below"),
)


def title(one: Live) -> str:
    """The heading of one live view."""
    source = "the camera" if one.live.kind == "camera" else f"video {one.live.name}"
    return f"Live view of {source}"


def notes(one: Live) -> tuple[str, ...]:
    """What the figures are, and are not."""
    found = [
        "Times of a live view: other work goes on beside the models. To compare files, measure them with a protocol."
    ]
    if one.live.kind == "camera":
        found.append("Flips of a camera hold the motion of the scene: compare the two models, not two reports.")
    if one.agreement is not None and one.agreement.mean is not None:
        share = f"{100 * one.agreement.mean:.2f} %"
        found.append(f"The two models agree on {share} of the pixels, over {one.agreement.count} frames.")
    return tuple(found)


def warnings(one: Live) -> tuple[str, ...]:
    """Notes on the weights."""
    return tuple(f"{model.file}: {model.note}" for model in one.models if model.note)


def table(one: Live) -> Table:
    """A row for each model."""
    return Table("Live view", COLUMNS, tuple(_row(model) for model in one.models))


def facts(one: Live) -> Facts:
    """Device and settings, as pairs of title and text."""
    rate = one.frames_per_second
    headroom = one.thermal_headroom
    return (
        ("device", one.properties.summary),
        ("measured", f"{one.created:%Y-%m-%d %H:%M} UTC"),
        ("app", one.app),
        ("threads", str(one.threads)),
        ("frames per second", "not measured" if rate is None else f"{rate:.1f}"),
        ("thermal headroom", "not stated" if headroom is None else f"{headroom:.2f}"),
        ("sha256", ", ".join(f"{model.file} {model.sha256}" for model in one.models)),
    )


def _row(model: LiveModel) -> tuple[Cell, ...]:
    return (
        text_cell(model.file, f"{model.model} {model.size[0]}x{model.size[1]}"),
        text_cell(model.precision),
        text_cell(model.runtime),
        _share(model.flips),
        count(model.flips.count, "flips.count"),
        _times(model.prepare, "prepare"),
        _times(model.infer, "infer"),
        _times(model.classify, "classify"),
    )


def _share(share: Share) -> Cell:
    return percent(share.mean, field="flips.mean")


def _times(times: Times, name: str) -> Cell:
    median = number(times.median_ms, field=f"{name}.median_ms")
    second = "" if times.p90_ms is None else f"p90 {times.p90_ms:.2f}"
    return Cell(median.text, median.value, second, field=median.field)
