"""Observers that torchao lacks: it collects the histogram, and these choose the range from it.

Every range contains 0, as the affine scheme requires.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchao.quantization.pt2e.observer import HistogramObserver

LEFT_OUT = 1e-4  # share of the values outside the range, at each end
SHRINK = 64  # candidates for each end of the range, from 1/64 of it to all of it
STEPS = 255  # between the smallest and the largest of 256 values


class PercentileObserver(HistogramObserver):  # type: ignore[misc]  # torchao ships no types
    """The range without the ``LEFT_OUT`` smallest and the ``LEFT_OUT`` largest of the values."""

    def _non_linear_param_search(self) -> tuple[Tensor, Tensor]:
        width = (self.max_val - self.min_val) / self.bins
        share = torch.cumsum(self.histogram, 0) / self.histogram.sum()
        first = int(torch.searchsorted(share, LEFT_OUT, right=True))
        last = int(torch.searchsorted(share, 1 - LEFT_OUT))
        return self.min_val + width * first, self.min_val + width * (last + 1)


class LeastSquaresObserver(HistogramObserver):  # type: ignore[misc]  # torchao ships no types
    """The range with the least squared error of rounding and clipping together, among those with either end shrunk in 64ths. Found
    by coordinate descent: one end, then the other, until neither moves."""

    def _non_linear_param_search(self) -> tuple[Tensor, Tensor]:
        width = (self.max_val - self.min_val) / self.bins
        centres = self.min_val + width * (torch.arange(self.bins) + 0.5)
        low, high = torch.clamp(self.min_val, max=0.0), torch.clamp(self.max_val, min=0.0)
        factors = torch.arange(1, SHRINK + 1) / SHRINK
        lows, highs = (low * factors, high * factors)
        best = (SHRINK - 1, SHRINK - 1)
        while True:
            left = int(squared_errors(centres, self.histogram, lows, highs[best[1]].expand(SHRINK)).argmin())
            right = int(squared_errors(centres, self.histogram, lows[left].expand(SHRINK), highs).argmin())
            if (left, right) == best:
                return lows[left], highs[right]
            best = left, right


def squared_errors(values: Tensor, counts: Tensor, lows: Tensor, highs: Tensor) -> Tensor:
    """Summed squared error ``(R,)`` of ``values`` that occur ``counts`` times, quantized to 256 values in each of the ranges
    ``lows``, ``highs`` ``(R,)``, which contain 0."""
    scale = ((highs - lows) / STEPS).clamp(min=torch.finfo(torch.float32).tiny)[:, None]
    zero = torch.round(-lows[:, None] / scale)
    rounded = (torch.clamp(torch.round(values / scale) + zero, 0, STEPS) - zero) * scale
    return ((rounded - values) ** 2 * counts).sum(1)
