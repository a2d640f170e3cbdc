"""What is timed against each other: a model's deploy model and its reference model, exported as it is, float32 and int8."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import to_edge_transform_and_lower
from torch import nn
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.data.dataset import samples_folder
from mobileseg.errors import MobilesegError
from mobileseg.export import export_model
from mobileseg.export.backends.executorch.delegation import WhyNot, report
from mobileseg.export.backends.executorch.runtime import ExecutorchRuntime
from mobileseg.export.quantization.calibration import read_calibration
from mobileseg.export.quantization.quantizer import Int8Quantizer
from mobileseg.models.factory import build, spec_of
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec
from mobileseg.quiet import quiet
from mobileseg.weights.records import bundled

PRECISIONS = ("float32", "int8")


@dataclass
class Candidate:
    """One file, or why there is none."""

    form: str  # "deploy", "original", or the name of a network that it is compared with
    precision: str
    path: Path
    facts: dict[str, Any] = field(default_factory=dict)  # partitions, operators_outside, size_bytes, sqnr_db
    failure: str | None = None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def deployed(name: str, precision: str, size: tuple[int, int], folder: Path) -> Candidate:
    """The file that ``mobileseg export`` makes; bundled weights where there are any, else seeded random ones."""
    made = Candidate("deploy", precision, folder / f"{name}-{precision}.pte")
    weights = next(iter(bundled(name)), "random")
    try:
        artifact = export_model(
            name, "executorch", precision=precision, size=size, weights=weights, output=made.path, force=True
        )
    except MobilesegError as error:
        made.failure = _first_line(error)
        return made
    delegation = artifact.manifest.delegation
    assert delegation is not None
    made.facts = {
        "weights": weights,
        "num_classes": artifact.manifest.model.num_classes,
        "partitions": delegation.partitions,
        "operators_outside": delegation.operators_outside,
        "size_bytes": artifact.manifest.artifact.size_bytes,
        "sqnr_db": artifact.manifest.verification.sqnr_db,
    }
    return made


class FromPixels(nn.Module):
    """RGB 0..255 into a network of normalised images, the way its authors' data pipeline does it: files that take different inputs
    would not be two forms of one function."""

    def __init__(self, network: nn.Module, spec: ModelSpec) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(spec.mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(spec.std).reshape(1, 3, 1, 1))

    def forward(self, image: torch.Tensor) -> Any:
        return self.network((image - self.mean) / self.std)


def as_it_is(
    form: str, network: nn.Module, spec: ModelSpec, precision: str, size: tuple[int, int], folder: Path
) -> Candidate:
    """``network`` lowered without any rewrite, quantized by the same rules, for the pixels that ``spec`` normalises."""
    module = FromPixels(network, spec).eval()
    made = Candidate(form, precision, folder / f"{form}-{precision}.pte")
    try:
        with quiet(), torch.no_grad(), WhyNot() as why:
            graph = _quantized(module, size) if precision == "int8" else module
            program = torch.export.export(graph, (torch.zeros(1, 3, *size),))
            edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
            found = report(edge.exported_program(), why.reasons)
            made.path.write_bytes(edge.to_executorch().buffer)
            made.facts = {
                "partitions": found.partitions,
                "operators_outside": found.operators_outside,
                "size_bytes": made.path.stat().st_size,
            }
    except Exception as error:  # whatever the exporter raises is the finding: the original does not lower
        made.failure = f"does not lower: {_first_line(error)}"
    return made


def _quantized(module: nn.Module, size: tuple[int, int]) -> nn.Module:
    images = read_calibration(samples_folder() / "images").batches(*size)
    prepared = prepare_pt2e(torch.export.export(module, (torch.zeros(1, 3, *size),)).module(), Int8Quantizer())
    for batch in images:
        prepared(torch.from_numpy(batch))
    converted: nn.Module = convert_pt2e(prepared)
    return converted


def original(name: str, precision: str, size: tuple[int, int], folder: Path) -> Candidate:
    """The reference model, exported as it is."""
    weights = next(iter(bundled(name)), None)
    if weights is None:
        model: nn.Module = build(MODELS[name], MODELS[name].num_classes)
        return as_it_is("original", model, MODELS[name], precision, size, folder)
    from mobileseg.weights.importer import model_from_weights

    model, _ = model_from_weights(MODELS[name], weights)
    assert spec_of(model).name == name
    return as_it_is("original", model, MODELS[name], precision, size, folder)


def runner(candidate: Candidate, size: tuple[int, int]) -> Callable[[], object] | None:
    """A function that runs the file once on one thread, outputs left where the runtime has them; None, with the reason noted, where
    it does not load."""
    if candidate.failure is not None:
        return None
    pixels = torch.rand((1, 3, *size), generator=torch.Generator().manual_seed(0)) * 255
    try:
        runtime = ExecutorchRuntime(candidate.path, threads=1)
    except MobilesegError as error:
        candidate.failure = f"does not load: {_first_line(error)}"
        return None
    return lambda: runtime.execute(pixels)
