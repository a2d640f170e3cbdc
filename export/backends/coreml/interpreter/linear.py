"""Matrix products."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x weight^T + bias``; ``weight`` is ``(out, in)``."""
    return F.linear(x, weight, bias)


def matmul(x: Tensor, y: Tensor, transpose_x: Tensor | bool = False, transpose_y: Tensor | bool = False) -> Tensor:
    """NumPy's ``matmul``, with the last two axes of either factor swapped first where requested."""
    left = x.transpose(-1, -2) if bool(transpose_x) else x
    right = y.transpose(-1, -2) if bool(transpose_y) else y
    return left @ right
