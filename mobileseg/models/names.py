"""Names of networks that are not the zoo's, and the card behind each: registered by a program, ``package.module:factory``, a model.toml, or
an installed package's entry point. No network is built."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from mobileseg.models.card import ModelCard, card_of, is_factory, read_card
from mobileseg.models.registry import MODELS
from mobileseg.quiet import quiet

GROUP = "mobileseg.models"
REGISTERED: dict[str, ModelCard] = {}


def entry_point_names() -> tuple[str, ...]:
    """Names that installed packages add; none of them is imported."""
    return tuple(sorted({point.name for point in metadata.entry_points(group=GROUP)} - set(MODELS)))


def other_names() -> tuple[str, ...]:
    """All names beside the zoo's."""
    return tuple(dict.fromkeys((*REGISTERED, *entry_point_names())))


def card_named(name: str) -> ModelCard | None:
    """The card of a network that is not ours; None for a name that means none."""
    if name in REGISTERED:
        return REGISTERED[name]
    if name.endswith(".toml"):
        return _read(Path(name))
    if is_factory(name):
        return card_of(name)
    return _card_of_entry_point(name) if name in entry_point_names() else None


def _read(path: Path) -> ModelCard:
    """The card at ``path``, whose folder is also looked in for the module."""
    card = read_card(path)
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.append(folder)
    return card


def _card_of_entry_point(name: str) -> ModelCard | None:
    """The card behind an installed package's entry point; only this one is imported. None where there is none of that name."""
    from mobileseg.models.foreign.refusals import refusal

    found = next(iter(metadata.entry_points(group=GROUP, name=name)), None)
    if found is None:
        return None
    try:
        with quiet():
            loaded = found.load()
    except Exception as error:
        raise refusal(
            f"the entry point {name} of {GROUP} to be imported", f"{type(error).__name__}: {error}",
            "install or update the package that has it",
        ) from error  # fmt: skip
    if isinstance(loaded, ModelCard):
        return replace(loaded, name=name)
    return ModelCard(name=name, factory=found.value)
