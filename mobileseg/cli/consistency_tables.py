"""How consistency is shown: the pixels that keep their class from frame to frame, and where an image is moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mobileseg.cli.accuracy_rows import ends
from mobileseg.cli.console import percent
from mobileseg.cli.tables import add, table

if TYPE_CHECKING:
    from rich.console import Console

    from mobileseg.export.evaluation.compared import Comparison

INDENT = " " * 16


def show(console: Console, result: Comparison) -> None:
    """Both models side by side, the differences, and what they were measured on; nothing where nothing was measured."""
    found, moved = result.temporal, result.shift
    if found is None and moved is None:
        return
    both = table("", "float", "artifact")
    if found is not None:
        models = found.float_, found.artifact
        add(both, "temporal consistency", *(percent(one.kept) for one in models))
        add(both, "  95 % interval", *(ends(one.interval) for one in models))
        add(both, "  TC (mIoU)", *(percent(one.tc) for one in models))
    if moved is not None:
        add(both, "shift consistency", *(percent(one.kept) for one in (moved.float_, moved.artifact)))
        add(both, "  95 % interval", *(ends(one.interval) for one in (moved.float_, moved.artifact)))
    console.print(both)
    if found is not None:
        labels = "" if found.labels is None else f"; of these, {percent(found.labels)} keep their label"
        console.print(f"temporal        {_change(found.gain.value, found.gain.interval)}")
        console.print(
            f"{INDENT}{found.pairs} pairs of frames of {found.sequence}; flow {found.flow}: {found.flow_source}"
        )
        console.print(f"{INDENT}{percent(found.followed)} of the pixels are seen again{labels}")
    if moved is not None:
        console.print(f"shift           {_change(moved.gain.value, moved.gain.interval)}")
        console.print(f"{INDENT}{moved.images} images, moved by {moved.pixels[0]} to {moved.pixels[1]} pixels")


def _change(value: float, interval: tuple[float, float]) -> str:
    low, high = interval
    shown = percent(None) if math.isnan(low) else f"{100 * low:+.2f} .. {100 * high:+.2f}"
    return f"{100 * value:+.2f} points, 95 % interval {shown}"
