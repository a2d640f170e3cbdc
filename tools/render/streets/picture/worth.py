"""Whether a view shows enough of a street to be kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..labels import CLASSES

LARGEST = 0.42  # share of the picture that one car, walker or cyclist may cover
_LARGEST_OF = {"building": 0.75, "tree": 0.72, "pole": 0.22, "sign_symbol": 0.25, "fence": 0.5, "sky": 0.65}
_GROUND = 0.10


def worth_keeping(mask: NDArray[np.uint8], instances: NDArray[np.uint16]) -> bool:
    """False where something fills the picture, there is hardly any ground, or fewer than six classes are seen."""
    shares = np.bincount(mask.ravel(), minlength=256)[: len(CLASSES)] / mask.size
    things = np.bincount(instances[instances > 0].ravel(), minlength=1) / mask.size
    ground = shares[CLASSES.index("road")] + shares[CLASSES.index("pavement")]
    return bool(
        things.max(initial=0) < LARGEST
        and all(shares[CLASSES.index(name)] < most for name, most in _LARGEST_OF.items())
        and ground > _GROUND
        and (shares > 1e-4).sum() >= 6
    )
