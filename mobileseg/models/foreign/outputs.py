"""Which of a network's outputs holds the class logits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mobileseg.models.foreign.refusals import refusal

EXPECTED = "class logits (1, classes, height, width) as the module's output"
FIX_CHOICE = 'say which in the model.toml: output = "key", or output = 0'


def named_outputs(given: Any) -> dict[str | int, Any]:
    """Everything that a module gave, by key or number: of a tensor, a dict, a list, a tuple, or a dataclass-like output such as those of
    transformers."""
    if isinstance(given, Tensor):
        return {0: given}
    if isinstance(given, Mapping):
        return dict(given.items())
    if isinstance(given, list | tuple):
        fields = getattr(given, "_fields", range(len(given)))
        return dict(zip(fields, given, strict=True))
    return {}


def pick(given: Any, output: str | int | None) -> Tensor:
    """The logits among what a module gave. Raises ``NetworkError`` where nothing says which they are, or they are none."""
    outputs = named_outputs(given)
    if output is not None:
        if isinstance(given, list | tuple) and isinstance(output, int) and 0 <= output < len(given):
            return _logits(given[output], f"output {output}")
        if output not in outputs:
            raise refusal(f"an output {output!r} of the module", _listed(outputs, given), FIX_CHOICE)
        return _logits(outputs[output], f"output {output!r}")
    if len(outputs) == 1:
        return _logits(next(iter(outputs.values())), "the output")
    raise refusal(EXPECTED, _listed(outputs, given), FIX_CHOICE)


def _logits(value: Any, what: str) -> Tensor:
    if not isinstance(value, Tensor):
        raise refusal(EXPECTED, f"{what}: a {type(value).__name__}", FIX_CHOICE)
    if value.ndim != 4 or not value.is_floating_point():
        kind = str(value.dtype).removeprefix("torch.")
        raise refusal(
            EXPECTED,
            f"{what}: {value.ndim} dimensions, {tuple(value.shape)} {kind}",
            "wrap the module: return the logits before the argmax, without dimensions for time or queries",
        )
    return value


def _listed(outputs: Mapping[str | int, Any], given: Any) -> str:
    if not outputs:
        return f"a {type(given).__name__}"
    shapes = ", ".join(
        f"{key!r}: {tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__}"
        for key, value in outputs.items()
    )
    return f"{len(outputs)} outputs ({shapes})"
