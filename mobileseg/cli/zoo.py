"""``list`` and ``info``. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer

from mobileseg import list_models
from mobileseg.errors import UnknownNameError
from mobileseg.models.checks import size_rule
from mobileseg.models.registry import MODELS, measured
from mobileseg.models.spec import ModelSpec
from mobileseg.registry import choose

NONE_RELEASED = "none released"


def _facts(spec: ModelSpec) -> dict[str, Any]:
    from mobileseg.weights.records import bundled

    counted = measured().get(spec.name, {})
    return {
        "name": spec.name,
        "family": spec.family,
        "task": spec.task,
        "size": list(spec.size),
        "num_classes": spec.num_classes,
        "parameters": counted.get("parameters"),
        "multiply_adds": counted.get("multiply_adds"),
        "published": [asdict(figure) for figure in spec.published],
        "bundled_weights": {name: record.licence for name, record in bundled(spec.name).items()},
        "official_weights": spec.official_weights,
        "note": spec.note,
    }


def show_list(pattern: str, json_output: bool) -> None:
    """A table of the models whose names fit, or JSON."""
    names = list_models(pattern)
    if not names:
        raise UnknownNameError(
            expected="a pattern that fits some model", found=repr(pattern), fix="mobileseg list shows all"
        )
    rows = [_facts(MODELS[name]) for name in names]
    if json_output:
        typer.echo(json.dumps(rows, indent=1))
        return
    sources = _Sources()
    table = [("model", "size", "params", "multiply-adds", "published", "weights")]
    table += [
        (
            row["name"],
            "x".join(map(str, row["size"])),
            _millions(row["parameters"], 1e6, "M"),
            _millions(row["multiply_adds"], 1e9, "G"),
            _published(row, sources),
            _weights(row, sources),
        )
        for row in rows
    ]
    _print_columns(table)
    for number, source in enumerate(sources.known, 1):
        typer.echo(f"[{number}] {source}")
    typer.echo("mobileseg info MODEL: all figures, licences, sizes.")


class _Sources:
    """Footnotes, numbered in the order in which they are first named."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def number(self, source: str) -> str:
        if source not in self.known:
            self.known.append(source)
        return f"[{self.known.index(source) + 1}]"


def _published(row: dict[str, Any], sources: _Sources) -> str:
    """The best of the figures that the authors name first, with where; or what kind of variant has none."""
    if not row["published"]:
        return row["note"] or "none published"
    names = [figure["metric"].split(",")[0] for figure in row["published"]]
    first = [figure for name, figure in zip(names, row["published"], strict=True) if name == names[0]]
    best = max(first, key=lambda figure: figure["value"])
    return f"{best['value']} {names[0]} {sources.number(best['source'])}"


def _weights(row: dict[str, Any], sources: _Sources) -> str:
    """Which travel along, and which the authors released."""
    official: str = row["official_weights"]
    released = official if official.startswith(NONE_RELEASED) else f"official {sources.number(official)}"
    return "; ".join([*(f"{name} (bundled)" for name in row["bundled_weights"]), released])


def _print_columns(table: Sequence[Sequence[str]]) -> None:
    """Aligned columns. Not rich's table: importing it takes a fifth of the half second that this verb may take."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _millions(count: int | None, unit: float, letter: str) -> str:
    return "not measured" if count is None else f"{count / unit:.3f} {letter}"


def show_info(model: str, json_output: bool) -> None:
    """All that is known of one model."""
    spec = choose(MODELS, model, "model")
    facts = _facts(spec)
    if json_output:
        typer.echo(json.dumps(facts, indent=1))
        return
    height, width = spec.size
    table = [
        ("model", f"{spec.name} ({spec.family}, {spec.task})"),
        *([("note", spec.note)] if spec.note else []),
        ("input", f"RGB 0..255, {height}x{width} by default, both sides {size_rule(spec)}"),
        ("classes", f"{spec.num_classes} by default; weights say their own"),
        ("parameters", _millions(facts["parameters"], 1e6, "M")),
        ("multiply-adds", f"{_millions(facts['multiply_adds'], 1e9, 'G')} at {height}x{width}"),
        *(("published", f"{figure.value} {figure.metric} ({figure.source})") for figure in spec.published),
        *(("bundled weights", f"{name}: {licence}") for name, licence in facts["bundled_weights"].items()),
        ("official weights", spec.official_weights),
    ]
    _print_columns(table)
