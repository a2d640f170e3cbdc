"""``info``: one model in full. No torch, no rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.cli.columns import columns, millions
from mobileseg.cli.console import say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Force, Json, Model
from mobileseg.weights.resolve import OFFICIAL

if TYPE_CHECKING:
    from mobileseg import ModelInfo


def info(model: Model, json_file: Json = None, force: Force = False) -> None:
    """Show one model in full, with the licence of its weights."""
    import mobileseg

    output = json_output(json_file, force)
    found = mobileseg.model_info(model)
    if output is not None:
        output.write(found.to_json())
    _show(found, model)


def _show(model: ModelInfo, asked: str) -> None:
    from mobileseg.models.checks import size_rule
    from mobileseg.models.lookup import find_model

    size = "x".join(map(str, model.size))
    table = [
        ("model", f"{model.name} ({model.family}, {model.task})"),
        *([("note", model.note)] if model.note else []),
        ("input", f"RGB 0..255, {size} by default, both sides {size_rule(find_model(asked))}"),
        ("classes", f"{model.num_classes} by default; weights say their own"),
        ("parameters", millions(model.parameters, 1e6, "M")),
        ("multiply-adds", f"{millions(model.multiply_adds, 1e9, 'G')} at {size}"),
        *(("published", f"{figure.value} {figure.metric} ({figure.source})") for figure in model.published),
        *(
            ("bundled weights", f"{name}: {licence} (forbids: {model.forbidden[name]})")
            for name, licence in model.bundled_weights.items()
        ),
        ("official weights", model.official_weights),
        *([("their licence", _terms(model))] if OFFICIAL in model.forbidden else []),
    ]
    for line in columns(table):
        say(line)


def _terms(model: ModelInfo) -> str:
    """Of the authors' weights, and what they forbid."""
    return f"{model.official_licence} (forbids: {model.forbidden[OFFICIAL]})"
