"""Arrays, scalars and dtypes of NumPy as pickles describe them, rebuilt from their bytes alone."""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

PLAIN = re.compile(
    r"[<>|=]?([?biufcSU]\d{0,6}|bool|(?:u?int|float|complex)\d{1,3})"
)  # without objects, records and dates


class DType:
    """A dtype in the making: its name first, its byte order from the state that follows."""

    def __init__(self, name: Any = "", *_: Any) -> None:
        self.name = name
        self.order: Literal["", "<", ">"] = ""

    def set_state(self, state: Any) -> None:
        """What the pickle says further."""
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else ""
        self.order = "<" if order == "<" else ">" if order == ">" else ""

    def dtype(self) -> np.dtype[Any]:
        """Raises ``ValueError`` for anything but numbers and text."""
        if not isinstance(self.name, str) or not PLAIN.fullmatch(self.name):
            raise ValueError(f"an array of {str(self.name)[:40]!r}")
        found = np.dtype(self.name)
        return found.newbyteorder(self.order) if self.order else found


class Array:
    """An array in the making; ``value`` is None where it holds anything but numbers and text."""

    def __init__(self, *_: Any) -> None:
        self.value: NDArray[Any] | None = None

    def set_state(self, state: Any) -> None:
        """What the pickle says further."""
        if not isinstance(state, tuple) or len(state) < 4:  # of a subclass
            return
        shape, dtype, fortran, data = state[-4:]
        self.value = _array(data, dtype, shape, "F" if fortran else "C")


def from_buffer(data: Any, dtype: Any, shape: Any, order: Any = "C") -> Array:
    """What ``numpy._core.numeric._frombuffer`` describes."""
    made = Array()
    made.value = _array(data, dtype, shape, "F" if order == "F" else "C")
    return made


def scalar(dtype: Any, data: Any = b"") -> Any:
    """A number or text as Python's own; None for what is neither."""
    found = _array(data, dtype, (), "C")
    return None if found is None else found.item()


def encode(text: Any, encoding: Any = "latin1") -> bytes | None:
    """Bytes, as protocol 2 writes them: by ``_codecs.encode`` of a text. None for another codec than that takes."""
    return text.encode("latin1") if isinstance(text, str) and encoding in ("latin1", "latin-1") else None


def _array(data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any] | None:
    if isinstance(data, str):  # of Python 2
        data = data.encode("latin1")
    if not isinstance(dtype, DType) or not isinstance(data, bytes | bytearray | memoryview):
        return None
    try:
        return np.frombuffer(data, dtype.dtype()).reshape(tuple(shape), order=order)
    except (TypeError, ValueError):
        return None
