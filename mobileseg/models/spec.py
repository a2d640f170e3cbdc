"""The schema of the registry: one frozen row per model. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mobileseg.models.card import ModelCard

IMAGENET_MEAN = (123.675, 116.28, 103.53)  # RGB, 0..255
IMAGENET_STD = (58.395, 57.12, 57.375)
NONE_RELEASED = "none released"
HALF = (127.5, 127.5, 127.5)  # as mean and std: pixels from -1 to 1

Task = Literal["segmentation", "classification", "panoptic"]
Emit = Literal["logits", "mask", "panoptic"]
EMITS: Mapping[Task, tuple[Emit, ...]] = {
    "segmentation": ("logits", "mask"),
    "classification": ("logits",),
    "panoptic": ("panoptic", "logits", "mask"),
}
# The outputs of each kind, in order; the first always holds the classes.
OUTPUTS: Mapping[Emit, tuple[str, ...]] = {
    "logits": ("logits",),
    "mask": ("mask",),
    "panoptic": ("semantic", "center", "offset"),
}


@dataclass(frozen=True)
class Published:
    """A figure that the authors published, with its source."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True)
class OfficialWeights:
    """The weights that a model's authors released. ``licence``: as they state it. ``url``: of the file, None where it has no address of
    its own; ``where``: more about the place, in words. ``sha256``, ``size_bytes``: None where they are not known."""

    trained_on: str
    licence: str
    url: str | None = None
    where: str = ""
    sha256: str | None = None
    size_bytes: int | None = None

    @property
    def fetched(self) -> bool:
        """Whether ``--weights official`` fetches them: what comes over plain http could have been changed on the way."""
        return self.url is not None and self.url.startswith("https://")

    @property
    def text(self) -> str:
        """What they were trained on, and where they are."""
        if not self.fetched:
            return f"{self.trained_on}: {self.where}"
        return f"{self.trained_on}: {self.url}{f' ({self.where})' if self.where else ''}"


@dataclass(frozen=True)
class ModelSpec:
    """One row of the registry.

    ``build``: dotted path of ``f(variant, num_classes, seed) -> nn.Module``, the reference model. ``deploy``: dotted path of
    ``f(module, height, width, std) -> nn.Module``, which takes pixels minus the mean; for panoptic models with the further argument
    ``semantic_only``. ``size``: default height, width in pixels. ``head_prefixes``: prefixes of the head's keys.
    ``classifier_key``: the weight whose first dimension is the number of classes. ``mean``, ``std``: of RGB pixels in 0..255.
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
    official: OfficialWeights | None  # those that the authors released; None: they released none
    published: tuple[Published, ...] = ()
    multiple: int = 32
    remainders: tuple[int, ...] = (0,)  # a side is a multiple of ``multiple`` plus one of these
    largest: int | None = None  # largest side in pixels that the trained position tables reach; None: no limit
    resample: str | None = None  # dotted path of ``f(module, scale)`` that stretches these tables, in place
    stride: int = 8  # of the logits; 0 for classifiers
    align_corners: bool = False  # how the authors resize the logits to the image
    auxiliary_prefixes: tuple[str, ...] = ()  # of the keys of heads that are used in training only
    things: tuple[int, ...] = ()  # classes with instances, in the authors' data set
    card: ModelCard | None = None  # of a network that is not ours
    note: str = ""  # a remark for the list of models, such as "our own variant"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    @property
    def official_weights(self) -> str:
        """Those that the authors released, and where; or that there are none."""
        return self.official.text if self.official else NONE_RELEASED

    @property
    def emits(self) -> tuple[Emit, ...]:
        """The outputs that a file of this model may have, the default first."""
        return EMITS[self.task]
