"""Where and in which precision a run computes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.training.device import CPU, title_of

LEAST_BFLOAT16, LEAST_FLOAT16 = 8, 7  # compute capabilities from which there is fast hardware: Ampere, Volta
LEAST_MACOS = 14  # from which MPS computes in bfloat16
MEMORY = ("out of memory", "can't allocate memory")  # what torch says on accelerators, and on a CPU


@dataclass(frozen=True)
class Compute:
    """``amp``: the dtype of the products in training, None for float32. Losses, weights, their average and evaluation are float32 in
    any case."""

    device: torch.device = CPU
    amp: torch.dtype | None = None

    @property
    def precision(self) -> str:
        """``float32``, ``bfloat16`` or ``float16``, for the record."""
        return str(self.amp or torch.float32).removeprefix("torch.")

    @property
    def title(self) -> str:
        """Device and precision for people."""
        return f"{title_of(self.device)}, {self.precision}"

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """Mixed precision in the block, where there is any."""
        return contextlib.nullcontext() if self.amp is None else torch.autocast(self.device.type, self.amp)

    def scaler(self) -> torch.amp.GradScaler:
        """Keeps the gradients of float16 from underflow; does nothing for other dtypes."""
        return torch.amp.GradScaler(self.device.type, enabled=self.amp is torch.float16)

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """Raise ``EnvironmentLackError`` where the block runs out of the device's memory."""
        try:
            yield
        except RuntimeError as error:
            if not any(words in str(error) for words in MEMORY):
                raise
            raise EnvironmentLackError(
                expected=f"more memory on {title_of(self.device)}",
                found=str(error).strip().splitlines()[0],
                fix="lower --batch-size, --crop or --size, or train on another --device",
            ) from error


PLAIN = Compute()  # the CPU, float32


def mixed_precision(device: torch.device, asked: bool | None, int8: bool = False) -> torch.dtype | None:
    """The dtype of mixed precision, None for float32.

    CUDA: bfloat16 from compute capability 8, float16 on 7. MPS: bfloat16 from macOS 14. CPU: bfloat16, where ``asked``. None for
    ``asked`` is yes on accelerators, but not for ``int8``, whose roundings would drown in those of bfloat16. Raises ``RequestError``
    where the device has none and it was asked for.
    """
    if asked is False or (asked is None and (int8 or device == CPU)):
        return None
    found = _fast_dtype(device)
    if found is None and asked:
        raise RequestError(
            expected="a device with mixed precision for --amp", found=title_of(device), fix="leave --amp out"
        )
    return found


def _fast_dtype(device: torch.device) -> torch.dtype | None:
    if device == CPU:
        return torch.bfloat16
    if device.type == "mps":
        return torch.bfloat16 if torch.backends.mps.is_macos_or_newer(LEAST_MACOS, 0) else None
    capability = torch.cuda.get_device_capability(device)[0]
    if capability >= LEAST_BFLOAT16 or torch.version.hip is not None:
        return torch.bfloat16
    return torch.float16 if capability >= LEAST_FLOAT16 else None


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """In the block cuDNN's convolutions do not round their factors to TF32's ten bits, as they do by default. (Matrix products do not.)"""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
