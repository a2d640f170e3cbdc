"""How steady the classes of both models are: from frame to frame of a sequence, and where an image is moved by a few pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mobileseg.data.opening import ImageSource
from mobileseg.data.sequence import FrameSequence
from mobileseg.export.evaluation.consistency import SequenceConsistency, compare_sequence
from mobileseg.export.evaluation.shift import ShiftConsistency, compare_shift
from mobileseg.export.evaluation.side_by_side import SideBySide


class Stability(NamedTuple):
    """None for what was not asked for."""

    temporal: SequenceConsistency | None
    shift: ShiftConsistency | None


def stability_of(
    models: SideBySide, images: Sequence[ImageSource], sequence: FrameSequence | None, shift: bool
) -> Stability:
    """On the ``sequence``, and on some of the ``images`` where ``shift``. Raises ``UnsoundOutputError``."""
    fit, classes = models.fit, models.artifact.manifest.model.num_classes
    return Stability(
        None if sequence is None else compare_sequence(sequence, models.maps, fit, classes),
        compare_shift(images, models.maps, fit) if shift else None,
    )
