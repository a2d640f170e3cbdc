"""What each way to calibrate int8 costs: every recipe's quantized graph against the float network; writes results/recipes.json.

python benchmarks/recipes.py seaformer-tiny --data ../data/camvid11/val --images 34     # labelled: mIoU, too
python benchmarks/recipes.py van-b0-light --weights random                               # on the calibration images: SQNR, agreement
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from places import shown
from torch import nn

from mobileseg.data.dataset import open_labelled
from mobileseg.data.fit import Fit
from mobileseg.export.analysis.diagnosis import image_probes, labelled_probes
from mobileseg.export.analysis.probe import Probe
from mobileseg.export.quantization.calibration import read_calibration
from mobileseg.export.quantization.quantize import quantize
from mobileseg.export.quantization.recipes import RECIPES, Recipe
from mobileseg.export.versions import installed
from mobileseg.files import write_whole
from mobileseg.metrics.agreement import Agreement
from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.confusion import class_counts, mean_iou
from mobileseg.metrics.paired import difference
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.factory import deploy
from mobileseg.models.reference import run_module
from mobileseg.models.registry import MODELS
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.quiet import quiet
from mobileseg.registry import choose
from mobileseg.weights.importer import model_from_weights
from mobileseg.weights.resolve import default_weights, resolve

RESULTS = Path(__file__).resolve().parent.parent / "results" / "recipes.json"


class Subject:
    """A float deploy model with its outputs on the probes, which every recipe is held against."""

    def __init__(self, deployed: DeployedModel, probes: list[Probe]) -> None:
        self.deployed, self.probes = deployed, probes
        self.outputs = [self._run(deployed, probe) for probe in probes]
        self.maps = [self._map(out, probe) for out, probe in zip(self.outputs, probes, strict=True)]
        self.counts = self._counts(self.maps)

    def measure(self, graph: nn.Module) -> dict[str, Any]:
        """SQNR, agreement and, with labels, the mIoU and its difference with a 95 % interval over images."""
        found, maps = Agreement(self.deployed.num_classes), []
        for probe, wanted, classes in zip(self.probes, self.outputs, self.maps, strict=True):
            out = self._run(graph, probe)
            maps.append(self._map(out, probe))
            found.add_logits(wanted[0].astype(np.float32), out[0].astype(np.float32))
            found.add_classes(classes, maps[-1])
        figures: dict[str, Any] = {"sqnr_db": found.sqnr_db, "agreement": found.argmax, "miou": None}
        counts = self._counts(maps)
        if counts is not None and self.counts is not None:
            figures["miou"] = mean_iou(counts.sum(0))
            figures["miou_gain"] = figures["miou"] - mean_iou(self.counts.sum(0))
            figures["miou_gain_interval"] = interval(difference(mean_iou), self.counts, counts)
        return figures

    @staticmethod
    def _run(module: nn.Module, probe: Probe) -> Outputs:
        return run_module(module, torch.from_numpy(probe.batch))

    def _map(self, out: Outputs, probe: Probe) -> np.ndarray[Any, np.dtype[np.int32]]:
        size = (self.deployed.height, self.deployed.width) if probe.label is None else probe.label.shape
        return classes_of_output(out[0], size[0], size[1], self.deployed.mobileseg_spec.align_corners)

    def _counts(self, maps: list[np.ndarray[Any, np.dtype[np.int32]]]) -> np.ndarray[Any, np.dtype[np.int64]] | None:
        pairs = zip(maps, self.probes, strict=True)
        found = [class_counts(m, p.label, self.deployed.num_classes, p.ignore) for m, p in pairs if p.label is not None]
        return np.stack(found) if found else None


def measure(asked: argparse.Namespace, name: str, recipes: list[Recipe]) -> dict[str, Any]:
    """One model with every recipe."""
    spec = choose(MODELS, name, "model")
    source = resolve(asked.weights or default_weights(spec), spec)
    model, _ = model_from_weights(spec, source, None, 0)
    size = (source.record.size if source.record else None) or spec.size
    images = read_calibration(asked.calibration)
    batches = images.batches(Fit(size))
    data = open_labelled(asked.data) if asked.data else None
    probes = labelled_probes(data, size, asked.images) if data else image_probes(images, Fit(size), asked.images)
    subject = Subject(deploy(model, *size), probes)
    row: dict[str, Any] = {
        "model": name, "family": spec.family, "weights": source.name, "size": size, "calibration": images.source,
        "calibration_images": len(images), "data": shown(asked.data) if data else images.source,
        "images": len(probes), "float_miou": None if subject.counts is None else mean_iou(subject.counts.sum(0)), "recipes": {},
    }  # fmt: skip
    for recipe in recipes:
        begin = time.monotonic()
        with quiet():
            graph, _ = quantize(subject.deployed, batches, recipe=recipe)
        figures = subject.measure(graph)
        row["recipes"][recipe.name] = figures
        rounded = {k: round(v, 5) for k, v in figures.items() if isinstance(v, float)}
        print(f"{name} {recipe.name}: {rounded} in {time.monotonic() - begin:.0f} s", flush=True)
    return row


def main() -> None:
    """See the module's head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", type=Path, help="labelled folder; default: the calibration images, without labels")
    parser.add_argument("--images", type=int, default=1000, help="to measure on, at most, evenly chosen")
    parser.add_argument("--weights", help="default: the bundled ones")
    parser.add_argument("--calibration", type=Path, help="default: the bundled street images")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    rows = [measure(asked, name, [RECIPES[recipe] for recipe in asked.recipes]) for name in asked.models]
    words = [shown(asked.data) if asked.data and Path(word) == asked.data else word for word in sys.argv[1:]]
    content = {
        "schema_version": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "benchmarks/recipes.py", *words]),
        "versions": installed(),
        "rows": rows,
    }
    write_whole(asked.output, (json.dumps(content, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
