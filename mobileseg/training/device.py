"""The device that trains, found and tried before slow work."""

from __future__ import annotations

import re
import warnings

import torch
import torch.nn.functional as F

from mobileseg.errors import EnvironmentLackError, UnknownNameError

CPU = torch.device("cpu")
AUTO = "auto"
NAME = re.compile(r"auto|cpu|cuda(:\d{1,3})?|mps")


def choose_device(name: str = AUTO) -> torch.device:
    """The device called ``cpu``, ``cuda``, ``cuda:N`` or ``mps``, after a trial of it. ``auto``: an accelerator where there is one.

    Raises ``UnknownNameError`` for another name, ``EnvironmentLackError`` where this machine has no such device, or where torch
    cannot compute on it.
    """
    if NAME.fullmatch(name) is None:
        raise UnknownNameError(
            expected="a device: auto, cpu, cuda, cuda:N or mps", found=repr(name), fix=f"--device {AUTO}"
        )
    if name == AUTO:
        name = "cuda" if _cuda_lack() is None else "mps" if torch.backends.mps.is_available() else "cpu"
    device = torch.device(name)
    if (lack := _lack(device)) is not None:
        raise EnvironmentLackError(expected=f"{name} for --device {name}", found=lack, fix=f"--device {AUTO}")
    if device != CPU:
        _try(device)
    return device


def title_of(device: torch.device) -> str:
    """The device with the name of its model."""
    if device.type == "cuda" and torch.cuda.is_available():
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "mps" and torch.backends.mps.is_available():
        return f"{device} ({torch.backends.mps.get_name()})"
    return "the CPU" if device == CPU else str(device)


def _lack(device: torch.device) -> str | None:
    """Why a device cannot be used here, as far as that is known without using it; None for nothing."""
    if device.type == "cuda":
        if (lack := _cuda_lack()) is not None:
            return lack
        count = torch.cuda.device_count()
        names = ", ".join(title_of(torch.device("cuda", number)) for number in range(count))
        return None if device.index is None or device.index < count else f"{names} alone"
    if device.type == "mps" and not torch.backends.mps.is_available():
        built = torch.backends.mps.is_built()
        return "no such GPU, or a macOS that is too old" if built else f"torch {torch.__version__}, built without MPS"
    return None


def _cuda_lack() -> str | None:
    """Why there is no CUDA. A driver that is too old is what torch warns of."""
    if torch.version.cuda is None and torch.version.hip is None:
        return f"torch {torch.__version__}, built without CUDA"
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        if torch.cuda.is_available():
            return None
    said = [str(warning.message).splitlines()[0] for warning in warned]
    return said[0] if said else "no GPU with a driver that torch can use"


def _try(device: torch.device) -> None:
    """Compute something small: a GPU that this build of torch has no kernels for is found only so."""
    try:
        ones = torch.ones(1, 1, 3, 3, device=device)
        F.conv2d(ones, ones).item()
    except RuntimeError as error:
        raise EnvironmentLackError(
            expected=f"a {device} that torch {torch.__version__} can compute on",
            found=str(error).strip().splitlines()[0],
            fix="--device cpu, or another build of torch: https://pytorch.org/get-started",
        ) from error
