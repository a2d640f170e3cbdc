"""The card of a network that is not ours: what a model.toml says, and a manifest embeds. Nothing here imports torch, or the network."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from mobileseg.errors import RequestError

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
NOT_STATED = "not stated: that of whoever made the network"
_FACTORY = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class ModelCard:
    """What there is to know about a network beside its code.

    ``factory``: ``package.module:function`` (or class), which is called with ``arguments`` and gives an ``nn.Module``; None for a module
    in memory. ``mean``, ``std``: of pixels in ``range`` (the values of black and white), in the order of ``channels``; ImageNet's where
    they are not said. ``output``: key or number of the output that holds the class logits, None where there is but one. ``classes``,
    ``stride`` (input pixels per output cell), ``multiple`` (what divides the input's sides): None where trying finds them. ``size``:
    height, width by default. ``align_corners``: how its authors resize the logits.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str
    factory: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    mean: Triple | None = None
    std: Triple | None = None
    range: tuple[float, float] = (0.0, 1.0)
    channels: Literal["RGB", "BGR"] = "RGB"
    output: str | int | None = None
    classes: int | None = None
    stride: int | None = None
    multiple: int | None = None
    size: tuple[int, int] | None = None
    align_corners: bool = False
    licence: str = NOT_STATED

    @property
    def normalization(self) -> tuple[Triple, Triple]:
        """Mean and standard deviation of RGB pixels in 0..255: ``low + p (high - low) / 255`` is what the mean is subtracted from."""
        mean, std = self.mean or IMAGENET[0], self.std or IMAGENET[1]
        low, high = self.range
        steps = 255.0 / (high - low)
        order = (0, 1, 2) if self.channels == "RGB" else (2, 1, 0)
        red, green, blue = (((mean[i] - low) * steps, std[i] * steps) for i in order)
        return (red[0], green[0], blue[0]), (red[1], green[1], blue[1])

    @property
    def says_normalization(self) -> bool:
        """Whether mean or standard deviation were said."""
        return self.mean is not None or self.std is not None


def card_of(factory: str) -> ModelCard:
    """The card of ``package.module:function`` alone. Raises ``RequestError`` for what is none."""
    check_factory(factory)
    return ModelCard(name=plain_name(factory.partition(":")[2]), factory=factory)


def is_factory(text: str) -> bool:
    """Whether it is meant as ``package.module:function``."""
    return ":" in text and "/" not in text and "\\" not in text


def check_factory(text: str) -> None:
    """Raise ``RequestError`` for anything but ``package.module:function``."""
    if not _FACTORY.fullmatch(text):
        raise RequestError(
            expected="a factory as package.module:function", found=repr(text), fix="for example mynetwork.model:build"
        )


def plain_name(text: str) -> str:
    """A name that can be part of a file's name."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.") or "network"


def read_card(path: Path) -> ModelCard:
    """The card in a model.toml. Raises ``RequestError`` for anything else."""
    from pydantic import TypeAdapter, ValidationError

    fix = "see the guide: Bring your network"
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
        fields.setdefault("name", plain_name(path.resolve().parent.name if path.stem == "model" else path.stem))
        card = TypeAdapter(ModelCard).validate_python(fields)
    except OSError as error:
        raise RequestError(
            expected=f"a model.toml at {path}", found=error.strerror or "it cannot be read", fix="check the path"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise RequestError(expected=f"a model.toml at {path}", found=str(error), fix=fix) from error
    except ValidationError as error:
        what = error.errors()[0]
        raise RequestError(
            expected=f"a model.toml at {path}", found=f"{'.'.join(map(str, what['loc']))}: {what['msg']}", fix=fix
        ) from error
    if card.factory is None:
        raise RequestError(
            expected=f"factory in {path}", found="none", fix='for example factory = "mynetwork.model:build"'
        )
    return checked(card)


def checked(card: ModelCard) -> ModelCard:
    """The card itself. Raises ``RequestError`` for values that make no sense."""
    if card.factory is not None:
        check_factory(card.factory)
    sides = (*(card.size or ()), card.classes or 1, card.stride or 1, card.multiple or 1)
    low, high = card.range
    wrong = [
        ("std", card.std, card.std is not None and not all(value > 0 for value in card.std)),
        ("range", card.range, not low < high),
        ("size, classes, stride or multiple", sides, min(sides) < 1),
        ("name", card.name, card.name != plain_name(card.name)),
    ]
    for what, value, bad in wrong:
        if bad:
            raise RequestError(
                expected=f"{what} of a network that makes sense: above 0, a range from low to high, a name of a-z, 0-9, . and -",
                found=f"{value}",
                fix=f"correct {what} of {card.name}",
            )
    return card


def with_found(card: ModelCard, classes: int, stride: int, multiple: int) -> ModelCard:
    """The card with what trying found."""
    return replace(card, classes=classes, stride=stride, multiple=multiple)
