"""A network exported to ExecuTorch as it is, without any rewrite, with a manifest, so that ``mobileseg.latency`` measures it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower
from torch import Tensor, nn
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from without_qat import without_qat

from mobileseg.data.fit import Fit
from mobileseg.export.backends.contract import INPUT_NAME
from mobileseg.export.backends.executorch.delegation import WhyNot, report
from mobileseg.export.backends.executorch.passes import quick_passes
from mobileseg.export.manifest import (
    ArtifactPart,
    InputPart,
    Manifest,
    ModelPart,
    OutputPart,
    PrecisionPart,
    TensorPart,
    VerificationPart,
    WeightsPart,
    manifest_path,
)
from mobileseg.export.quantization.calibration import read_calibration
from mobileseg.export.quantization.quantizer import Int8Quantizer
from mobileseg.export.targets import INT8
from mobileseg.export.versions import installed
from mobileseg.files import sha256
from mobileseg.models.spec import OUTPUTS, ModelSpec
from mobileseg.quiet import quiet
from mobileseg.weights.records import WeightsRecord

PLAIN = "plain export: the network as it is, without rewrites; not verified"


class FromPixels(nn.Module):
    """RGB 0..255 into a network of normalised images, as its authors' data pipeline does it: every file that is compared takes the
    same input. Outputs in the order of the network's dict."""

    def __init__(self, network: nn.Module, spec: ModelSpec) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(spec.mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(spec.std).reshape(1, 3, 1, 1))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        given = self.network((image - self.mean) / self.std)
        return tuple(given.values()) if isinstance(given, dict) else (given,)


def plain_export(
    title: str,
    network: nn.Module,
    spec: ModelSpec,
    record: WeightsRecord | None,
    precision: str,
    size: tuple[int, int],
    path: Path,
) -> Manifest:
    """Lower ``network`` for the pixels that ``spec`` normalises, int8 by the same rules as the pipeline; writes ``path`` and its
    manifest. ``record``: of its weights, None for seeded random ones. Raises what the exporter raises."""
    module = FromPixels(network, spec).eval()
    example = torch.zeros(1, 3, *size)
    with quiet(), torch.no_grad(), WhyNot() as why, quick_passes():
        shapes = [TensorPart(name="", shape=tuple(out.shape), dtype="float32") for out in module(example)]
        graph = _quantized(module, size) if precision == INT8 else module
        edge = to_edge_transform_and_lower(torch.export.export(graph, (example,)), partitioner=[XnnpackPartitioner()])
        delegation = report(edge.exported_program(), why.reasons)
        path.write_bytes(edge.to_executorch().buffer)
    kind = "panoptic" if len(shapes) > 1 else "logits"
    tensors = tuple(part.model_copy(update={"name": name}) for part, name in zip(shapes, OUTPUTS[kind], strict=True))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    manifest = Manifest(
        created=datetime.now(UTC).replace(microsecond=0),
        command="python benchmarks/zoo.py",
        target="executorch",
        model=ModelPart(
            name=title, family=spec.family, task=spec.task, num_classes=tensors[0].shape[1], parameters=parameters
        ),
        weights=_weights(record),
        input=InputPart(name=INPUT_NAME, shape=(1, 3, *size), mean=spec.mean, std=spec.std),
        output=OutputPart(
            **tensors[0].model_dump(), kind=kind, stride=None, align_corners=spec.align_corners, classes=None,
            palette=None, tensors=tensors,
        ),
        precision=PrecisionPart(name=precision, meaning=PLAIN),
        calibration=None,
        versions=installed(),
        delegation=delegation,
        verification=VerificationPart(status="not measured", images=0, source=PLAIN, same_as_calibration=False, checks=()),
        artifact=ArtifactPart(file=path.name, sha256=sha256(path), size_bytes=path.stat().st_size),
    )  # fmt: skip
    manifest_path(path).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _quantized(module: nn.Module, size: tuple[int, int]) -> nn.Module:
    images = read_calibration(None).batches(Fit(size))
    prepared = prepare_pt2e(torch.export.export(module, (torch.zeros(1, 3, *size),)).module(), Int8Quantizer(module))
    for batch in images:
        prepared(torch.from_numpy(batch))
    with without_qat():
        converted: nn.Module = convert_pt2e(prepared)
    return converted


def _weights(record: WeightsRecord | None) -> WeightsPart:
    known: dict[str, Any] = (
        {"kind": "random", "source": "random", "sha256": None, "seed": 0, "licence": "none", "trained": False}
        if record is None
        else {"kind": "bundled", "source": record.name, "sha256": record.sha256, "seed": None, "licence": record.licence, "trained": True}
    )  # fmt: skip
    return WeightsPart(**known, layout=None, note=PLAIN)
