"""The accuracy section of the page, from comparisons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mobileseg.latency.report.cells import (
    NOT_STATED,
    Cell,
    Column,
    Table,
    count,
    decibel,
    interval,
    known,
    megabytes,
    percent,
    points,
    text_cell,
    verdict,
)
from mobileseg.latency.report.charts import heat
from mobileseg.latency.report.charts.bars import Bar, bars
from mobileseg.latency.report.charts.figure import Figure, Key, Panel
from mobileseg.latency.report.looks import Looks
from mobileseg.latency.report.tags import Tags

if TYPE_CHECKING:
    from mobileseg.export.evaluation.accuracy import Accuracy
    from mobileseg.export.evaluation.compared import Comparison

MOST_LAYERS = 20
MOST_SIDES = 5  # files and reference models with a bar for each class; more are a heat map

TOP1 = (
    Column("Top-1 reference", note="of the reference model on the same images"),
    Column("Top-1 file"),
    Column("Top-1 change, points", note="file minus reference model, in percentage points; 95 % interval over images"),
)
AUTHORS = Column(
    "Authors' protocol",
    note="reference model as its authors evaluate it, and what the file's size and resize cost",
)
PQ_DROP = Column("PQ change, points", note="the same for panoptic quality")
COLUMNS = (
    Column("File", numeric=False),
    Column("Precision", numeric=False),
    Column("Verdict", numeric=False, note="of all applicable gates"),
    Column("Size"),
    Column("mIoU reference", note="of the reference model on the same images"),
    Column("mIoU file"),
    Column(
        "mIoU change, points",
        note="file minus reference model, in percentage points; 95 % interval over pairs of images",
    ),
    Column("Pixel agreement", note="share of the pixels with the same class in file and reference model"),
    Column("At boundaries", note="pixel agreement within 3 pixels of a class boundary"),
    Column("SQNR", note="of the logits, relative to the reference model"),
    Column("n", note="number of images"),
)


def table(group: Sequence[Comparison]) -> Table:
    """One row per file. ``group``: comparisons on one data set."""
    panoptic = any(gain.metric == "PQ" for one in group for gain in one.gains)
    ranked, authors = any(one.ranking for one in group), any(one.authors for one in group)
    columns = (
        *COLUMNS[:4],
        *(TOP1 if ranked else COLUMNS[4:7]),
        *((PQ_DROP,) if panoptic else ()),
        *((AUTHORS,) if authors else ()),
        *COLUMNS[7:],
    )
    rows = tuple(_row(one, ranked, panoptic, authors) for one in group)
    return Table(f"Files against their reference models on {group[0].data}", columns, rows, tuple(map(tags, group)))


def tags(one: Comparison) -> Tags:
    """For the filters."""
    return Tags("", one.model, one.precision, one.target)


def _row(one: Comparison, ranked: bool, panoptic: bool, authors: bool) -> tuple[Cell, ...]:
    logits = one.artifact_logits
    return (
        text_cell(one.artifact_file, f"{one.model}, {one.target}; evaluated by {one.evaluated_by or NOT_STATED}"),
        text_cell(one.precision),
        verdict(one.verdict),
        megabytes(one.artifact_bytes, "artifact_bytes"),
        *(_ranking(one) if ranked else _miou(one)),
        *((_gain(one, "PQ"),) if panoptic else ()),
        *((_authors(one),) if authors else ()),
        percent(one.agreement, 3, "agreement"),
        percent(logits.band_agreement if logits else None, 2, "artifact_logits.band_agreement"),
        decibel(one.sqnr_db, "sqnr_db"),
        replace(count(one.images, "images"), second="" if one.groups is None else f"in {one.groups} groups"),
    )


def _miou(one: Comparison) -> tuple[Cell, ...]:
    return (
        _with_interval(one.float_, "float.miou"),
        _with_interval(one.artifact, "artifact.miou"),
        _gain(one, "mIoU"),
    )


def _ranking(one: Comparison) -> tuple[Cell, ...]:
    cells = []
    both = (one.ranking.float_, one.ranking.artifact) if one.ranking else (None, None)
    for found, side in zip(both, ("float", "artifact"), strict=True):
        cell = percent(found.top1 if found else None, field=f"ranking.{side}.top1")
        cells.append(replace(cell, second=interval(found.interval)) if found and cell.value is not None else cell)
    return (*cells, _gain(one, "top-1"))


def _authors(one: Comparison) -> Cell:
    """Their score, and below it the cost of the metric that decides."""
    part = one.authors
    if part is None:
        return percent(None, field="authors.accuracy.miou")
    if part.ranking is not None:
        cell = percent(part.ranking.top1, field="authors.ranking.top1")
    else:
        cell = percent(part.accuracy.miou if part.accuracy else None, field="authors.accuracy.miou")
    return replace(cell, second=f"{part.protocol.name}; cost {points(part.cost[0].value).text}" if part.cost else "")


def _with_interval(accuracy: Accuracy | None, field: str) -> Cell:
    cell = percent(accuracy.miou if accuracy else None, field=field)
    return replace(cell, second=interval(accuracy.interval)) if accuracy and cell.value is not None else cell


def _gain(one: Comparison, metric: str) -> Cell:
    gain = next((g for g in one.gains if g.metric == metric), None)
    cell = points(gain.value if gain else None, f"gains.{metric}")
    return replace(cell, second=interval(gain.interval, sign="+")) if gain and cell.value is not None else cell


def gates(one: Comparison) -> Table:
    """Every gate of a file with its verdict."""
    columns = tuple(Column(title, numeric=False) for title in ("Gate", "Verdict", "Expected", "Found"))
    rows = tuple((text_cell(g.name), verdict(g.verdict), text_cell(g.expected), text_cell(g.found)) for g in one.gates)
    return Table(f"Gates of {one.artifact_file}", columns, rows)


def class_figure(group: Sequence[Comparison], looks: Looks) -> Figure | None:
    """IoU of each class, the reference models' first: bars, or a heat map of many files; None without labels."""
    group = [one for one in group if one.float_ is not None and one.artifact is not None]
    if not group:
        return None
    references = _distinct_references(group)
    several = Counter(one.model for one in references)
    sides = [
        (
            f"reference {one.model}{f' ({one.weights})' if several[one.model] > 1 else ''}",
            0,
            one.float_,
            Tags("", one.model),
        )
        for one in references
    ]
    sides += [(one.artifact_file, looks.look(one.artifact_file).color, one.artifact, tags(one)) for one in group]
    classes = list(group[0].float_.iou) if group[0].float_ else []
    title = f"IoU of each class on {group[0].data}"
    if len(sides) > MOST_SIDES:
        cells = [
            heat.Cell(name, label, value, "" if value is None else f"{value:.0f}", f"{label}, {name}: {percent(iou).text}", tag)
            for label, _, accuracy, tag in sides
            for name in classes
            for iou in (accuracy.iou.get(name) if accuracy else None,)
            for value in (100 * iou if iou is not None and known(iou) else None,)
        ]  # fmt: skip
        return Figure(
            (Panel(heat.heat(title, cells)),), "IoU of each class in percent; the darker, the higher. –: not measured."
        )
    rows = [
        Bar(name, color, 100 * iou if iou is not None and known(iou) else None, f"{label}, {name}: {percent(iou).text}", tag)
        for name in classes
        for label, color, accuracy, tag in sides
        for iou in (accuracy.iou.get(name) if accuracy else None,)
    ]  # fmt: skip
    legend = tuple(Key(label, color) for label, color, *_ in sides)
    return Figure((Panel(bars(title, rows, "IoU, %", 100.0)),), "IoU of each class.", legend)


def _distinct_references(group: Sequence[Comparison]) -> list[Comparison]:
    """One comparison per reference model: its figures are the same for all its files."""
    seen: dict[tuple[str, str, float], Comparison] = {}
    for one in group:
        assert one.float_ is not None
        seen.setdefault((one.model, one.weights, one.float_.miou), one)
    return list(seen.values())


def layer_figure(one: Comparison) -> Figure | None:
    """Bar chart of the error of each layer of an int8 file; None if layers were not compared."""
    if one.layers is None:
        return None
    rows = [
        Bar(cost.layer, color, max(figures.sqnr_db, 0.0), f"{cost.layer}, {what}: {decibel(figures.sqnr_db).text}", tags(one))
        for cost in one.layers.layers[:MOST_LAYERS]
        for color, what, figures in ((0, "alone", cost.alone), (1, "with all earlier layers", cost.cumulative))
    ]  # fmt: skip
    chart = bars(f"Error of {one.artifact_file} by layer", rows, "SQNR of the logits, dB (shorter: larger error)")
    caption = (
        f"{one.artifact_file}: SQNR with a layer in int8, on {one.layers.images} images. All layers in int8: "
        f"{decibel(one.layers.graph.sqnr_db).text}. File against the quantized graph: "
        f"{decibel(one.layers.file_with_graph_db).text}."
    )
    return Figure(
        (Panel(chart),), caption, (Key("only this layer in int8", 0), Key("this and all earlier layers in int8", 1))
    )
