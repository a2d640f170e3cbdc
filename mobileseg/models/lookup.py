"""The row of a model by what a command names: a model of the zoo, ``package.module:factory``, a model.toml, or a name that a package or a
program registered. Only what is named is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mobileseg.errors import RequestError
from mobileseg.models.card import NOT_STATED, ModelCard, Triple, checked, is_factory, plain_name
from mobileseg.models.names import REGISTERED, card_named, other_names
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec
from mobileseg.registry import choose, require

if TYPE_CHECKING:
    from torch import nn

_ROWS: dict[str, ModelSpec] = {}  # of what was tried in this program


def find_model(name: str, kind: str = "model") -> ModelSpec:
    """The row. A network that is not ours is imported, built and tried. Raises ``UnknownNameError``, and ``NetworkError`` for one that
    cannot be exported."""
    if name in MODELS:
        return MODELS[name]
    card = card_named(name)
    if card is None:
        return choose({**MODELS, **dict.fromkeys(other_names())}, name, kind)  # type: ignore[return-value]
    require(("torch",), "running a network", "torch")
    return _row(card)


def check_known(name: str) -> None:
    """Raise ``UnknownNameError`` for a name that means no model; nothing is imported."""
    if name not in MODELS and not (name in other_names() or name.endswith(".toml") or is_factory(name)):
        choose({**MODELS, **dict.fromkeys(other_names())}, name, "model")


def is_model(name: str) -> bool:
    """Whether it names a model, known or not, and no exported file. Imports nothing."""
    if name in MODELS or name in REGISTERED or name.endswith(".toml") or is_factory(name):
        return True
    path = Path(name)
    return path.name == name and not path.suffix


def register_model(
    name: str,
    factory: str | Callable[..., nn.Module],
    *,
    arguments: dict[str, Any] | None = None,
    mean: Triple | None = None,
    std: Triple | None = None,
    range: tuple[float, float] = (0.0, 1.0),
    channels: Literal["RGB", "BGR"] = "RGB",
    output: str | int | None = None,
    classes: int | None = None,
    stride: int | None = None,
    multiple: int | None = None,
    size: tuple[int, int] | None = None,
    align_corners: bool = False,
    licence: str = NOT_STATED,
) -> None:
    """Give a network a name in this program. ``factory``: a function that returns an ``nn.Module``, or where it is
    (``package.module:function``); it is called with ``arguments``. The others are the fields of a model.toml.

    ``mean``, ``std``: of pixels in ``range`` (what black and white are), in the order of ``channels``; default: ImageNet's. ``output``: key
    or number of the output that holds the class logits. ``classes``, ``stride`` (input pixels per cell of the logits), ``multiple`` (what
    divides the sides): found by trying where they are not said. ``size``: height, width by default. ``align_corners``: how the logits are
    resized. ``licence``: of the weights.

    Raises ``RequestError`` for a name of the zoo, and for values that make no sense.
    """
    if name in MODELS or name != plain_name(name):
        raise RequestError(
            expected="a new name of a-z, 0-9, ., _ and -",
            found=repr(name),
            fix="choose a name that the zoo does not have",
        )
    if isinstance(factory, str):
        where = factory
    else:
        from mobileseg.models.foreign.importing import IN_PROGRAM

        where = f"{factory.__module__}:{factory.__qualname__}".replace("<locals>.", "").replace("<lambda>", "factory")
        IN_PROGRAM[name] = factory
    REGISTERED[name] = checked(
        ModelCard(
            name,
            where,
            arguments or {},
            mean,
            std,
            range,
            channels,
            output,
            classes,
            stride,
            multiple,
            size,
            align_corners,
            licence,
        )
    )
    _ROWS.clear()


def _row(card: ModelCard) -> ModelSpec:
    words = repr(card)
    if words not in _ROWS:
        from mobileseg.models.foreign.opening import spec_of_card

        _ROWS[words] = spec_of_card(card)
    return _ROWS[words]
