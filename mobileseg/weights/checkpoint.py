"""Reading checkpoint files (safetensors, torch.save, TensorFlow) without running any code in them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mobileseg.errors import CheckpointError
from mobileseg.files import sha256

# Entries under which trainers store the weights, best first (timm's averaged weights are the better ones).
ENTRIES = ("state_dict_ema", "state_dict", "model", "net")
RESAVE = "if you trust the file, load it and save only the weights: torch.save(model.state_dict(), 'weights.pth')"


@dataclass(frozen=True)
class Checkpoint:
    """The tensors of a file by key, without the prefix ``module.``. ``layout``: where in the file they were, in words."""

    path: Path
    layout: str
    sha256: str
    tensors: Mapping[str, Tensor]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read the checkpoint at ``path``. Raises ``CheckpointError`` where it is missing, truncated, of an unknown format, needs arbitrary
    unpickling, or contains NaN or infinity."""
    if not path.is_file():
        raise CheckpointError(expected="a checkpoint file", found=f"nothing at {path}", fix="check --weights")
    digest = sha256
    if path.suffix == ".index":
        from mobileseg.weights import tensorflow

        (layout, tensors), digest = tensorflow.read(path), tensorflow.sha256
    elif _is_safetensors(path):
        layout, tensors = "safetensors", _read_safetensors(path)
    else:
        layout, tensors = _state_dict(_read_torch(path), path)
    tensors = _strip(tensors, "module.")
    _check_finite(tensors, path)
    return Checkpoint(path, layout, digest(path), tensors)


def _is_safetensors(path: Path) -> bool:
    if path.suffix == ".safetensors":
        return True
    with path.open("rb") as stream:
        return stream.read(9)[8:] == b"{"  # eight bytes of header length, then JSON


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            expected="a complete safetensors file", found=f"{path}: {error}", fix="download it again"
        ) from error
    return tensors


def _read_torch(path: Path) -> Any:
    # timm saves the command line's argparse.Namespace with the weights: a plain container of attributes.
    with torch.serialization.safe_globals([argparse.Namespace]):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch.load raises nearly any exception on a damaged file
            raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    text = str(error)
    unsafe = re.search(r"Unsupported (?:global: GLOBAL|class) ([\w.]+)|GLOBAL ([\w.]+) (?:was not|whose module)", text)
    if unsafe:
        return CheckpointError(
            expected="a checkpoint with only tensors and plain values",
            found=f"{path} needs arbitrary unpickling ({unsafe.group(1) or unsafe.group(2)}), which could run code",
            fix=RESAVE,
        )
    first = text.strip().splitlines()[0][:160] if text.strip() else type(error).__name__
    return CheckpointError(
        expected="a complete file written by torch.save, or a safetensors file",
        found=f"{path} ({path.stat().st_size} bytes): {first}",
        fix="download it again; it is truncated or not a checkpoint",
    )


def _state_dict(content: Any, path: Path) -> tuple[str, dict[str, Tensor]]:
    if isinstance(content, Mapping):
        for entry in ENTRIES:
            if isinstance(content.get(entry), Mapping) and _tensors(content[entry]):
                kind = "mmcv runner" if entry == "state_dict" and "meta" in content else "training"
                return f"{kind} file, entry {entry!r}", _tensors(content[entry])
        if _tensors(content):
            return "bare state_dict", _tensors(content)
        found = f"{path} with the entries {', '.join(map(str, list(content)[:8])) or '(none)'}"
    else:
        found = f"{path} with a {type(content).__name__}"
    raise CheckpointError(
        expected=f"tensors under {', '.join(ENTRIES)} or at the top level",
        found=found,
        fix="give a file that contains weights",
    )


def _tensors(entries: Mapping[str, Any]) -> dict[str, Tensor]:
    return {key: value for key, value in entries.items() if isinstance(key, str) and isinstance(value, Tensor)}


def _strip(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Keys without ``prefix``, if all have it (as DistributedDataParallel writes them)."""
    if tensors and all(key.startswith(prefix) for key in tensors):
        return {key.removeprefix(prefix): value for key, value in tensors.items()}
    return dict(tensors)


def _check_finite(tensors: Mapping[str, Tensor], path: Path) -> None:
    bad = [k for k, t in tensors.items() if t.is_floating_point() and not torch.isfinite(t).all()]
    if bad:
        raise CheckpointError(
            expected="finite weights",
            found=f"NaN or infinity in {len(bad)} tensors of {path}, first {bad[0]}",
            fix="use a checkpoint from before training diverged",
        )
