"""Proof before the file gets its name: run it on real images, against what it was lowered from and against the original."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mobileseg.classmap import classes_of_output
from mobileseg.data.images import Batch
from mobileseg.errors import GateError
from mobileseg.export.manifest import VerificationPart
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import original_logits

FLOAT_ERROR = 1e-4  # of the logits' range
FLOAT_AGREEMENT = 0.9999
REWRITE_ERROR = 1e-4  # of the logits' range: a rewrite that is wrong misses by far more than rounding does
# Integer kernels round differently from the graph's float arithmetic, and a step in one layer moves steps in the next: 28 to
# 30 dB were seen between three runtimes on one graph. A file may add no more noise than quantization itself did.
INT8_FIDELITY_DB = 20.0
INT8_MARGIN_DB = 3.0
INT8_MASK_MARGIN = 0.02


class Runtime(Protocol):
    """Runs one file."""

    def run(self, batch: Batch) -> NDArray[np.generic]: ...


@dataclass(frozen=True)
class Subject:
    """A file's runtime and the three modules that it is held against."""

    runtime: Runtime
    original: nn.Module
    deployed: DeployedModel
    lowered: nn.Module  # the deploy form itself for float files, the quantized graph for int8
    int8: bool


def _run(module: nn.Module, batch: Batch) -> NDArray[np.generic]:
    with torch.no_grad():
        output: NDArray[np.generic] = module(torch.from_numpy(batch)).numpy()
    return output


def verify(subject: Subject, batches: Iterable[Batch], source: str, same_as_calibration: bool) -> VerificationPart:
    """Compare on every batch; raises ``GateError`` where the file is not what it was lowered from."""
    deployed = subject.deployed
    pairs = {name: Agreement(deployed.num_classes) for name in ("original", "lowered", "rewrite", "quantized")}

    def add(name: str, reference: NDArray[np.generic], other: NDArray[np.generic]) -> None:
        if reference.ndim == other.ndim and reference.ndim in (2, 4):
            pairs[name].add_logits(reference.astype(np.float32), other.astype(np.float32))
        maps = (classes_of_output(output, deployed.height, deployed.width) for output in (reference, other))
        pairs[name].add_classes(*maps)

    for batch in batches:
        output = subject.runtime.run(batch)
        original, rewritten = original_logits(subject.original, batch), _run(deployed, batch)
        lowered = rewritten if subject.lowered is deployed else _run(subject.lowered, batch)
        add("original", original, output)
        add("lowered", lowered, output)
        add("rewrite", original, rewritten)
        if subject.int8:
            add("quantized", original, lowered)
    checks = [_check_rewrite(pairs["rewrite"])]
    checks.append(_check_int8(pairs) if subject.int8 else _check_float(pairs["lowered"]))
    file, graph = pairs["original"], pairs["lowered"]
    return VerificationPart(
        status="passed",
        images=file.images,
        source=source,
        same_as_calibration=same_as_calibration,
        checks=tuple(checks),
        max_error=graph.max_error,
        logit_range=graph.logit_range,
        agreement_with_lowered=graph.argmax,
        sqnr_with_lowered_db=graph.sqnr_db,
        sqnr_db=file.sqnr_db,
        agreement=file.argmax,
        miou=file.miou,
    )


def _fail(what: str, wanted: str, found: str) -> GateError:
    return GateError(
        expected=f"{what} {wanted}",
        found=found,
        todo="the file was not kept; report it with the model, size and weights that made it",
    )


def _relative_error(pair: Agreement) -> float:
    if pair.max_error is None or not pair.logit_range:
        return 0.0
    return pair.max_error / pair.logit_range


def _check_rewrite(pair: Agreement) -> str:
    error = _relative_error(pair)
    if not (error <= REWRITE_ERROR and pair.argmax >= FLOAT_AGREEMENT):
        raise _fail(
            "the deploy form", "to equal the original", f"{error:.2g} of the logits' range, classes {pair.argmax:.6f}"
        )
    return f"deploy form equals the original: largest error {error:.2g} of the logits' range, classes {pair.argmax:.6f}"


def _check_float(pair: Agreement) -> str:
    error = _relative_error(pair)
    if not (error <= FLOAT_ERROR and pair.argmax >= FLOAT_AGREEMENT):
        raise _fail(
            "the file", "to equal its deploy form", f"{error:.2g} of the logits' range, classes {pair.argmax:.6f}"
        )
    return f"file equals its deploy form: largest error {error:.2g} of the logits' range, classes {pair.argmax:.6f}"


def _check_int8(pairs: dict[str, Agreement]) -> str:
    file, graph = pairs["lowered"], pairs["quantized"]
    if file.sqnr_db is None or graph.sqnr_db is None:
        wanted = graph.argmax - INT8_MASK_MARGIN
        if not file.argmax >= wanted:
            raise _fail(
                "the file", f"to follow its quantized graph in {wanted:.4f} of the pixels", f"{file.argmax:.4f}"
            )
        return f"file follows its quantized graph in {file.argmax:.4f} of the pixels"
    floor = min(INT8_FIDELITY_DB, graph.sqnr_db - INT8_MARGIN_DB)
    if not file.sqnr_db >= floor:
        raise _fail("the file", f"to follow its quantized graph to {floor:.1f} dB", f"{file.sqnr_db:.1f} dB")
    return f"file follows its quantized graph to {file.sqnr_db:.1f} dB (quantization itself: {graph.sqnr_db:.1f} dB)"
