"""Optical flow between two pictures, estimated where none is given: DIS, and which points can be trusted.

Papers: Kroeger, Timofte, Dai, Van Gool, "Fast Optical Flow using Dense Inverse Search", ECCV 2016 (in OpenCV); forward-backward check:
Sundaram, Brox, Keutzer, "Dense Point Trajectories by GPU-accelerated Large Displacement Optical Flow", ECCV 2010, section 3.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.flow import Flow
from mobileseg.data.images import Pixels
from mobileseg.data.sequence import FrameSequence
from mobileseg.errors import DatasetError
from mobileseg.registry import require

RELATIVE, ABSOLUTE = 0.01, 0.5  # of the squared motions, and in squared pixels: the paper's
SMALLEST = 32  # pixels a side: on smaller pictures OpenCV's DIS has nothing to begin with, and crashes
Motion = NDArray[np.float32]


def check_possible(sequence: FrameSequence) -> None:
    """Raise ``MissingExtraError`` where OpenCV is not installed, ``DatasetError`` for frames that are too small."""
    require(("cv2",), "estimating the optical flow of a sequence", "opencv")
    for drive in sequence.drives:
        if min(drive.size) < SMALLEST:
            raise DatasetError(
                expected=f"frames of at least {SMALLEST}x{SMALLEST} pixels, for their flow to be estimated",
                found=f"{drive.size[0]}x{drive.size[1]} (height x width) in {drive.frames[0].parent}",
                fix="give larger frames, or their flow",
            )


def method() -> str:
    """What ``estimate`` does, for a result."""
    import cv2

    return f"estimated by DIS (OpenCV {cv2.__version__}), with a forward-backward check"


def estimate(now: Pixels, later: Pixels) -> Flow:
    """The flow from one picture ``(H, W, 3)`` uint8 RGB to the next of the same size. A point counts as seen where the flow back from
    where it lands leads to it again. The same for any number of threads. Raises ``ValueError`` below ``SMALLEST`` pixels a side, and for
    different sizes."""
    import cv2

    if now.shape != later.shape or min(now.shape[:2]) < SMALLEST:
        raise ValueError(f"no flow can be estimated between pictures {now.shape} and {later.shape}")
    grey = [np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8) for picture in (now, later)]
    with _one_thread():
        forth, back = (_dis(*pair) for pair in (grey, grey[::-1]))
        return Flow(forth, returns(forth, back), 1)


def returns(forth: Motion, back: Motion) -> NDArray[np.bool_]:
    """Whether the flow ``back`` ``(H, W, 2)``, where a point lands, undoes the flow ``forth``: their sum is small,
    ``|w + v|^2 < 0.01 (|w|^2 + |v|^2) + 0.5``."""
    import cv2

    height, width = forth.shape[:2]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    there = cv2.remap(
        back, columns + forth[..., 0], rows + forth[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    difference, moved = (((forth + there) ** 2).sum(-1), (forth**2).sum(-1) + (there**2).sum(-1))
    undone: NDArray[np.bool_] = difference < RELATIVE * moved + ABSOLUTE
    return undone


def _dis(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Motion:
    import cv2

    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = estimator.calc(first, second, None)  # type: ignore[call-overload]  # an array would be where it begins
    return np.asarray(found, dtype=np.float32)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """DIS propagates flow within one stripe of the picture a thread: their number would be part of the result."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
