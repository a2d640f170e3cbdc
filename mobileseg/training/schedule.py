"""The learning rate of every step: linear warm-up, then polynomial decay."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LinearLR, PolynomialLR, SequentialLR

from mobileseg.training.config import TrainingConfig


def lr_schedule(optimizer: Optimizer, config: TrainingConfig, steps_per_epoch: int) -> SequentialLR:
    """For step ``s`` of ``S``, counted from 0: ``lr (s + 1) / w`` in the ``w`` steps of the warm-up, ``lr (1 - s / S) ** power`` after it.

    ``optimizer`` was made with ``config.lr``; call ``step()`` after each of its steps.
    """
    total = config.epochs * steps_per_epoch
    warmup = round(config.warmup * steps_per_epoch)
    remaining = max(total - warmup, 1)
    rise = LinearLR(optimizer, start_factor=1 / max(warmup, 1), total_iters=max(warmup - 1, 0))
    fall = PolynomialLR(optimizer, total_iters=remaining, power=config.power)
    # SequentialLR restarts the count at the milestone; from this base the restarted decay is the one counted from step 0:
    # (1 - s / S) ** p == (remaining / S) ** p * (1 - (s - w) / remaining) ** p.
    fall.base_lrs = [lr * (remaining / total) ** config.power for lr in fall.base_lrs]
    return SequentialLR(optimizer, [rise, fall], milestones=[warmup])
