"""Images and labels in memory, and the randomly augmented batches that training sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.images import Pixels, read_image
from mobileseg.data.labels import read_instances, read_labels
from mobileseg.training.config import TrainingConfig

VOID = 255  # label of pixels that no loss counts
LARGEST_SEED = 2**63


@dataclass(frozen=True)
class Example:
    """``image`` ``(H, W, 3)`` uint8 RGB; ``label`` ``(H, W)`` uint8 with ``VOID``; ``instances`` ``(H, W)`` int32, 0 for none, or None."""

    image: Pixels
    label: NDArray[np.uint8]
    instances: NDArray[np.int32] | None


@dataclass(frozen=True)
class TrainingBatch:
    """Normalised ``images`` ``(N, 3, h, w)`` float32, ``labels`` ``(N, h, w)`` int64, ``instances`` ``(N, h, w)`` int64 or
    None."""

    images: Tensor
    labels: Tensor
    instances: Tensor | None

    def to(self, device: str) -> TrainingBatch:
        """A copy on ``device``."""
        moved = self.instances.to(device) if self.instances is not None else None
        return TrainingBatch(self.images.to(device), self.labels.to(device), moved)


def load_examples(data: LabelledFolder) -> list[Example]:
    """Every image with its labels, decoded once: a few hundred fit into memory, and decoding them in every epoch would take a tenth of
    the training time."""
    examples = []
    for item in data.items:
        label = read_labels(item, data.classes)
        if data.classes.ignore_index is not None:
            label = np.where(label == data.classes.ignore_index, VOID, label)
        instances = read_instances(item.instances).astype(np.int32) if item.instances is not None else None
        examples.append(Example(read_image(item.image).copy(), label.astype(np.uint8), instances))
    return examples


class TrainingLoader:
    """Shuffled, augmented batches: a function of the examples and ``(seed, epoch, position in the epoch)`` alone, so that a resumed run
    sees the same batches as an uninterrupted one. ``mean``, ``std``: the model's normalisation, per channel, for pixels in 0..255."""

    def __init__(
        self, examples: list[Example], config: TrainingConfig, mean: tuple[float, ...], std: tuple[float, ...]
    ) -> None:
        self.examples, self.config = examples, config
        self.mean, self.std = (torch.tensor(v).reshape(3, 1, 1) for v in (mean, std))
        fill = {tv_tensors.Image: [round(v) for v in mean], tv_tensors.Mask: VOID}
        strength = config.color
        self.transform = v2.Compose(
            [
                v2.RandomCrop(config.crop, pad_if_needed=True, fill=fill),
                v2.RandomHorizontalFlip(config.flip),
                v2.ColorJitter(strength, strength, strength, strength / 4),
            ]
        )

    @property
    def steps(self) -> int:
        """Batches in an epoch. An incomplete last batch is dropped; each epoch drops other examples."""
        return len(self.examples) // self.config.batch_size

    def random_size(self, height: int, width: int) -> list[int]:
        """The largest size of this aspect ratio within ``size``, times a random factor from ``scale``. (torchvision's ScaleJitter takes
        the target's width for its height.)"""
        low, high = self.config.scale
        fit = min(self.config.size[0] / height, self.config.size[1] / width)
        factor = fit * float(torch.empty(1).uniform_(low, high))
        return [max(round(height * factor), 1), max(round(width * factor), 1)]

    def sample(self, index: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        """A normalised crop ``(3, h, w)`` float32, its labels and its instances, both ``(h, w)`` int64 (0 where there is no instance)."""
        example = self.examples[index]
        image = tv_tensors.Image(torch.from_numpy(example.image).permute(2, 0, 1))
        label = tv_tensors.Mask(torch.from_numpy(example.label))
        known = example.instances if example.instances is not None else np.zeros_like(example.label, dtype=np.int32)
        instances = tv_tensors.Mask(torch.from_numpy(known))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            size = self.random_size(*example.label.shape)
            parts = (v2.functional.resize(part, size, antialias=True) for part in (image, label, instances))
            image, label, instances = self.transform(*parts)
        numbers = instances.to(torch.int64) * (label != VOID)  # the padding of the instances is VOID, too
        return (image.to(torch.float32) - self.mean) / self.std, label.to(torch.int64), numbers

    def epoch(self, number: int) -> Iterator[TrainingBatch]:
        """The batches of epoch ``number``."""
        generator = np.random.default_rng((self.config.seed, number))
        order = generator.permutation(len(self.examples))
        seeds = generator.integers(0, LARGEST_SEED, len(order))
        for step in range(self.steps):
            positions = range(step * self.config.batch_size, (step + 1) * self.config.batch_size)
            samples = [self.sample(int(order[i]), int(seeds[i])) for i in positions]
            images, labels, instances = (torch.stack(parts) for parts in zip(*samples, strict=True))
            yield TrainingBatch(images, labels, instances if self.examples[0].instances is not None else None)


def class_shares(examples: list[Example], num_classes: int) -> NDArray[np.float64]:
    """Each class's share of the labelled pixels, ``(num_classes,)``."""
    counts = np.sum([np.bincount(e.label.ravel(), minlength=256)[:num_classes] for e in examples], axis=0)
    shares: NDArray[np.float64] = counts / max(counts.sum(), 1)
    return shares
