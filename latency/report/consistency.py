"""Tables of temporal and shift consistency, from comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mobileseg.latency.report.cells import Cell, Column, Table, count, interval, percent, points, text_cell

if TYPE_CHECKING:
    from mobileseg.export.evaluation.accuracy import Gain
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.export.evaluation.consistency import SequenceConsistency
    from mobileseg.export.evaluation.shift import ShiftConsistency

KEPT = (
    Column("File", numeric=False),
    Column("Precision", numeric=False),
    Column("Reference", note="share of the pixels that keep their class in the reference model"),
    Column("File keeps", note="the same in the file"),
    Column("Change, points", note="file minus reference model, in percentage points, with its 95 % interval"),
)
FRAMES = (
    *KEPT,
    Column("TC reference", note="mIoU of consecutive class maps, Liu et al., ECCV 2020"),
    Column("TC file"),
    Column("Followed", note="share of the pixels that are seen again in the next frame"),
    Column("Labels keep", note="share of those that keep their label: 100 % where the flow is exact"),
    Column("n", note="pairs of frames"),
)


def tables(group: Sequence[Comparison]) -> list[Table]:
    """A table for each sequence, for figures on different ones are not comparable, and one for moved images; none where nothing was
    measured. ``group``: comparisons on one data set."""
    sequences: dict[tuple[str, str], list[tuple[Comparison, SequenceConsistency]]] = {}
    for one in group:
        if one.temporal is not None:
            sequences.setdefault((one.temporal.sequence_sha256, one.temporal.flow_source), []).append(
                (one, one.temporal)
            )
    made = [_frames(rows) for rows in sequences.values()]
    moved = [(one, one.shift) for one in group if one.shift is not None]
    return [*made, _moved(moved)] if moved else made


def _frames(rows: Sequence[tuple[Comparison, SequenceConsistency]]) -> Table:
    first = rows[0][1]
    caption = f"Temporal consistency on {first.sequence}; flow {first.flow}: {first.flow_source}"
    return Table(caption, FRAMES, tuple((*_kept(one, found, "temporal"), *_more(found)) for one, found in rows))


def _more(found: SequenceConsistency) -> tuple[Cell, ...]:
    return (
        percent(found.float_.tc, field="temporal.float.tc"),
        percent(found.artifact.tc, field="temporal.artifact.tc"),
        percent(found.followed, field="temporal.followed"),
        percent(found.labels, field="temporal.labels"),
        count(found.pairs, "temporal.pairs"),
    )


def _moved(rows: Sequence[tuple[Comparison, ShiftConsistency]]) -> Table:
    first, last = rows[0][1].pixels
    columns = (*KEPT, Column("n", note="number of images"))
    cells = tuple((*_kept(one, found, "shift"), count(found.images, "shift.images")) for one, found in rows)
    return Table(f"Shift consistency: images moved by {first} to {last} pixels", columns, cells)


def _kept(one: Comparison, found: SequenceConsistency | ShiftConsistency, field: str) -> tuple[Cell, ...]:
    sides = (("float", found.float_), ("artifact", found.artifact))
    shares = (
        replace(percent(side.kept, field=f"{field}.{name}.kept"), second=interval(side.interval))
        for name, side in sides
    )
    return (text_cell(one.artifact_file), text_cell(one.precision), *shares, _change(found.gain, f"{field}.gain.value"))


def _change(gain: Gain, field: str) -> Cell:
    return replace(points(gain.value, field), second=interval(gain.interval, sign="+"))
