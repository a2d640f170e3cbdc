"""The randomly augmented batches that training sees, made in this process or in workers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, get_worker_info

from mobileseg.data.check import leave_signals_to_the_parent
from mobileseg.errors import MobilesegError
from mobileseg.training.augment import Augmentation
from mobileseg.training.config import TrainingConfig
from mobileseg.training.device import CPU
from mobileseg.training.examples import ExampleStore

LARGEST_SEED = 2**63
Draw = tuple[int, int]  # index of an example, and the seed of its crop
Crops = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int32] | None]


@dataclass(frozen=True)
class TrainingBatch:
    """Normalised ``images`` ``(N, 3, h, w)`` float32, ``labels`` ``(N, h, w)`` int64, ``instances`` ``(N, h, w)`` int64 or
    None."""

    images: Tensor
    labels: Tensor
    instances: Tensor | None


class TrainingLoader:
    """Shuffled, augmented batches: a function of the examples and ``(seed, epoch, position in the epoch)`` alone, so that a resumed run
    sees the same batches as an uninterrupted one, made by any number of worker processes.

    ``mean``, ``std``: the model's normalisation, per channel, for pixels in 0..255. ``workers``: processes that read and augment ahead
    of the training; with 0 this one does.
    """

    def __init__(
        self,
        examples: ExampleStore,
        config: TrainingConfig,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        workers: int = 0,
    ) -> None:
        self.examples, self.config = examples, config
        self.mean, self.std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (mean, std))
        self._order = _Order(len(examples), config)
        with _any_number_of_workers():
            self._batches: DataLoader[Any] = DataLoader(
                _Crops(examples, Augmentation(config, mean)),
                batch_sampler=self._order,
                num_workers=workers,
                collate_fn=_as_they_are,
                worker_init_fn=_start_worker,
                persistent_workers=workers > 0,
                generator=torch.Generator(),  # its own, or it would draw from the global random state
            )

    @property
    def steps(self) -> int:
        """Batches in an epoch. An incomplete last batch is dropped; each epoch drops other examples."""
        return len(self._order)

    def epoch(self, number: int, device: torch.device = CPU) -> Iterator[TrainingBatch]:
        """The batches of epoch ``number``, on ``device``. Raises ``ImageError``, ``DatasetError`` where a file can no longer be
        read."""
        self._order.epoch = number
        mean, std = self.mean.to(device), self.std.to(device)
        with _any_number_of_workers():
            batches = iter(self._batches)
        for made in batches:
            if isinstance(made, MobilesegError):
                raise made
            images, labels, instances = made
            yield TrainingBatch(
                (moved(images, device).to(torch.float32) - mean) / std,
                moved(labels, device).to(torch.int64),
                None if instances is None else moved(instances, device).to(torch.int64),
            )


def moved(array: NDArray[Any], device: torch.device) -> Tensor:
    """The array as a tensor on ``device``; to CUDA from pinned memory, without waiting for the copy."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


class _Order:
    """The draws of each batch of ``epoch``."""

    def __init__(self, count: int, config: TrainingConfig) -> None:
        self.count, self.config, self.epoch = count, config, 0

    def __len__(self) -> int:
        return self.count // self.config.batch_size

    def __iter__(self) -> Iterator[list[Draw]]:
        generator = np.random.default_rng((self.config.seed, self.epoch))
        order = generator.permutation(self.count).tolist()
        seeds = generator.integers(0, LARGEST_SEED, self.count).tolist()
        size = self.config.batch_size
        for first in range(0, len(self) * size, size):
            yield list(zip(order[first : first + size], seeds[first : first + size], strict=True))


class _Crops(Dataset[Any]):
    """Makes the crops of a batch, in whichever process. Bytes, not normalised floats: a quarter as much goes through the pipe, and to
    an accelerator."""

    def __init__(self, examples: ExampleStore, augmentation: Augmentation) -> None:
        self.examples, self.augmentation = examples, augmentation

    def __getitems__(self, draws: list[Draw]) -> Crops | MobilesegError:
        try:
            crops = [self.augmentation.crop(self.examples[index], seed) for index, seed in draws]
        except MobilesegError as error:
            return error  # DataLoader would make a RuntimeError of it, with a traceback in its text
        images, labels = (np.stack(parts) for parts in list(zip(*crops, strict=True))[:2])
        instances = [numbers for _, _, numbers in crops if numbers is not None]
        return images, labels, np.stack(instances) if instances else None


def _as_they_are(made: Any) -> Any:
    """No collation, and no tensors, which DataLoader would send through /dev/shm: containers have little of it."""
    return made


@contextmanager
def _any_number_of_workers() -> Iterator[None]:
    """DataLoader warns of more workers than cores, twice; who asks for them knows."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This DataLoader will create")
        yield


def _start_worker(number: int) -> None:
    """Each worker keeps its share of the decoded examples."""
    leave_signals_to_the_parent()
    info: Any = get_worker_info()
    info.dataset.examples.budget_bytes //= info.num_workers
