"""results/accuracy.json and results/recipes.json as Markdown."""

from __future__ import annotations

from typing import Any

from alike import check_alike, versions

from mobileseg.errors import EnvironmentLackError

FIX = "run `python benchmarks/accuracy.py NAME=DIR` for all rows with the same tools"
HEAD = ("model", "data", "float", "int8 ExecuTorch", "", "int8 ONNX", "", "int8 multiply-adds")
SCHEMA_VERSION = 1


def check_schema(content: dict[str, Any], name: str) -> None:
    """Raises ``EnvironmentLackError`` for another schema than this code reads."""
    found = content.get("schema_version")
    if found != SCHEMA_VERSION:
        raise EnvironmentLackError(
            expected=f"results/{name}.json in schema version {SCHEMA_VERSION}",
            found=f"version {found}",
            fix="measure again",
        )


def accuracy_lines(content: dict[str, Any]) -> list[str]:
    """One row for each trained model on its data, both files beside the reference model. Raises ``RequestError`` where rows were made
    with different tools."""
    check_schema(content, "accuracy")
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    tools = {}
    for row in content["rows"]:
        one = row["comparison"]
        found.setdefault((one["model"], one["data"]), {})[one["target"]] = row
        name = f"{one['model']} on {one['data']} ({one['target']})"
        tools[name] = {"result schema": one["schema_version"], **versions(one["versions"])}
    check_alike("the table of accuracy", tools, FIX)
    rows = [HEAD, ("---",) * len(HEAD)]
    for (model, data), files in found.items():
        some = files["executorch"]
        reference = some["comparison"]["float"]
        metric = _metric(some)
        figure = reference["panoptic"]["pq"] if reference["panoptic"] else reference["miou"]
        cells = [cell for target in ("executorch", "onnx") for cell in _drop(files[target])]
        images = f"{data}, n = {some['comparison']['images']}"
        share = f"{100 * some['int8_multiply_adds']:.1f} %"
        rows.append((model, images, f"{metric} {100 * figure:.2f} %", *cells, share))
    return [f"| {' | '.join(row)} |" for row in rows]


def accuracy_sentence(content: dict[str, Any]) -> str:
    """Smallest and largest change of all rows, and how many pass."""
    gains = [100 * _gain(row)["value"] for row in content["rows"]]
    passed = sum(row["comparison"]["verdict"] == "PASS" for row in content["rows"])
    return (
        f"Accuracy of int8 less that of the reference model, on labelled images that training never saw: {min(gains):+.2f} to "
        f"{max(gains):+.2f} points of mIoU or PQ; {passed} of {len(gains)} files pass."
    )


def recipe_lines(content: dict[str, Any]) -> list[str]:
    """One row for each calibration recipe of each model."""
    check_schema(content, "recipes")
    head = ("model", "recipe", "data", "mIoU", "less float, points", "same class", "SQNR")
    rows = [head, ("---",) * len(head)]
    for row in content["rows"]:
        for recipe, found in row["recipes"].items():
            labelled = found["miou"] is not None
            low, high = found["miou_gain_interval"] if labelled else (0.0, 0.0)
            rows.append((
                row["model"], recipe, f"{row['data']}, n = {row['images']}",
                f"{100 * found['miou']:.2f} %" if labelled else "not measured",
                f"{100 * found['miou_gain']:+.2f} ({100 * low:+.2f} .. {100 * high:+.2f})" if labelled else "not measured",
                f"{100 * found['agreement']:.2f} %", f"{found['sqnr_db']:.1f} dB",
            ))  # fmt: skip
    return [f"| {' | '.join(row)} |" for row in rows]


def _metric(row: dict[str, Any]) -> str:
    return "PQ" if row["comparison"]["float"]["panoptic"] else "mIoU"


def _gain(row: dict[str, Any]) -> dict[str, Any]:
    gain: dict[str, Any] = next(gain for gain in row["comparison"]["gains"] if gain["metric"] == _metric(row))
    return gain


def _drop(row: dict[str, Any]) -> tuple[str, str]:
    gain = _gain(row)
    low, high = gain["interval"]
    return f"{100 * gain['value']:+.2f} ({100 * low:+.2f} .. {100 * high:+.2f})", row["comparison"]["verdict"]
