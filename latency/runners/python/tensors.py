"""Tensors in raw files: contiguous, little-endian."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .events import RunnerError


def read_input(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The float32 values in ``path`` as a new array of ``shape``. Raises ``RunnerError`` if the file has another size."""
    values = np.fromfile(path, dtype="<f4")
    if values.size != prod(shape):
        raise RunnerError(
            f"{prod(shape)} numbers for an input of {shape}", f"{values.size} in {path.name}", "write it again"
        )
    return values.astype(np.float32).reshape(shape)


def write_output(folder: Path, index: int, number: int, values: NDArray[Any]) -> None:
    """Writes ``values`` to ``<index>.<number>.bin`` in ``folder``: model ``index``, output ``number``."""
    values.astype(values.dtype.newbyteorder("<"), copy=False).tofile(folder / f"{index}.{number}.bin")
