"""The float original on pixels: what every artifact is compared with."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mobileseg.data.images import Batch
from mobileseg.models.factory import spec_of


def original_logits(model: nn.Module, batch: Batch) -> NDArray[np.float32]:
    """Normalise ``(1, 3, H, W)`` float32 pixels in 0..255 as the authors do and run the original form."""
    spec = spec_of(model)
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (spec.mean, spec.std))
    with torch.no_grad():
        logits: NDArray[np.float32] = model((torch.from_numpy(batch) - mean) / std).numpy()
    return logits
