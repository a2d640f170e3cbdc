"""From what a command names to a row of the registry, for networks that are not in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError
from mobileseg.models.card import ModelCard, with_found
from mobileseg.models.foreign.importing import as_module
from mobileseg.models.foreign.network import ForeignNetwork, build
from mobileseg.models.foreign.trial import SIDE, Found, try_out
from mobileseg.models.names import card_named
from mobileseg.models.spec import ModelSpec

if TYPE_CHECKING:
    from torch import nn

FAMILY = "foreign"
DEFAULT_SIZE = (512, 512)


def spec_of_card(card: ModelCard) -> ModelSpec:
    """The row of a network that its card names: it is imported, built and tried. Raises ``NetworkError``."""
    return row(card, try_out(build(card), card))


def row(card: ModelCard, found: Found) -> ModelSpec:
    """The row of a network that was tried."""
    mean, std = card.normalization
    full = with_found(card, found.classes, found.stride, found.multiple)
    return ModelSpec(
        name=card.name,
        family=FAMILY,
        task="segmentation",
        variant=card.factory or "a module in memory",
        build="mobileseg.models.foreign.network:build",
        deploy="mobileseg.models.foreign.deploy:deploy",
        size=card.size or _default_size(found),
        num_classes=found.classes,
        head_prefixes=(),
        classifier_key="",
        official=None,
        multiple=found.multiple,
        stride=found.stride,
        align_corners=card.align_corners,
        mean=mean,
        std=std,
        note=notes(card, found),
        card=full,
    )


def notes(card: ModelCard, found: Found) -> str:
    """What was found by trying, and what was taken for want of a word."""
    tried = [
        f"{word} {value}"
        for word, value, said in (
            ("classes", found.classes, card.classes),
            ("output stride", found.stride, card.stride),
            ("sides divisible by", found.multiple, card.multiple),
        )
        if said is None
    ]
    lines = [f"found by trying at {found.size[0]}x{found.size[1]}: {', '.join(tried)}"] if tried else []
    if not card.says_normalization:
        lines.append("normalisation not said: ImageNet's mean and standard deviation of RGB from 0 to 1")
    return "; ".join(lines)


def row_in_memory(network: ForeignNetwork, card: ModelCard) -> ModelSpec:
    """The row of a module that a program holds. Raises ``NetworkError``."""
    return row(card, try_out(network, card))


def check_same(card: ModelCard, wanted: ModelCard) -> None:
    """Raise ``RequestError`` where a command names another network than the one that a file was exported from."""
    if (card.factory, card.arguments) != (wanted.factory, wanted.arguments):
        raise RequestError(
            expected=f"--model with {wanted.factory}({_given(wanted)}), from which the file was exported",
            found=f"{card.factory}({_given(card)})",
            fix="name the factory, or the model.toml with its arguments, that was exported",
        )


def _given(card: ModelCard) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in card.arguments.items())


def _default_size(found: Found) -> tuple[int, int]:
    return DEFAULT_SIZE if all(side % found.multiple == 0 for side in DEFAULT_SIZE) else found.size


def reference_for(card: ModelCard, num_classes: int, named: str | nn.Module, seed: int) -> nn.Module:
    """The reference model of a file whose manifest embeds ``card``, from the network that a command or a program named; all that is
    beside the code comes from the card. Raises ``RequestError`` for the name of another network, ``NetworkError``."""
    from mobileseg.models.factory import attach

    if isinstance(named, str):
        wanted = card_named(named)
        if wanted is None:
            raise RequestError(
                expected="a network that is not the zoo's: package.module:factory, a model.toml or a registered name",
                found=repr(named),
                fix=f"--model {card.factory}",
            )
        check_same(wanted, card)
        network = build(replace(card, name=wanted.name), seed)
    else:
        network = named if isinstance(named, ForeignNetwork) else ForeignNetwork(as_module(named, card.name), card)
    return attach(network, row_of_card(card, num_classes), num_classes)


def row_of_card(card: ModelCard, num_classes: int) -> ModelSpec:
    """The row of a card that a manifest embeds, in which everything is said; nothing is imported."""
    return row(card, Found(num_classes, card.stride or 1, card.multiple or 1, card.size or (SIDE, SIDE)))
