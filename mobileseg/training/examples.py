"""Training examples: read when they are needed, kept in memory while they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.check import LARGEST_INSTANCE
from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.encoding import count_values
from mobileseg.data.images import Pixels, evenly, read_image
from mobileseg.data.labels import VOID, Item, read_byte_labels, read_instances, read_panoptic
from mobileseg.data.opening import stored_size

CACHE_BYTES = 1 << 30  # of decoded examples, over all worker processes: a thousand of 512x512
MOST_COUNTED = 4096  # label files that the shares of the classes are counted in
MOST_SIZES = 64  # image headers that the size of a decoded data set is estimated from


@dataclass(frozen=True)
class Example:
    """``image`` ``(H, W, 3)`` uint8 RGB; ``label`` ``(H, W)`` uint8 with ``VOID``; ``instances`` ``(H, W)`` int32, 0 for none, or None."""

    image: Pixels
    label: NDArray[np.uint8]
    instances: NDArray[np.int32] | None

    @property
    def size_bytes(self) -> int:
        """Of the arrays."""
        return self.image.nbytes + self.label.nbytes + (0 if self.instances is None else self.instances.nbytes)


class ExampleStore(Sequence[Example]):
    """The examples of a data set by index. Decoded ones are kept until ``budget_bytes`` are used up; the others are decoded each time.

    A copy that is sent to another process begins empty.
    """

    def __init__(self, data: LabelledFolder, budget_bytes: int = CACHE_BYTES) -> None:
        self.data, self.budget_bytes = data, budget_bytes
        self._kept: dict[int, Example] = {}
        self._used = 0

    def __len__(self) -> int:
        return len(self.data.items)

    def __getitem__(self, index: Any) -> Any:  # Sequence has a second signature, for slices
        example = self._kept.get(index)
        if example is None:
            example = self._read(self.data.items[index])
            if self._used + example.size_bytes <= self.budget_bytes:
                self._kept[index] = example
                self._used += example.size_bytes
        return example

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": {}, "_used": 0}

    def _read(self, item: Item) -> Example:
        image, classes = read_image(item.image).copy(), self.data.classes  # torch wants writable arrays
        if item.segments is not None:
            # Crowds are void, for the branch of the instances cannot learn from them.
            label, instances = np.divmod(read_panoptic(item, classes, LARGEST_INSTANCE, VOID), LARGEST_INSTANCE)
            return Example(image, label.astype(np.uint8), instances.astype(np.int32))
        numbers = read_instances(item.instances).astype(np.int32) if item.instances is not None else None
        return Example(image, read_byte_labels(item, classes), numbers)

    @property
    def fits(self) -> bool:
        """Whether all examples can be kept, judged by the sizes of a few of the images."""
        chosen = evenly(len(self), MOST_SIZES)
        pixels = [height * width for height, width in (stored_size(self.data.items[i].image) for i in chosen)]
        per_pixel = 8 if self.data.panoptic else 4
        return float(np.mean(pixels)) * per_pixel * len(self) <= self.budget_bytes

    def class_shares(self) -> NDArray[np.float64]:
        """Each class's share of the labelled pixels, ``(classes,)``, in at most ``MOST_COUNTED`` label files, evenly chosen."""
        counts = np.zeros(256, dtype=np.int64)
        for index in evenly(len(self), MOST_COUNTED):
            counts += count_values(read_byte_labels(self.data.items[index], self.data.classes))[:256]
        counts = counts[: len(self.data.classes.names)]
        shares: NDArray[np.float64] = counts / max(counts.sum(), 1)
        return shares
