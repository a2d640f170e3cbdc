"""From a card to a module: the only place that imports the code of a network that is not ours, and only because a command named it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from mobileseg.models.card import ModelCard
from mobileseg.models.foreign.refusals import NetworkError, refusal, refused_by
from mobileseg.quiet import quiet

IN_PROGRAM: dict[str, Callable[..., nn.Module]] = {}  # factories that a program registered, by their names
FIX_FACTORY = "name a function or class that returns the module: package.module:function"


def import_factory(card: ModelCard) -> Callable[..., Any]:
    """The factory of a card; modules are also looked for in the working folder. Raises ``NetworkError``."""
    assert card.factory is not None
    if card.name in IN_PROGRAM:
        return IN_PROGRAM[card.name]
    name, _, path = card.factory.partition(":")
    if (here := os.getcwd()) not in sys.path:
        sys.path.append(here)  # last: no file there may stand in for a library
    importlib.invalidate_caches()
    try:
        with quiet():
            found: Any = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise refusal(
                f"a module {name} that can be imported", f"no module named {error.name}",
                "install its package, or run the command in the folder that it is in",
            ) from error  # fmt: skip
        raise refused_by(error, f"{name} to be imported", "install what it imports") from error
    except Exception as error:
        raise refused_by(error, f"{name} to be imported", "correct the module") from error
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise refusal(f"{path} in {name}", f"no {part} there", FIX_FACTORY) from error
    if not callable(found) or isinstance(found, nn.Module):
        raise refusal(f"a function or class at {card.factory}", f"a {type(found).__name__}", FIX_FACTORY)
    return found  # type: ignore[no-any-return]


def build_module(card: ModelCard, seed: int = 0) -> nn.Module:
    """The module that the card's factory gives, in evaluation mode, float32, on the CPU; random numbers are drawn from ``seed``. Raises
    ``NetworkError``."""
    factory = import_factory(card)
    try:
        with quiet(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            found = factory(**card.arguments)
    except NetworkError:
        raise
    except Exception as error:
        given = ", ".join(f"{key}={value!r}" for key, value in card.arguments.items())
        raise refused_by(
            error, f"a module from {card.factory}({given})", "correct the arguments of the model.toml, or the factory"
        ) from error
    return as_module(found, card.factory or card.name)


def as_module(found: object, name: str) -> nn.Module:
    """``found`` in evaluation mode, if it is a module of float32. Raises ``NetworkError``."""
    if not isinstance(found, nn.Module):
        kind = found.__name__ if isinstance(found, type) else type(found).__name__
        raise refusal(f"an nn.Module from {name}", f"a {kind}", FIX_FACTORY)
    tensors: Mapping[str, torch.Tensor] = {**dict(found.named_parameters()), **dict(found.named_buffers())}
    for key, value in tensors.items():
        kind = str(value.dtype).removeprefix("torch.")
        if (value.is_floating_point() and value.dtype != torch.float32) or value.is_complex():
            raise refusal(f"float32 tensors in {name}", f"{key} in {kind}", "convert it: module.float()")
        if value.device.type != "cpu":
            raise refusal(f"tensors of {name} on the CPU", f"{key} on {value.device}", "move it there: module.cpu()")
    return found.eval()
