"""The files of a finished run: weights, their record, and a plot of the training curve."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mobileseg.files import publish, sha256, staging
from mobileseg.training.state import Run


@dataclass(frozen=True)
class Outcome:
    """What a finished training run wrote.

    ``weights``: float16 safetensors under the reference model's keys. ``record``: JSON beside it: config, data, start weights, scores,
    curve, and in ``computed`` how many epochs were computed on which kind of device in which precision. ``picture``: PNG with loss and
    validation score over the epochs. ``measured``: scores of the weights as stored, in 0..1, by name:
    ``<val or test>_[int8_]<miou, pixel_accuracy, pq, ...>`` and ``..._of_position_baseline``.
    """

    weights: Path
    record: Path
    picture: Path
    measured: dict[str, float]


def write(run: Run, output: Path, facts: dict[str, Any]) -> Outcome:
    """float16 safetensors at ``output``, the record and the picture beside it; either all of them appear or none."""
    from safetensors.torch import save_file

    assert run.best is not None
    state = {
        k: v.half().contiguous() if v.is_floating_point() else v.contiguous() for k, v in run.best["state"].items()
    }
    record, picture = output.with_suffix(".json"), output.with_suffix(".png")
    with staging(output) as folder:
        save_file(state, folder / output.name)
        content = {
            "file": output.name,
            "sha256": sha256(folder / output.name),
            "stored_dtype": "float16",
            **facts,
            "computed": run.computed,
            "curve": run.curve,
        }
        (folder / record.name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        _plot(run.curve, "PQ" if facts["things"] else "mIoU", folder / picture.name)
        publish([(folder / path.name, path) for path in (output, record, picture)])
    return Outcome(output, record, picture, facts["measured"])


def _plot(curve: list[dict[str, float]], metric: str, path: Path) -> None:
    """Loss and validation score over the epochs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left = figure.add_subplot()
    left.plot([p["epoch"] for p in curve], [p["loss"] for p in curve], color="tab:gray", label="training loss")
    left.set(xlabel="epoch", ylabel="training loss")
    right = left.twinx()
    evaluated = [p for p in curve if "score" in p]
    right.plot([p["epoch"] for p in evaluated], [100 * p["score"] for p in evaluated], color="tab:blue", marker=".")
    right.set_ylabel(f"validation {metric}, %", color="tab:blue")
    figure.savefig(path, dpi=120)


def stored(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors as they are read from a float16 file: the scores in the record are measured on these."""
    return {key: value.half().float() if value.is_floating_point() else value for key, value in state.items()}
