"""The class map inside the graph: argmax of the bilinearly upsampled logits, without the upsampled logits of all classes at once.

XNNPACK has no argmax, and the portable one needs all upsampled logits at once: for 150 classes at 512x512 that is 157 MB. Here the map
is computed band by band, with an argmax from operators that the delegate has:

    best = max over classes                          (a tournament of maximum)
    rank = class + clamp((best - x) * 1e30, 0, N)    (adds 0 where x is the best, and N, more than any class, elsewhere)
    map  = min over classes of rank                  (a tournament of minimum: the lowest of equal classes, as in argmax)

This is exact for logits of usual size: only a difference below 1e-30 could stay below 1 after the multiplication, and float32 logits
can differ by so little only where they are around 1e-23 or smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.bands import span

BAND_BYTES = 20 << 20  # of upsampled logits at once: small against all of them, and few enough bands for the converters
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

    ``align_corners``: whether the model's authors resize with aligned corners. Then only sizes of a multiple of the stride plus one can
    be computed in bands; for others no band is a resize by itself, and the map is computed at once.
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
        """The upsampled rows ``[first, last)`` of the logits. One more row on each side makes the interpolation the same as in the
        whole map; its output is cut off."""
        above, below = max(first - 1, 0), min(last + 1, self.height // self.stride)
        size = ((below - above) * self.stride, self.width)
        wide = F.interpolate(span(logits, 2, above, below), size=size, mode="bilinear", align_corners=False)
        return span(wide, 2, (first - above) * self.stride, (last - above) * self.stride)

    def aligned_band(self, logits: Tensor, first: int, last: int) -> Tensor:
        """The same with aligned corners: a band ends before the row with which the next begins; only the last one includes its end."""
        count = (last - first) * self.stride
        wide = F.interpolate(
            span(logits, 2, first, last + 1), size=(count + 1, self.width), mode="bilinear", align_corners=True
        )
        return span(wide, 2, 0, count if last < self.height // self.stride else count + 1)

    def upsampled(self, logits: Tensor) -> Iterator[Tensor]:
        """The upsampled logits ``(1, classes, rows, width)``, band after band from the top."""
        if self.align_corners and self.height % self.stride != 1:
            yield F.interpolate(logits, size=(self.height, self.width), mode="bilinear", align_corners=True)
            return
        band = self.aligned_band if self.align_corners else self.band
        height = self.height // self.stride
        for first in range(0, height, self.rows):
            yield band(logits, first, min(first + self.rows, height))

    def class_map(self, x: Tensor) -> Tensor:
        """The argmax over classes ``(1, 1, rows, width)`` float32 of upsampled logits."""
        if self.num_classes == 1:
            return x * 0.0
        best = tournament(x, torch.maximum)
        ranks = torch.clamp((best - x) * LARGE, 0.0, float(self.num_classes)) + self.classes
        return tournament(ranks, torch.minimum)

    def forward(self, logits: Tensor) -> Tensor:
        bands = [self.class_map(wide) for wide in self.upsampled(logits)]
        whole = torch.cat(bands, dim=2) if len(bands) > 1 else bands[0]
        return whole.reshape(1, self.height, self.width).to(torch.int32)
