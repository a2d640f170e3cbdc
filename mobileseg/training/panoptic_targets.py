"""Targets of the instance branch: a heat map of instance centres, and the offset from every pixel of an instance to its centre.

Cheng et al., "Panoptic-DeepLab", CVPR 2020, section 3.2, with the constants of deeplab2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

SIGMA = 8.0  # of the Gaussian around a centre, in pixels
SMALL_AREA = 4096  # pixels; smaller instances have a larger weight
SMALL_WEIGHT = 3.0


@dataclass(frozen=True)
class InstanceTargets:
    """``center`` ``(1, H, W)`` in 0..1; ``offset`` ``(2, H, W)``, down and right, in pixels; their weights ``(1, H, W)``, 0 where there
    is no label, and for the offset also where there is no instance; all float32."""

    center: Tensor
    offset: Tensor
    center_weight: Tensor
    offset_weight: Tensor

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """All four tensors."""
        return self.center, self.offset, self.center_weight, self.offset_weight


def instance_targets(instances: Tensor, counted: Tensor) -> InstanceTargets:
    """Targets for instance numbers ``(H, W)``, 0 for none; ``counted`` ``(H, W)`` bool is False where there is no label.

    A centre is the mean position of an instance's pixels within the crop, as in deeplab2.
    """
    height, width = instances.shape
    device = instances.device
    down = torch.arange(height, dtype=torch.float32, device=device)[:, None].expand(height, width)
    right = torch.arange(width, dtype=torch.float32, device=device)[None, :].expand(height, width)
    numbers, place = torch.unique(instances, return_inverse=True)
    area = torch.bincount(place.flatten(), minlength=len(numbers)).to(torch.float32)
    middles = [
        torch.bincount(place.flatten(), weights=axis.flatten(), minlength=len(numbers)) / area for axis in (down, right)
    ]
    thing = instances > 0
    offset = torch.stack([middle[place] - axis for middle, axis in zip(middles, (down, right), strict=True)])
    heat = torch.zeros(height, width, device=device)
    for y, x in zip(*(middle[numbers > 0].tolist() for middle in middles), strict=True):
        vertical = torch.exp(-((down[:, 0] - round(y)) ** 2) / (2 * SIGMA**2))
        horizontal = torch.exp(-((right[0] - round(x)) ** 2) / (2 * SIGMA**2))
        heat = torch.maximum(heat, vertical[:, None] * horizontal[None, :])
    emphasis = torch.where(thing & (area[place] < SMALL_AREA), SMALL_WEIGHT, 1.0)
    known = counted.to(torch.float32)
    return InstanceTargets(
        heat[None],
        (offset * thing).to(torch.float32),
        known[None],
        (emphasis * thing * known)[None].to(torch.float32),
    )
