"""Temporal consistency of a file beside its reference model: how many pixels keep their class from frame to frame, or how much both
flicker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mobileseg.data.estimated_flow import estimate, method
from mobileseg.data.fit import Fit, Placement
from mobileseg.data.flow import Flow, read_flow
from mobileseg.data.images import Batch, Pixels, read_image
from mobileseg.data.labels import read_labels
from mobileseg.data.sequence import Drive, FrameSequence
from mobileseg.document import Part
from mobileseg.errors import DatasetError
from mobileseg.export.evaluation.accuracy import Gain, Ratio
from mobileseg.metrics.blocks import Blocks
from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.confusion import Counts
from mobileseg.metrics.temporal import consistency_counts, kept, kept_gain, tc
from mobileseg.progress import track

CONSISTENCY = "temporal consistency"
LEAST_PAIRS = 8  # of frames: fewer are two blocks, whose resampling says nothing
NOT_MEASURED = (float("nan"), float("nan"))

ClassMap = NDArray[np.int32]
# Class maps of the reference model and of the file, at a size (height, width), from one batch, of what it shows of a picture.
ClassMaps = Callable[[Batch, tuple[int, int], Placement | None], tuple[ClassMap, ClassMap]]


class Consistency(Part):
    """Temporal consistency of one model, all in 0..1. ``kept``: share of the followed pixels that have the same class in the next frame;
    ``interval``: its 95 % interval, from resampling blocks of consecutive pairs; ``tc``: the mIoU of the two class maps, TC of Liu et
    al., ECCV 2020 (``mobileseg.metrics.temporal``)."""

    kept: Ratio
    interval: tuple[Ratio, Ratio]
    tc: Ratio


class SequenceConsistency(Part):
    """Temporal consistency on a sequence.

    ``sequence``: what it is called; ``sequence_sha256``: of its frames and flow files. ``drives``: separate takes in it; ``pairs``: of
    consecutive frames; ``block``: pairs that are resampled together. ``flow``: whether the motion between frames is given or
    estimated, ``flow_source``: from what. ``followed``: share of the pixels that are seen again in the next frame; only they count.
    ``labels``: share of them that keep their label, 1 where the flow is exact, None without labels. ``gain``: the artifact's ``kept``
    minus the reference model's; no interval where there are fewer than 8 pairs.
    """

    sequence: str
    sequence_sha256: str
    frames: int
    drives: int
    pairs: int
    block: int
    flow: Literal["given", "estimated"]
    flow_source: str
    followed: Ratio
    labels: Ratio | None
    float_: Consistency = Field(alias="float")
    artifact: Consistency
    gain: Gain


class _Frame(NamedTuple):
    pixels: Pixels
    maps: tuple[ClassMap, ClassMap]
    label: NDArray[np.int64] | None


@dataclass
class _Meter:
    """One confusion matrix a pair of frames: of the reference model, of the file, and of the labels."""

    classes: int
    sides: tuple[list[Counts], list[Counts]] = field(default_factory=lambda: ([], []))
    labels: list[Counts] = field(default_factory=list)
    points: int = 0
    followed: int = 0

    def add(self, now: _Frame, later: _Frame, flow: Flow, drive: Drive) -> None:
        along = flow.motion, flow.seen, flow.step
        for counts, here, there in zip(self.sides, now.maps, later.maps, strict=True):
            counts.append(consistency_counts(here, there, *along, self.classes, self.classes))
        if now.label is not None and later.label is not None and drive.labels is not None:
            known = drive.labels[1]
            self.labels.append(consistency_counts(now.label, later.label, *along, len(known.names), known.ignored))
        self.points += flow.seen.size
        self.followed += int(self.sides[0][-1].sum())


def compare_sequence(sequence: FrameSequence, maps: ClassMaps, fit: Fit, num_classes: int) -> SequenceConsistency:
    """The temporal consistency of two models on a sequence, class maps at the frames' size; what the input does not show is not followed.

    ``maps``: gives the class maps of both; ``fit``: how frames become their input. Raises ``DatasetError`` where no pixel of any frame is
    seen again.
    """
    meter = _Meter(num_classes)
    for now, later, drive, number in _pairs(sequence, maps, fit, num_classes):
        flow = read_flow(drive.flows[number], drive.size) if drive.flows else estimate(now.pixels, later.pixels)
        meter.add(now, later, flow, drive)
    if not meter.followed:
        raise DatasetError(
            expected="consecutive frames, with pixels that are seen again in the next one",
            found=f"none in {sequence.path}",
            fix="give frames that follow each other, or remove flow/ to have it estimated",
        )
    blocks = Blocks.of(sequence.pairs)
    before, after = (np.stack(counts) for counts in meter.sides)
    enough = len(before) >= LEAST_PAIRS
    sides = [
        Consistency(
            kept=kept(stack.sum(0)),
            interval=interval(kept, stack, draw=blocks) if enough else NOT_MEASURED,
            tc=tc(stack.sum(0)),
        )
        for stack in (before, after)
    ]
    gain = Gain(
        metric=CONSISTENCY,
        value=kept_gain(before.sum(0), after.sum(0)),
        interval=interval(kept_gain, before, after, draw=blocks) if enough else NOT_MEASURED,
    )
    return SequenceConsistency(
        sequence=sequence.title,
        sequence_sha256=sequence.sha256,
        frames=sequence.frames,
        drives=len(sequence.drives),
        pairs=len(before),
        block=blocks.size,
        flow="given" if sequence.flow_given else "estimated",
        flow_source="files of the sequence" if sequence.flow_given else method(),
        followed=meter.followed / meter.points,
        labels=_labels(meter.labels),
        float=sides[0],
        artifact=sides[1],
        gain=gain,
    )


def _pairs(
    sequence: FrameSequence, maps: ClassMaps, fit: Fit, unseen: int
) -> Iterator[tuple[_Frame, _Frame, Drive, int]]:
    """Every two consecutive frames, with their drive and the number of the first; each frame is computed once. ``unseen``: the class of
    pixels that the input does not show."""
    places = [(drive, number) for drive in sequence.drives for number in range(len(drive.frames))]
    before: _Frame | None = None
    for drive, number in track(places, "compare frames", "frames"):
        pixels = read_image(drive.frames[number])
        label = read_labels(drive.labels[0][number], drive.labels[1]) if drive.labels else None
        place = fit.place(drive.size)
        found = maps(fit.batch(pixels), place.seen.size, place)
        frame = _Frame(pixels, (place.whole(found[0], unseen), place.whole(found[1], unseen)), label)
        if number and before is not None:
            yield before, frame, drive, number - 1
        before = frame


def _labels(counts: list[Counts]) -> float | None:
    """Drives may have labels of different classes: what was kept is summed, not the matrices."""
    total = sum(int(one.sum()) for one in counts)
    return sum(int(np.trace(one)) for one in counts) / total if total else None
