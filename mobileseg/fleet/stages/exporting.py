"""Export: a file and its manifest, verified as ``mobileseg export`` does before either has a name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from mobileseg.fleet.plan.axes import parse_size
from mobileseg.fleet.plan.matrix import Cell
from mobileseg.fleet.stages.contract import Made, Order
from mobileseg.fleet.stages.origins import origin
from mobileseg.fleet.stages.workshop import Workshop, none_for_default
from mobileseg.fleet.store.outcome import Outcome


def inputs(cell: Cell, workshop: Workshop, earlier: Mapping[str, Outcome]) -> dict[str, JsonValue]:
    """Network, weights by content, form, the images that set ranges and those that verify, tools."""
    del earlier
    asked = workshop.plan.options
    return {
        "model": cell.model, "weights": workshop.weights(cell.model, cell.weights), "size": cell.size, "target": cell.target,
        "precision": cell.precision, "recipe": cell.recipe, "calibration": workshop.data(asked.calibration),
        "verify_data": asked.verify_data and workshop.data(asked.verify_data), "seed": asked.seed, "versions": dict(origin("export")),
    }  # fmt: skip


def options(cell: Cell, workshop: Workshop) -> dict[str, JsonValue]:
    """Where weights and images are."""
    asked = workshop.plan.options
    return {
        "weights": none_for_default(cell.weights),
        "calibration": asked.calibration,
        "verify_data": asked.verify_data,
    }


def run(order: Order, files: Mapping[str, Path], folder: Path) -> Made:
    """Export. Raises what ``export_model`` raises."""
    del files
    from mobileseg.export import export_model

    asked, where = order.inputs, order.options
    name = file_name(str(asked["model"]), str(asked["precision"]), str(asked["target"]))
    artifact = export_model(
        str(asked["model"]), str(asked["target"]), precision=str(asked["precision"]), size=parse_size(str(asked["size"])),
        output=folder / name, weights=_text(where["weights"]), calibration=_text(where["calibration"]),
        verify_data=_text(where["verify_data"]), recipe=none_for_default(str(asked["recipe"])), seed=int(str(asked["seed"])),
    )  # fmt: skip
    manifest = artifact.manifest
    figures: dict[str, JsonValue] = {
        "file": name,
        "sha256": manifest.artifact.sha256,
        "size_bytes": manifest.artifact.size_bytes,
        "size": "x".join(map(str, artifact.size)),
        "agreement": manifest.verification.agreement,
    }
    return Made({name: artifact.path, f"{name}.json": Path(f"{artifact.path}.json")}, figures)


def file_name(model: str, precision: str, target: str) -> str:
    """What a sweep calls an exported file."""
    from mobileseg.export.targets import TARGETS

    return f"{model}-{precision}{TARGETS[target].suffix}"


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)
