"""The charts that the page begins with: speed of every file on every device, and accuracy against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mobileseg.latency.report.cells import in_percent, percent
from mobileseg.latency.report.charts.figure import Figure, Panel
from mobileseg.latency.report.charts.heat import Cell, heat
from mobileseg.latency.report.charts.scatter import Point, mark_pareto_front, scatter, y_domain
from mobileseg.latency.report.looks import Looks, precision_order
from mobileseg.latency.report.scores import newest, score
from mobileseg.latency.report.tags import Tags
from mobileseg.latency.report.tracks import Place, Track, file_names, place_names, setting

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison

NOT_MEASURED = "not measured"


def heat_figure(every: Sequence[Track]) -> Figure | None:
    """Files by devices, a panel for each number of threads; None for a single device or a single file."""
    labels = dict(zip(map(id, every), file_names(every), strict=True))
    places = place_names(track.latest.place for track in every)
    if len({(place.device, place.machine) for place in places}) < 2 or len(set(labels.values())) < 2:
        return None
    ordered = sorted(
        every,
        key=lambda track: (track.latest.tags.model, precision_order(track.latest.tags.precision), labels[id(track)]),
    )
    values = [track.latest.value for track in every if track.latest.value]
    ends = (min(values, default=1.0), max(values, default=1.0))
    panels = []
    for name in dict.fromkeys(setting(place) for place in places):
        columns = {place: text.removesuffix(f", {name}") for place, text in places.items() if setting(place) == name}
        here = [track for track in ordered if track.latest.place in columns]
        cells = [
            _cell(label, columns[place], place, [t for t in here if labels[id(t)] == label])
            for label in dict.fromkeys(labels[id(track)] for track in here)
            for place in columns
        ]
        panels.append(Panel(heat(f"Time of every file on every device, {name}", cells, log=True, ends=ends), name))
    return Figure(
        tuple(panels),
        "Time of one inference in ms, of the latest measurement; the darker, the slower. –: not measured.",
        narrow=len({(place.device, place.machine) for place in places}) <= NARROW,
    )


NARROW = 6  # devices beside each other in half the width of a page


def _cell(label: str, column: str, place: Place, found: Sequence[Track]) -> Cell:
    """Of several protocols the first."""
    one = next((track.latest for track in found if track.latest.place == place), None)
    tags = (one or found[0].latest).tags._replace(device=place.device)
    if one is None or one.value is None:
        return Cell(column, label, None, "", f"{label} on {column}: {NOT_MEASURED}", tags)
    figure = one.result.protocol.figure
    return Cell(column, label, one.value, _digits(one.value), f"{label} on {column}: {figure} {one.value:.2f} ms", tags)


def _digits(ms: float) -> str:
    return f"{ms:.{0 if ms >= 100 else 1 if ms >= 10 else 2}f}"


def tradeoff_figure(every: Sequence[Track], compared: Sequence[Comparison], looks: Looks) -> Figure | None:
    """Accuracy against time, a panel with its Pareto front for each device and number of threads; None for no file with both.

    ``compared``: comparisons on one data set; files are matched by sha256, not by name.
    """
    accuracy = newest(compared)
    places = place_names(track.latest.place for track in every)
    groups = {place: number for number, place in enumerate(places)}
    dots: list[Point] = []
    drawn: list[str] = []
    metric = ""
    for label, track in zip(file_names(every), every, strict=True):
        one, series = track.latest, track.latest.series[0]
        found = score(accuracy.get(series.sha256))
        if found is None or one.value is None:
            continue
        metric = metric or found.metric
        drawn.append(series.file)
        tip = f"{label} on {places[one.place]}: {one.value:.2f} ms, {found.metric} {percent(found.value).text}"
        dots.append(
            Point(one.value, 100 * found.value, tip, looks.look(series.file), one.tags, in_percent(found.value_interval),
                  group=groups[one.place])
        )  # fmt: skip
    if not dots:
        return None
    marked, y_scale = mark_pareto_front(dots), y_domain(dots)
    panels = []
    for place, number in groups.items():
        here = [dot for dot in marked if dot.group == number]
        if here:
            title = f"{metric} against time on {places[place]}"
            figure = every[0].latest.result.protocol.figure
            panels.append(
                Panel(scatter(title, here, f"{figure} of one inference, ms", f"{metric}, %", y_scale), places[place], place.device)
            )  # fmt: skip
    caption = (
        f"Latency against {metric} on {compared[0].data}; files are matched by their sha256. Vertical lines: 95 % interval over images. "
        "Dashed: the Pareto front of each device and number of threads (there no other file is both faster and more accurate)."
    )
    return Figure(tuple(panels), caption, looks.legend(drawn), narrow=True)


def size_figure(group: Sequence[Comparison], looks: Looks) -> Figure | None:
    """Accuracy against file size; None if no file has both. ``group``: comparisons on one data set."""
    dots, metric = [], ""
    for one in group:
        found = score(one)
        if found is None or one.artifact_bytes is None:
            continue
        metric = metric or found.metric
        size = one.artifact_bytes / 1e6
        tip = f"{one.artifact_file}: {found.metric} {percent(found.value).text}, {size:.2f} MB"
        tags = Tags("", one.model, one.precision, one.target)
        dots.append(
            Point(size, 100 * found.value, tip, looks.look(one.artifact_file), tags, in_percent(found.value_interval))
        )
    if not dots:
        return None
    title = f"{metric} against file size on {group[0].data}"
    spec = scatter(title, mark_pareto_front(dots), "file size, MB", f"{metric}, %", y_domain(dots))
    caption = (
        "Accuracy against size. Vertical lines: 95 % interval over images. Dashed: Pareto front (no other file is both smaller "
        "and more accurate)."
    )
    return Figure((Panel(spec),), caption, looks.legend(one.artifact_file for one in group))
