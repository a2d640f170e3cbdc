"""Tensors beside a network that only its training needed may be left out; any other surplus is a sign of another network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mobileseg.weights.reading.entries import words

COUNTER = "num_batches_tracked"
ANYWHERE = frozenset(
    ["criterion", "criterions", "loss", "losses", "metric", "metrics", "accuracy", "acc", "iou", "miou", "confmat", "optimizer",
     "scheduler"]
)  # fmt: skip
AT_THE_TOP = frozenset(  # beside the network's own parts
    ["ema", "avg", "averaged", "swa", "teacher", "preprocessor", "normalizer", "normalize", "pixel", "mean", "std",
     "discriminator", "steps", "updates"]
)  # fmt: skip
AUXILIARY = frozenset(["aux", "auxiliary", "auxlayer"])
SHOWN = 5


def is_training_only(key: str, own_tops: frozenset[str]) -> bool:
    """Whether a key that the model lacks belongs to training alone. ``own_tops``: first parts of the model's keys."""
    parts = key.split(".")
    if parts[-1] == COUNTER or any(words(part) & ANYWHERE for part in parts):
        return True
    top = words(parts[0])
    return bool(top & AUXILIARY) or (parts[0] not in own_tops and bool(top & AT_THE_TOP))


def summary(keys: Iterable[str]) -> str:
    """How many of which kind, in one line: ``criterion (1 tensor), auxiliary_head (8 tensors)``."""
    counts = Counter(_kind(key) for key in keys)
    kinds = [f"{kind} ({count} tensor{'' if count == 1 else 's'})" for kind, count in counts.most_common(SHOWN)]
    more = len(counts) - len(kinds)
    return ", ".join(kinds) + (f" and {more} kinds more" if more else "")


def _kind(key: str) -> str:
    if key.rpartition(".")[2] == COUNTER:
        return COUNTER
    top = key.partition(".")[0]
    return "ema_..." if top.startswith("ema_") and top == key else top
