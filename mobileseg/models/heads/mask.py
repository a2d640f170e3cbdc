"""The class map inside the graph: argmax of the bilinearly upsampled logits without all planes at full size.

XNNPACK has no argmax, and the portable one wants every upsampled plane at once: 150 classes at 512x512 are 157 MB. Here the
map is made band by band, and the argmax from operators that the delegate has:

    best = max over classes                          (a tournament of maximum)
    rank = class + clamp((best - x) * 1e30, 0, N)    (0 added where x is the best, N or more than any class elsewhere)
    map  = min over classes of rank                  (a tournament of minimum: the lowest class wins ties, as in argmax)

Exact for finite logits: a difference of two float32 logits that is not zero is at least 2**-149; multiplied by 1e30 it may
stay below 1 only if it is below 1e-30, which logits that differ at all in float32 do only around 1e-23 and below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.bands import span

BAND_BYTES = 20 << 20  # of upsampled logits at a time: small beside all planes, and few enough bands for the converters
LARGE = 1e30


def tournament(x: Tensor, better: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Reduce dimension 1 to one by halving: ``(1, C, H, W)`` -> ``(1, 1, H, W)`` for an associative, idempotent ``better``.

    The halves overlap by one channel where their number is odd.
    """
    while x.shape[1] > 1:
        half = (x.shape[1] + 1) // 2
        x = better(x[:, :half], x[:, x.shape[1] - half :])
    return x


class MaskHead(nn.Module):
    """Logits ``(1, classes, height / stride, width / stride)`` to the class map ``(1, height, width)`` int32.

    ``align_corners``: how the model's authors resize. Then sizes of a multiple of the stride plus one are made in bands; of
    others no band is a resize of its own, and the map is made in one.
    """

    keep_float: ClassVar[str] = "the class map is the exact argmax of the dequantized logits"

    classes: Tensor

    def __init__(self, num_classes: int, size: tuple[int, int], stride: int, align_corners: bool = False) -> None:
        super().__init__()
        self.height, self.width = size
        self.stride, self.num_classes, self.align_corners = stride, num_classes, align_corners
        self.rows = max(1, BAND_BYTES // (num_classes * stride * self.width * 4))  # of logits in a band
        self.register_buffer("classes", torch.arange(num_classes, dtype=torch.float32).reshape(1, -1, 1, 1))

    def band(self, logits: Tensor, first: int, last: int) -> Tensor:
        """Upsampled rows of the logits' rows ``[first, last)``. One row more on each side makes the interpolation the same
        as in the whole map; what it adds is cut off again."""
        above, below = max(first - 1, 0), min(last + 1, self.height // self.stride)
        size = ((below - above) * self.stride, self.width)
        wide = F.interpolate(span(logits, 2, above, below), size=size, mode="bilinear", align_corners=False)
        return span(wide, 2, (first - above) * self.stride, (last - above) * self.stride)

    def aligned_band(self, logits: Tensor, first: int, last: int) -> Tensor:
        """The same where outermost rows lie on each other: a band ends before the row on which the next begins, and only the
        last one keeps its end."""
        count = (last - first) * self.stride
        wide = F.interpolate(
            span(logits, 2, first, last + 1), size=(count + 1, self.width), mode="bilinear", align_corners=True
        )
        return span(wide, 2, 0, count if last < self.height // self.stride else count + 1)

    def upsampled(self, logits: Tensor) -> Iterator[Tensor]:
        """The logits at full width, band after band from the top."""
        if self.align_corners and self.height % self.stride != 1:
            yield F.interpolate(logits, size=(self.height, self.width), mode="bilinear", align_corners=True)
            return
        band = self.aligned_band if self.align_corners else self.band
        height = self.height // self.stride
        for first in range(0, height, self.rows):
            yield band(logits, first, min(first + self.rows, height))

    def class_map(self, x: Tensor) -> Tensor:
        if self.num_classes == 1:
            return x * 0.0
        best = tournament(x, torch.maximum)
        ranks = torch.clamp((best - x) * LARGE, 0.0, float(self.num_classes)) + self.classes
        return tournament(ranks, torch.minimum)

    def forward(self, logits: Tensor) -> Tensor:
        bands = [self.class_map(wide) for wide in self.upsampled(logits)]
        whole = torch.cat(bands, dim=2) if len(bands) > 1 else bands[0]
        return whole.reshape(1, self.height, self.width).to(torch.int32)
