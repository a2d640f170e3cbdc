"""Images and labels in memory, and the random views of them that training sees."""

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
from mobileseg.training.recipe import Recipe

VOID = 255  # the label that no loss counts
LARGEST_SEED = 2**63


@dataclass(frozen=True)
class Example:
    """``image`` ``(H, W, 3)`` uint8 RGB; ``label`` ``(H, W)`` uint8 with ``VOID``; ``instances`` ``(H, W)`` int32, 0 for none, or None."""

    image: Pixels
    label: NDArray[np.uint8]
    instances: NDArray[np.int32] | None


@dataclass(frozen=True)
class Views:
    """A batch: normalised ``images`` ``(N, 3, h, w)`` float32, ``labels`` ``(N, h, w)`` int64, ``instances`` ``(N, h, w)`` int64 or
    None."""

    images: Tensor
    labels: Tensor
    instances: Tensor | None

    def to(self, device: str) -> Views:
        """The same on another device."""
        moved = self.instances.to(device) if self.instances is not None else None
        return Views(self.images.to(device), self.labels.to(device), moved)


def load_examples(data: LabelledFolder) -> list[Example]:
    """Every image and its labels, decoded: some hundred fit, and decoding them in each epoch would cost a tenth of the training."""
    examples = []
    for item in data.items:
        label = read_labels(item, data.classes)
        if data.classes.ignore_index is not None:
            label = np.where(label == data.classes.ignore_index, VOID, label)
        instances = read_instances(item.instances).astype(np.int32) if item.instances is not None else None
        examples.append(Example(read_image(item.image).copy(), label.astype(np.uint8), instances))
    return examples


class Source:
    """Random views of examples, a function of ``(seed, epoch, place in the epoch)`` alone: a resumed run sees what an unbroken one
    would have seen. ``mean`` and ``std`` normalise the pixels, as the model wants them."""

    def __init__(
        self, examples: list[Example], recipe: Recipe, mean: tuple[float, ...], std: tuple[float, ...]
    ) -> None:
        self.examples, self.recipe = examples, recipe
        self.mean, self.std = (torch.tensor(v).reshape(3, 1, 1) for v in (mean, std))
        fill = {tv_tensors.Image: [round(v) for v in mean], tv_tensors.Mask: VOID}
        strength = recipe.color
        self.transform = v2.Compose(
            [
                v2.RandomCrop(recipe.crop, pad_if_needed=True, fill=fill),
                v2.RandomHorizontalFlip(recipe.flip),
                v2.ColorJitter(strength, strength, strength, strength / 4),
            ]
        )

    @property
    def steps(self) -> int:
        """Batches in an epoch; what does not fill one is left out, other examples in each epoch."""
        return len(self.examples) // self.recipe.batch

    def scaled(self, height: int, width: int) -> list[int]:
        """A random size: the largest of these proportions within ``size``, times ``scale``. (torchvision's ScaleJitter takes the
        target's width for its height.)"""
        low, high = self.recipe.scale
        fit = min(self.recipe.size[0] / height, self.recipe.size[1] / width)
        factor = fit * float(torch.empty(1).uniform_(low, high))
        return [max(round(height * factor), 1), max(round(width * factor), 1)]

    def view(self, index: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        """One normalised crop ``(3, h, w)`` float32, its labels and its instances ``(h, w)`` int64 (0 where there are none)."""
        example = self.examples[index]
        image = tv_tensors.Image(torch.from_numpy(example.image).permute(2, 0, 1))
        label = tv_tensors.Mask(torch.from_numpy(example.label))
        known = example.instances if example.instances is not None else np.zeros_like(example.label, dtype=np.int32)
        instances = tv_tensors.Mask(torch.from_numpy(known))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            size = self.scaled(*example.label.shape)
            parts = (v2.functional.resize(part, size, antialias=True) for part in (image, label, instances))
            image, label, instances = self.transform(*parts)
        numbers = instances.to(torch.int64) * (label != VOID)  # the border is filled with VOID here, too
        return (image.to(torch.float32) - self.mean) / self.std, label.to(torch.int64), numbers

    def epoch(self, number: int) -> Iterator[Views]:
        """The batches of one epoch."""
        generator = np.random.default_rng((self.recipe.seed, number))
        order = generator.permutation(len(self.examples))
        seeds = generator.integers(0, LARGEST_SEED, len(order))
        for step in range(self.steps):
            places = range(step * self.recipe.batch, (step + 1) * self.recipe.batch)
            views = [self.view(int(order[i]), int(seeds[i])) for i in places]
            images, labels, instances = (torch.stack(parts) for parts in zip(*views, strict=True))
            yield Views(images, labels, instances if self.examples[0].instances is not None else None)


def class_shares(examples: list[Example], num_classes: int) -> NDArray[np.float64]:
    """Each class's share of the labelled pixels, ``(num_classes,)``."""
    counts = np.sum([np.bincount(e.label.ravel(), minlength=256)[:num_classes] for e in examples], axis=0)
    shares: NDArray[np.float64] = counts / max(counts.sum(), 1)
    return shares
