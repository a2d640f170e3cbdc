"""``list`` and ``info``. No torch."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from rich.table import Table

from mobileseg import list_models
from mobileseg.cli.console import results
from mobileseg.errors import UnknownNameError
from mobileseg.models.registry import MODELS, ModelSpec, measured
from mobileseg.registry import choose


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
    }


def show_list(pattern: str, json_output: bool) -> None:
    """A table of the models whose names fit, or JSON."""
    names = list_models(pattern)
    if not names:
        raise UnknownNameError(
            expected="a pattern that fits some model", found=repr(pattern), todo="mobileseg list shows all"
        )
    rows = [_facts(MODELS[name]) for name in names]
    console = results()
    if json_output:
        console.print_json(json.dumps(rows))
        return
    table = Table(box=None, pad_edge=False)
    for title, side in (
        ("model", "left"),
        ("size", "right"),
        ("params", "right"),
        ("multiply-adds", "right"),
        ("published", "left"),
        ("weights", "left"),
    ):
        table.add_column(title, justify=side)  # type: ignore[arg-type]  # left and right are what rich's literal holds
    for row in rows:
        best = max(row["published"], key=lambda figure: figure["value"])
        table.add_row(
            row["name"],
            "x".join(map(str, row["size"])),
            _millions(row["parameters"], 1e6, "M"),
            _millions(row["multiply_adds"], 1e9, "G"),
            f"{best['value']} {best['metric'].split(',')[0]}",
            ", ".join(row["bundled_weights"]) or "not bundled",
        )
    console.print(table)
    console.print("mobileseg info MODEL: sources, licences, where the authors' weights are.")


def _millions(count: int | None, unit: float, letter: str) -> str:
    return "not measured" if count is None else f"{count / unit:.3f} {letter}"


def show_info(model: str, json_output: bool) -> None:
    """All that is known of one model."""
    spec = choose(MODELS, model, "model")
    facts = _facts(spec)
    console = results()
    if json_output:
        console.print_json(json.dumps(facts))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("model", f"{spec.name} ({spec.family}, {spec.task})")
    table.add_row(
        "input", f"RGB 0..255, {spec.size[0]}x{spec.size[1]} by default, both sides divisible by {spec.multiple}"
    )
    table.add_row("classes", f"{spec.num_classes} by default; weights say their own")
    table.add_row("parameters", _millions(facts["parameters"], 1e6, "M"))
    table.add_row("multiply-adds", f"{_millions(facts['multiply_adds'], 1e9, 'G')} at {spec.size[0]}x{spec.size[1]}")
    for figure in spec.published:
        table.add_row("published", f"{figure.value} {figure.metric} ({figure.source})")
    for name, licence in facts["bundled_weights"].items():
        table.add_row("bundled weights", f"{name}: {licence}")
    table.add_row("official weights", spec.official_weights)
    console.print(table)
