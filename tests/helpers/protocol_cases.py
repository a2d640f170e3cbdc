"""The pictures and logits of tests/golden/protocol, from numpy alone: the order of the draws is that of the goldens."""

import numpy as np
from numpy.typing import NDArray

STRIDE = 7


def picture(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """``(height, width, 3)`` uint8 RGB: four products of waves and a chequerboard in each channel."""
    draw = np.random.default_rng(seed)
    row, column = np.mgrid[0:height, 0:width].astype(np.float64)
    channels = []
    for _ in range(3):
        total = sum(
            np.sin(column * draw.uniform(0.005, 0.2) + draw.uniform(0, 6))
            * np.cos(row * draw.uniform(0.005, 0.2) + draw.uniform(0, 6))
            for _ in range(4)
        )
        total += 2.0 * ((column // draw.integers(7, 60) + row // draw.integers(7, 60)) % 2)
        channels.append((total - total.min()) / (total.max() - total.min()) * 255)
    return np.stack(channels, -1).round().astype(np.uint8)


def logits(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Normally distributed float32 of ``shape``."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
