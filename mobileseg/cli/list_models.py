"""``list``: the zoo. No torch, no rich: it answers in half a second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mobileseg.cli.columns import columns, millions
from mobileseg.cli.console import say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Force, Json
from mobileseg.weights.licences import NOT_STATED, NOTHING
from mobileseg.weights.resolve import OFFICIAL

if TYPE_CHECKING:
    from mobileseg import ModelInfo


def list_models(
    pattern: Annotated[str, typer.Argument(help="A shell pattern, such as 'seaformer-*'.")] = "*",
    json_file: Json = None,
    force: Force = False,
) -> None:
    """List the models.

    With their input size, parameters, multiply-adds, published figures and weights.
    """
    import mobileseg
    from mobileseg.errors import UnknownNameError
    from mobileseg.models.names import other_names

    output = json_output(json_file, force)
    names = mobileseg.list_models(pattern)
    if not names:
        raise UnknownNameError(
            expected="a pattern that matches a model", found=repr(pattern), fix="see all of them: mobileseg list"
        )
    others = set(other_names())  # looked at only when one is named: that runs its code
    models = [mobileseg.model_info(name) for name in names if name not in others]
    added = [name for name in names if name in others]
    if output is not None:
        rows = [*(asdict(model) for model in models), *({"name": name, "family": "foreign"} for name in added)]
        output.write(json.dumps(rows, indent=1))
    if models:
        _show(models)
    for name in added:
        say(f"{name}: added by a package; mobileseg info {name} builds it, which runs its code")


def _show(models: Sequence[ModelInfo]) -> None:
    sources = _Sources()
    table = [("model", "size", "params", "multiply-adds", "published", "weights")]
    table += [
        (
            model.name,
            "x".join(map(str, model.size)),
            millions(model.parameters, 1e6, "M"),
            millions(model.multiply_adds, 1e9, "G"),
            _published(model, sources),
            _weights(model, sources),
        )
        for model in models
    ]
    for line in columns(table):
        say(line)
    for number, source in enumerate(sources.known, 1):
        say(f"[{number}] {source}")
    say("All figures, licences and sizes of a model: mobileseg info MODEL")


class _Sources:
    """Footnotes, numbered in the order in which they are first named."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def number(self, source: str) -> str:
        if source not in self.known:
            self.known.append(source)
        return f"[{self.known.index(source) + 1}]"


def _published(model: ModelInfo, sources: _Sources) -> str:
    """The best of the figures that the authors name first, with its source; or what kind of variant has none."""
    if not model.published:
        return model.note or "none published"
    first = model.published[0].metric.split(",")[0]
    best = max((f for f in model.published if f.metric.split(",")[0] == first), key=lambda figure: figure.value)
    return f"{best.value} {first} {sources.number(best.source)}"


def _weights(model: ModelInfo, sources: _Sources) -> str:
    """The bundled ones, and those that the authors released, with what their licences forbid."""
    official = model.official_weights
    released = official
    if model.official_licence is not None:
        released = f"official {sources.number(official)}{_not_allowed(model, OFFICIAL)}"
    return "; ".join([*(f"{name} (bundled{_not_allowed(model, name)})" for name in model.bundled_weights), released])


def _not_allowed(model: ModelInfo, weights: str) -> str:
    """``, no commercial use``; empty where nothing is forbidden, or nothing is known: `info` tells the two apart."""
    found = model.forbidden[weights]
    return "" if found in (NOTHING, NOT_STATED) else f", no {found}"
