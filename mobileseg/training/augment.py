"""Random augmentation of one example: scale, crop, flip and colour, and what a camera and its files do to pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torchvision import tv_tensors
from torchvision.transforms import v2

from mobileseg.data.images import Pixels
from mobileseg.data.labels import VOID
from mobileseg.training.config import TrainingConfig
from mobileseg.training.examples import Example

Crop = tuple[Pixels, NDArray[np.uint8], NDArray[np.int32] | None]
CUT_ASPECT = 2.0  # a cut-out rectangle is at most this much taller or wider, relative to the crop's own shape


class Augmentation:
    """Makes crops of examples. A crop is a function of the example, the config and a seed: neither the global random state nor the
    number of threads plays a part. ``fill``: colour of padding and of what is cut out, 0..255 per channel."""

    def __init__(self, config: TrainingConfig, fill: tuple[float, ...]) -> None:
        self.config, self.fill = config, tuple(round(v) for v in fill)
        strength = config.color
        padding = {tv_tensors.Image: list(self.fill), tv_tensors.Mask: VOID}
        self.transform = v2.Compose(
            [
                v2.RandomCrop(config.crop, pad_if_needed=True, fill=padding),
                v2.RandomHorizontalFlip(config.flip),
                v2.ColorJitter(strength, strength, strength, strength / 4),
            ]
        )

    def crop(self, example: Example, seed: int) -> Crop:
        """Pixels ``(3, h, w)`` uint8 RGB, labels ``(h, w)`` uint8 with ``VOID``, instances ``(h, w)`` int32, 0 for none, or
        None."""
        image = tv_tensors.Image(torch.from_numpy(example.image).permute(2, 0, 1))
        label = tv_tensors.Mask(torch.from_numpy(example.label))
        known = [] if example.instances is None else [tv_tensors.Mask(torch.from_numpy(example.instances))]
        with _seeded(seed):
            size = self.random_size(*example.label.shape)
            parts = (v2.functional.resize(part, size, antialias=True) for part in (image, label, *known))
            image, label, *known = self.transform(*parts)
            pixels = self._photograph(np.ascontiguousarray(image.permute(1, 2, 0).numpy()))
        labels = label.numpy()
        # The padding of the instances is VOID, too.
        numbers = np.where(labels == VOID, 0, known[0].numpy()) if known else None
        return pixels.transpose(2, 0, 1), labels, numbers

    def random_size(self, height: int, width: int) -> list[int]:
        """The largest size of this aspect ratio within ``size``, times a random factor from ``scale``. (torchvision's ScaleJitter takes
        the target's width for its height.)"""
        low, high = self.config.scale
        fit = min(self.config.size[0] / height, self.config.size[1] / width)
        factor = fit * uniform(low, high)
        return [max(round(height * factor), 1), max(round(width * factor), 1)]

    def _photograph(self, pixels: Pixels) -> Pixels:
        """Blur of the lens, gamma, noise of the sensor, an object in front, JPEG: in this order, each only where the config asks, so
        that a config without them draws no random numbers for them."""
        config = self.config
        if config.blur:
            pixels = blurred(pixels, uniform(0, config.blur))
        if config.gamma:
            widest = float(np.log1p(config.gamma))
            pixels = with_gamma(pixels, float(np.exp(uniform(-widest, widest))))
        if config.noise:
            drawn = torch.randn(pixels.shape).numpy() * uniform(0, config.noise)
            pixels = (pixels + drawn).round().clip(0, 255).astype(np.uint8)
        if config.cutout:
            pixels = self._cut_out(pixels, uniform(0, config.cutout))
        if config.jpeg:
            pixels = through_jpeg(pixels, round(100 - uniform(0, config.jpeg)))
        return pixels

    def _cut_out(self, pixels: Pixels, share: float) -> Pixels:
        """A rectangle over ``share`` of the crop in the fill colour. Labels stay: what is hidden is to be inferred from around it."""
        (height, width), aspect = pixels.shape[:2], CUT_ASPECT ** uniform(-1, 1)
        tall = min(round((share * aspect) ** 0.5 * height), height)
        wide = min(round((share / aspect) ** 0.5 * width), width)
        top, left = round(uniform(0, height - tall)), round(uniform(0, width - wide))
        covered = pixels.copy()
        covered[top : top + tall, left : left + wide] = self.fill
        return covered


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Gaussian blur; ``sigma`` in pixels. Pillow's is integer arithmetic, the same on any number of threads."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma)))


def with_gamma(pixels: Pixels, exponent: float) -> Pixels:
    """``255 * (value / 255) ** exponent``, rounded."""
    table = (255 * (np.arange(256) / 255) ** exponent).round().astype(np.uint8)
    adjusted: Pixels = table[pixels]
    return adjusted


def through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Compressed at ``quality`` (1..100, as libjpeg counts) and decoded again."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def uniform(low: float, high: float) -> float:
    """A number from torch's random state."""
    return float(torch.empty(1).uniform_(low, high))


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Random numbers from ``seed``, and one thread: sums over several (as in the contrast of the jitter) round differently."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would seed the accelerators, too.
        torch.default_generator.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
