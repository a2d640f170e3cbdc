"""What can be asked of a model: checked without building it, and without torch."""

from __future__ import annotations

from mobileseg.errors import RequestError, SizeError
from mobileseg.models.registry import ModelSpec

EMITS = ("logits", "mask")
LARGEST_SIDE = 4096  # pixels; beyond it the graph's activations alone exceed a phone's memory
LARGEST_CLASSES = 4096


def check_size(spec: ModelSpec, height: int, width: int) -> None:
    """Raise ``SizeError`` unless both sides are multiples of the model's stride and not absurd."""
    for side, name in ((height, "height"), (width, "width")):
        if not isinstance(side, int) or side < 1 or side > LARGEST_SIDE:
            raise SizeError(
                expected=f"a {name} from {spec.multiple} to {LARGEST_SIDE}",
                found=str(side),
                todo="give height and width in pixels",
            )
        if side % spec.multiple:
            below = side // spec.multiple * spec.multiple
            near = [str(s) for s in (below, below + spec.multiple) if spec.multiple <= s <= LARGEST_SIDE]
            raise SizeError(
                expected=f"a {name} divisible by {spec.multiple}", found=str(side), todo=f"take {' or '.join(near)}"
            )


def check_num_classes(count: int) -> None:
    """Raise ``RequestError`` for a number of classes that no segmentation has."""
    if not 1 <= count <= LARGEST_CLASSES:
        raise RequestError(
            expected=f"1 to {LARGEST_CLASSES} classes", found=str(count), todo="give another number of classes"
        )


def check_emit(spec: ModelSpec, emit: str) -> None:
    """Raise ``RequestError`` for an output that the model does not have: classifiers have no mask."""
    allowed = EMITS if spec.task == "segmentation" else EMITS[:1]
    if emit not in allowed:
        raise RequestError(
            expected=f"{' or '.join(allowed)} as the output of {spec.name}", found=repr(emit), todo="choose one of them"
        )
