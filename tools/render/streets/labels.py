"""The eleven CamVid classes, and how a class and an instance travel through Blender as one number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CLASSES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign_symbol", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip
THINGS = ("car", "pedestrian", "bicyclist")
PALETTE = (
    (128, 128, 128), (128, 0, 0), (192, 192, 128), (128, 64, 128), (60, 40, 222), (128, 128, 0), (192, 128, 128),
    (64, 64, 128), (64, 0, 128), (64, 64, 0), (0, 128, 192),
)  # fmt: skip
IGNORE = 255
UNLABELLED = "unlabelled"  # litter bins, cables, benches: in no class, 255 in the mask

_PER_CLASS = 2048  # Blender's pass index ends at 32767
_UNLABELLED_CODE = 15


def pack(label: str, instance: int = 0) -> int:
    """The pass index of an object of the class ``label``. Raises ``ValueError`` for an instance that does not fit."""
    if not 0 <= instance < _PER_CLASS:
        raise ValueError(f"instance {instance} is not below {_PER_CLASS}")
    code = _UNLABELLED_CODE if label == UNLABELLED else CLASSES.index(label)
    return code * _PER_CLASS + instance


def unpack(index: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Class numbers (255: ignored) and instance numbers from pass indices; index 0, where there is nothing, is sky."""
    mask = index // _PER_CLASS
    return (
        np.where(mask == _UNLABELLED_CODE, IGNORE, mask).astype(np.uint8),
        (index % _PER_CLASS).astype(np.uint16),
    )


def class_file() -> dict[str, object]:
    """What ``classes.json`` of a rendered folder holds."""
    return {"names": CLASSES, "palette": PALETTE, "ignore_index": IGNORE, "things": THINGS}
