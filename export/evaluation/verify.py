"""Proof before the file gets its name: run it on real images, against what it was lowered from and against the original."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mobileseg.data.images import Batch
from mobileseg.errors import GateError
from mobileseg.export.backends.contract import Runtime
from mobileseg.export.manifest import VerificationPart
from mobileseg.export.targets import FLOAT16
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import reference_outputs, run_module
from mobileseg.postprocess.class_map import Outputs, classes_of_output

FLOAT_ERROR = 1e-4  # of the output's range
FLOAT_AGREEMENT = 0.9999
REWRITE_ERROR = 1e-4  # of the output's range: a rewrite that is wrong misses by far more than rounding does
# Integer kernels round differently from the graph's float arithmetic, and a step in one layer moves steps in the next: 28 to
# 30 dB were seen between three runtimes on one graph. A file may add no more noise than quantization itself did.
INT8_FIDELITY_DB = 20.0
INT8_MARGIN_DB = 3.0
INT8_MASK_MARGIN = 0.02


@dataclass(frozen=True)
class Bound:
    """How closely a file follows the module that it was lowered from; ``agreement`` is asked of masks, which have no SQNR.
    ``note``: what is said behind the figure."""

    sqnr_db: float | None
    agreement: float
    note: str = ""


# Of the files whose numbers are coarser than those of the float module that they were lowered from. On trained weights 53 dB were
# seen; a wrong operation leaves less than 20.
COARSER = {FLOAT16: Bound(40.0, 0.98)}


@dataclass(frozen=True)
class Subject:
    """A file's runtime and the three modules that it is held against."""

    runtime: Runtime
    original: nn.Module
    deployed: DeployedModel
    lowered: nn.Module  # the deploy model itself for float files, the quantized graph for int8
    int8: bool
    bound: Bound | None = None  # of a float module's file; None: equal to float32 rounding
    evaluated_by: str | None = None


class Pair:
    """How far every output of one thing is from another's; the classes are read off the first output."""

    def __init__(self, deployed: DeployedModel) -> None:
        self.size = deployed.height, deployed.width
        self.align_corners = deployed.mobileseg_spec.align_corners
        self.parts = {name: Agreement(deployed.num_classes) for name in deployed.output_names}

    @property
    def first(self) -> Agreement:
        """Of the output that holds the classes."""
        return next(iter(self.parts.values()))

    def add(self, reference: Outputs, other: Outputs) -> None:
        """The outputs of one image. An original may give more than a file of its semantic branch alone."""
        for part, wanted, found in zip(self.parts.values(), reference, other, strict=False):
            if wanted.ndim == found.ndim and wanted.ndim in (2, 4):
                part.add_logits(wanted.astype(np.float32), found.astype(np.float32))
        maps = (classes_of_output(outputs[0], *self.size, self.align_corners) for outputs in (reference, other))
        self.first.add_classes(*maps)

    @property
    def relative_error(self) -> float:
        """Largest difference of any output in its own range; 0 where class maps alone were compared."""
        errors = [(part.max_error, part.logit_range) for part in self.parts.values()]
        return max((error / span if error is not None and span else 0.0) for error, span in errors)


def verify(subject: Subject, batches: Iterable[Batch], source: str, same_as_calibration: bool) -> VerificationPart:
    """Compare on every batch; raises ``GateError`` where the file is not what it was lowered from."""
    deployed = subject.deployed
    file, graph, rewrite, quantized = (Pair(deployed) for _ in range(4))
    for batch in batches:
        output, pixels = subject.runtime.run(batch), torch.from_numpy(batch)
        original, rewritten = reference_outputs(subject.original, batch), run_module(deployed, pixels)
        lowered = rewritten if subject.lowered is deployed else run_module(subject.lowered, pixels)
        file.add(original, output)
        graph.add(lowered, output)
        rewrite.add(original, rewritten)
        if subject.int8:
            quantized.add(original, lowered)
    checks = [_check_equal(rewrite, REWRITE_ERROR, "the deploy model", "the original")]
    if subject.int8:
        bounds = {name: _int8_bound(part.sqnr_db, quantized) for name, part in quantized.parts.items()}
        checks += _check_follows(graph, "quantized graph", bounds)
    elif subject.bound is not None:
        checks += _check_follows(graph, "deploy model", dict.fromkeys(graph.parts, subject.bound))
    else:
        checks.append(_check_equal(graph, FLOAT_ERROR, "the file", "its deploy model"))
    return VerificationPart(
        status="passed",
        images=file.first.images,
        source=source,
        same_as_calibration=same_as_calibration,
        checks=tuple(checks),
        evaluated_by=subject.evaluated_by,
        max_error=graph.first.max_error,
        logit_range=graph.first.logit_range,
        agreement_with_lowered=graph.first.argmax,
        sqnr_with_lowered_db=graph.first.sqnr_db,
        sqnr_db=file.first.sqnr_db,
        agreement=file.first.argmax,
        miou=file.first.miou,
    )


def _fail(what: str, wanted: str, found: str) -> GateError:
    return GateError(
        expected=f"{what} {wanted}",
        found=found,
        fix="the file was not kept; report it with the model, size and weights that made it",
    )


def _check_equal(pair: Pair, bound: float, what: str, whom: str) -> str:
    error, argmax = pair.relative_error, pair.first.argmax
    if not (error <= bound and argmax >= FLOAT_AGREEMENT):
        raise _fail(what, f"to equal {whom}", f"{error:.2g} of the output's range, classes {argmax:.6f}")
    return f"{what.removeprefix('the ')} equals {whom}: largest error {error:.2g} of the output's range, classes {argmax:.6f}"


def _check_follows(file: Pair, module: str, bounds: Mapping[str, Bound]) -> list[str]:
    """``file``: against the ``module`` that it was lowered from. ``bounds``: of every output."""
    checks = []
    for name, found in file.parts.items():
        bound = bounds[name]
        if found.sqnr_db is None or bound.sqnr_db is None:
            wanted, share = f"in {bound.agreement:.4f} of the pixels", f"{found.argmax:.4f}"
            if not found.argmax >= bound.agreement:
                raise _fail("the file", f"to follow its {module} {wanted}", share)
            checks.append(f"file follows its {module} in {share} of the pixels")
            continue
        if not found.sqnr_db >= bound.sqnr_db:
            raise _fail(
                "the file", f"to follow its {module} to {bound.sqnr_db:.1f} dB", f"{name}: {found.sqnr_db:.1f} dB"
            )
        checks.append(f"{name}: file follows its {module} to {found.sqnr_db:.1f} dB{bound.note}")
    return checks


def _int8_bound(noise: float | None, quantized: Pair) -> Bound:
    """``noise``: SQNR of one output of the quantized graph against the original, None for a mask."""
    agreement = quantized.first.argmax - INT8_MASK_MARGIN
    if noise is None:
        return Bound(None, agreement)
    return Bound(min(INT8_FIDELITY_DB, noise - INT8_MARGIN_DB), agreement, f" (quantization itself: {noise:.1f} dB)")
