"""Evaluation of choices of int8 layers on a few images, against the float deploy model."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mobileseg.data.images import Batch, evenly
from mobileseg.export.evaluation.layer_report import Figures
from mobileseg.export.quantization.fake_quant import FakeQuantGraph
from mobileseg.metrics.agreement import Agreement
from mobileseg.metrics.confusion import class_counts, class_scores
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import run_module
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.postprocess.sound import check_sound

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Probe:
    """A probe image: ``batch`` ``(1, 3, H, W)`` float32 in 0..255, and its class map ``(h, w)``, in which ``ignore`` marks pixels
    without a class; None without labels."""

    batch: Batch
    label: Labels | None = None
    ignore: int | None = None


class LayerEvaluator:
    """Runs the fake-quantized graph with chosen int8 layers on the probe images, and compares it with the float deploy model, whose
    outputs are computed once."""

    def __init__(self, deployed: DeployedModel, graph: FakeQuantGraph, probes: Sequence[Probe]) -> None:
        self.deployed, self.graph, self.probes = deployed, graph, probes
        self.references = [self._run(deployed, probe, "the float deploy model") for probe in probes]
        self.float_maps = [self._map(out, probe) for out, probe in zip(self.references, probes, strict=True)]

    def subset(self, most: int) -> LayerEvaluator:
        """The same evaluator on at most ``most`` of the probe images, evenly chosen."""
        chosen, less = evenly(len(self.probes), most), copy.copy(self)
        less.probes = [self.probes[i] for i in chosen]
        less.references = [self.references[i] for i in chosen]
        less.float_maps = [self.float_maps[i] for i in chosen]
        return less

    @property
    def labelled(self) -> bool:
        """Whether every probe image has a label."""
        return all(probe.label is not None for probe in self.probes)

    def float_miou(self) -> float | None:
        """The mIoU, 0..1, of the float deploy model on the probe images; None without labels."""
        return self._miou(self.float_maps)

    def int8_only(self, layers: Collection[str]) -> Figures:
        """The figures with these layers in int8 and all others float."""
        self.graph.quantize_only(layers)
        return self._figures()

    def int8_except(self, names: Collection[str]) -> Figures:
        """The figures with all layers in int8 except those that ``names`` select."""
        self.graph.keep_float(names)
        return self._figures()

    def _figures(self) -> Figures:
        found, maps = Agreement(self.deployed.num_classes), []
        for probe, reference, classes in zip(self.probes, self.references, self.float_maps, strict=True):
            output = self._run(self.graph.module, probe, "the quantized graph")
            maps.append(self._map(output, probe))
            found.add_logits(reference[0].astype(np.float32), output[0].astype(np.float32))
            found.add_classes(classes, maps[-1])
        noise = found.sqnr_db
        assert noise is not None
        return Figures(sqnr_db=noise, agreement=found.argmax, miou=self._miou(maps))

    def _run(self, module: nn.Module, probe: Probe, who: str) -> Outputs:
        outputs = run_module(module, torch.from_numpy(probe.batch))
        check_sound(outputs, self.deployed.output_names, self.deployed.num_classes, who, "a probe image")
        return outputs

    def _map(self, output: Outputs, probe: Probe) -> NDArray[np.int32]:
        size = (self.deployed.height, self.deployed.width) if probe.label is None else probe.label.shape
        return classes_of_output(output[0], size[0], size[1], self.deployed.mobileseg_spec.align_corners)

    def _miou(self, maps: Sequence[NDArray[np.int32]]) -> float | None:
        if not self.labelled:
            return None
        classes = self.deployed.num_classes
        counts = np.zeros((classes, 3), dtype=np.int64)
        for probe, prediction in zip(self.probes, maps, strict=True):
            assert probe.label is not None
            counts += class_counts(prediction, probe.label, classes, probe.ignore)
        return class_scores(counts).miou
