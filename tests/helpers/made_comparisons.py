"""Comparisons as ``compare`` gives them, made from numbers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from mobileseg.export.evaluation.accuracy import Accuracy, Chance, Gain
from mobileseg.export.evaluation.compared import Comparison
from mobileseg.export.evaluation.evidence import Evidence
from mobileseg.export.evaluation.floors import FLOORS
from mobileseg.export.evaluation.gates import Measured, consistency_gates, gates_of, overall
from mobileseg.export.evaluation.side_by_side import Logits

CLASSES = ("road", "tree", "car")
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def digest(name: str) -> str:
    return (name.encode().hex() * 64)[:64]


def comparison(
    name: str, seed: int, precision: str, labelled: bool = True, lost: float | None = None, **more: Any
) -> Comparison:
    random = np.random.default_rng(seed)
    before, drop = 0.6 + 0.1 * random.random(), lost if lost is not None else 0.004 * random.random()
    sides = tuple(
        Accuracy(miou=m, interval=(m - 0.02, m + 0.02), pixel_accuracy=0.9,
                 iou={c: float("nan") if c == "car" else m + 0.01 * i for i, c in enumerate(CLASSES)})
        for m in (before, before - drop)
    )  # fmt: skip
    accuracy = sides if labelled else (None, None)
    gains = (Gain(metric="mIoU", value=-drop, interval=(-drop - 0.003, -drop + 0.003)),) if labelled else ()
    agreement = 0.97 + 0.02 * random.random()
    chance = (Chance(metric="mIoU", guess=0.2, value=0.5, interval=(0.4, 0.6)),)
    evidence = Evidence(images=40, chance=chance, constant=0.5)
    measured = Measured(precision, evidence, 1e-6, 1.0, agreement, 20.0 + seed, floor=FLOORS[precision])
    if labelled:
        figures = {"mIoU": (before, before - drop)}
        measured = replace(measured, figures=figures, gains=gains)
    gates = gates_of(measured) + consistency_gates(precision, more.get("temporal"))
    logits = Logits(max_error=0.1, mean_error=0.01, sqnr_db=25.0, agreement=agreement, band_agreement=0.9)
    fields: dict[str, Any] = {
        "created": NOW, "model": "seaformer-tiny", "target": "onnx", "precision": precision, "weights": "some",
        "artifact_file": f"{name}.onnx", "artifact_sha256": digest(name), "artifact_bytes": 1_000_000 * (seed + 1),
        "evaluated_by": "ONNX Runtime", "data": "streets/test", "images": 7, "float": accuracy[0], "artifact": accuracy[1],
        "gains": gains, "agreement": agreement, "sqnr_db": 20.0 + seed, "artifact_logits": logits, "deploy_logits": logits,
        "verdict": overall(gates), "gates": gates, "versions": {"python": "3.11"},
    }  # fmt: skip
    return Comparison(**{**fields, **more})
