"""Compare: accuracy beside the reference model, with its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from mobileseg.errors import DatasetError
from mobileseg.fleet.plan.matrix import Cell
from mobileseg.fleet.stages.contract import Made, Order
from mobileseg.fleet.stages.origins import origin
from mobileseg.fleet.stages.verifying import artifact_in, file_of
from mobileseg.fleet.stages.workshop import Workshop, none_for_default
from mobileseg.fleet.store.digests import data_digest
from mobileseg.fleet.store.outcome import Outcome

RESULT = "comparison.json"


def inputs(cell: Cell, workshop: Workshop, earlier: Mapping[str, Outcome]) -> dict[str, JsonValue]:
    """The file and the data by content, and tools."""
    return {
        "artifact": file_of(earlier), "weights": workshop.weights(cell.model, cell.weights), "data": workshop.data(cell.data),
        "labels": workshop.plan.options.labels, "versions": dict(origin("compare")),
    }  # fmt: skip


def options(cell: Cell, workshop: Workshop) -> dict[str, JsonValue]:
    """Where data and weights are."""
    del workshop
    return {"data": cell.data, "weights": none_for_default(cell.weights)}


def run(order: Order, files: Mapping[str, Path], folder: Path) -> Made:
    """Compare. A verdict FAIL or UNKNOWN is a result like PASS. Raises what ``compare`` raises, ``DatasetError`` for other data."""
    from mobileseg.data.dataset import data_folder
    from mobileseg.export import compare
    from mobileseg.weights.resolve import RANDOM

    where = data_folder(str(order.options["data"]))
    if data_digest(where) != order.inputs["data"]:
        raise DatasetError(
            expected=f"the data that the sweep was planned with in {where.name}",
            found="other files on this machine",
            fix="put the same folder there on every machine, or share it",
        )
    weights = order.options["weights"]
    result = compare(
        artifact_in(order, files),
        where,
        labels=bool(order.inputs["labels"]),
        weights=None if weights in (None, RANDOM) else str(weights),  # random ones are in the manifest, by their seed
    )
    (folder / RESULT).write_text(result.to_json(), encoding="utf-8")
    figures: dict[str, JsonValue] = {
        "verdict": result.verdict,
        "agreement": result.agreement,
        "images": result.images,
        "miou": result.artifact.miou if result.artifact else None,
        "miou_float": result.float_.miou if result.float_ else None,
    }
    return Made({RESULT: folder / RESULT}, figures)
