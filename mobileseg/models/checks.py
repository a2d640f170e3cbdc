"""Checks of a request to a model that need neither the model nor torch."""

from __future__ import annotations

from mobileseg.errors import RequestError, SizeError
from mobileseg.models.spec import Emit, ModelSpec

LARGEST_SIDE = 4096  # pixels: beyond it the activations alone exceed a phone's memory
LARGEST_CLASSES = 4096


def check_size(spec: ModelSpec, height: int, width: int) -> None:
    """Raise ``SizeError`` unless the model's strides divide both sides, its position tables reach them, and they are at most
    ``LARGEST_SIDE`` pixels."""
    largest = min(LARGEST_SIDE, spec.largest or LARGEST_SIDE)
    for side, name in ((height, "height"), (width, "width")):
        if not isinstance(side, int) or side < 1 or side > largest:
            why = f", which the position tables of {spec.name} reach" if spec.largest else ""
            raise SizeError(
                expected=f"a {name} from {spec.multiple} to {largest}{why}",
                found=str(side),
                fix="give height and width in pixels",
            )
        if side < spec.multiple or side % spec.multiple not in spec.remainders:
            raise SizeError(
                expected=f"a {name} {size_rule(spec)}",
                found=str(side),
                fix=f"take {' or '.join(_nearest(spec, side, largest))}",
            )


def size_rule(spec: ModelSpec) -> str:
    """The rule for sides in words, such as ``divisible by 32``."""
    more = "".join(f" (or that plus {remainder})" for remainder in spec.remainders if remainder)
    return f"divisible by {spec.multiple}{more}"


def _nearest(spec: ModelSpec, side: int, largest: int) -> list[str]:
    """The allowed sides just below and just above."""
    first = max(side // spec.multiple - 1, 1)
    allowed = [spec.multiple * (first + i) + remainder for i in range(4) for remainder in spec.remainders]
    below = [size for size in allowed if size < side]
    above = [size for size in allowed if side < size <= largest]
    return [str(size) for size in (*below[-1:], *above[:1])]


def check_num_classes(count: int) -> None:
    """Raise ``RequestError`` for a number of classes outside 1 to ``LARGEST_CLASSES``."""
    if not 1 <= count <= LARGEST_CLASSES:
        raise RequestError(
            expected=f"1 to {LARGEST_CLASSES} classes", found=str(count), fix="give another number of classes"
        )


def check_emit(spec: ModelSpec, emit: str | None) -> Emit:
    """The requested output, or the model's default for None. Raises ``RequestError`` for one that the model lacks."""
    for allowed in spec.emits:
        if emit is None or emit == allowed:
            return allowed
    raise RequestError(
        expected=f"{' or '.join(spec.emits)} as the output of {spec.name}", found=repr(emit), fix="choose one of them"
    )
