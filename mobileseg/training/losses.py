"""The losses of segmentation and of the instance branch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from mobileseg.data.labels import VOID
from mobileseg.training.data import TrainingBatch
from mobileseg.training.panoptic_targets import InstanceTargets, instance_targets

CENTER_WEIGHT, OFFSET_WEIGHT = 200.0, 0.01  # Panoptic-DeepLab's
AUXILIARY_WEIGHT = 0.4  # of the head on stride 16 beside a UPerNet: mmsegmentation's configs of it, and VAN's


def balancing_weights(shares: NDArray) -> Tensor:  # type: ignore[type-arg]  # float64, as ExampleStore counts them
    """``1 / ln(1.02 + share)`` for each class, scaled to mean 1 (Paszke et al., ENet, 2016): rare classes weigh up to fifty times more."""
    weights = 1.0 / torch.log(1.02 + torch.as_tensor(shares, dtype=torch.float64))
    return (weights / weights.mean()).to(torch.float32)


def class_loss(
    logits: Tensor, labels: Tensor, weights: Tensor | None, ohem: float = 1.0, align_corners: bool = False
) -> Tensor:
    """Cross entropy of ``(N, C, h, w)`` logits, resized to the labels ``(N, H, W)`` int64.

    ``weights``: of the classes, as in ``F.cross_entropy``. ``ohem`` below 1: the mean over that share of the labelled pixels, those of
    largest loss (online hard example mining; bootstrapped cross entropy, Wu et al. 2016).
    """
    wide = F.interpolate(logits, size=labels.shape[1:], mode="bilinear", align_corners=align_corners)
    if ohem >= 1.0:
        counted = labels != VOID
        if not counted.any():
            return wide.sum() * 0.0  # no labelled pixel: a zero gradient instead of 0 / 0
        return F.cross_entropy(wide, labels, weights, ignore_index=VOID)
    losses = F.cross_entropy(wide, labels, weights, ignore_index=VOID, reduction="none").flatten()
    kept = int(ohem * int((labels != VOID).sum()))
    return losses.topk(max(kept, 1)).values.mean()


def panoptic_loss(outputs: dict[str, Tensor], batch: TrainingBatch, weights: Tensor | None, ohem: float) -> Tensor:
    """Class loss, squared error of the centre heat map and absolute error of the offsets, at the size of the labels.

    Cheng et al., "Panoptic-DeepLab", CVPR 2020, equation 1: each is a mean over the pixels that count.
    """
    assert batch.instances is not None
    size = batch.labels.shape[1:]
    targets = [
        instance_targets(numbers, labels != VOID) for numbers, labels in zip(batch.instances, batch.labels, strict=True)
    ]
    wanted = InstanceTargets(*(torch.stack(parts) for parts in zip(*(t.parts for t in targets), strict=True)))
    heat = F.interpolate(outputs["center"], size=size, mode="bilinear", align_corners=True)
    steps = [(to - 1) / max(own - 1, 1) for to, own in zip(size, outputs["offset"].shape[2:], strict=True)]
    scale = torch.tensor(steps, device=heat.device).reshape(1, 2, 1, 1)
    offset = F.interpolate(outputs["offset"], size=size, mode="bilinear", align_corners=True) * scale
    center_loss = weighted_mean((heat - wanted.center).square(), wanted.center_weight)
    offset_loss = weighted_mean((offset - wanted.offset).abs().sum(1, keepdim=True), wanted.offset_weight)
    classes = class_loss(outputs["semantic"], batch.labels, weights, ohem, align_corners=True)
    return classes + CENTER_WEIGHT * center_loss + OFFSET_WEIGHT * offset_loss


def weighted_mean(errors: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of the errors over the number of pixels of positive weight; 0 where there is none."""
    return (errors * weights).sum() / (weights > 0).sum().clamp(min=1)
