"""What the zoo says of a model: one frozen row. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

IMAGENET_MEAN = (123.675, 116.28, 103.53)  # RGB, 0..255
IMAGENET_STD = (58.395, 57.12, 57.375)
HALF = (127.5, 127.5, 127.5)  # as mean and std: pixels from -1 to 1

Task = Literal["segmentation", "classification", "panoptic"]
Emit = Literal["logits", "mask", "panoptic"]
EMITS: Mapping[Task, tuple[Emit, ...]] = {
    "segmentation": ("logits", "mask"),
    "classification": ("logits",),
    "panoptic": ("panoptic", "logits", "mask"),
}
# What a file of each kind gives, in order; the classes are always read off the first.
OUTPUTS: Mapping[Emit, tuple[str, ...]] = {
    "logits": ("logits",),
    "mask": ("mask",),
    "panoptic": ("semantic", "center", "offset"),
}


@dataclass(frozen=True)
class Published:
    """A figure from the authors, with where it stands."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True)
class ModelSpec:
    """One row of the zoo.

    ``build``: dotted path of ``f(variant, num_classes, seed) -> nn.Module`` (reference model). ``deploy``: dotted path of
    ``f(module, height, width, std) -> nn.Module`` that takes mean-free pixels; for panoptic models with a further
    ``semantic_only``. ``size``: height, width in pixels. ``head_prefixes``: how the keys of the head start.
    ``classifier_key``: the weight whose first dimension is the classes.
    """

    name: str
    family: str
    task: Task
    variant: str
    build: str
    deploy: str
    size: tuple[int, int]
    num_classes: int
    head_prefixes: tuple[str, ...]
    classifier_key: str
    official_weights: str  # which the authors released and where, or "none released"
    published: tuple[Published, ...] = ()
    multiple: int = 32
    remainders: tuple[int, ...] = (0,)  # a side is a multiple of ``multiple`` plus one of these
    largest: int | None = None  # side in pixels that the trained tables reach, where there is such a bound
    resample: str | None = None  # dotted path of ``f(module, scale)`` that stretches those tables, in place
    stride: int = 8  # of the logits; 0 where there is no map
    align_corners: bool = False  # how the authors resize the logits to the image
    auxiliary_prefixes: tuple[str, ...] = ()  # keys of heads that train the model and are not part of its function
    things: tuple[int, ...] = ()  # classes with instances, in the authors' data set
    note: str = ""  # what a reader of the list must know, as "our own variant"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    @property
    def emits(self) -> tuple[Emit, ...]:
        """The outputs that a file of this model may have, the default first."""
        return EMITS[self.task]
