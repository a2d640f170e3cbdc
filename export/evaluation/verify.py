"""Verification of an exported file on real images: against the module that it was lowered from, and against the reference model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mobileseg.data.images import Batch
from mobileseg.errors import GateError
from mobileseg.export.backends.contract import Runtime
from mobileseg.export.evaluation.floors import NO_FLOOR, floor_gates
from mobileseg.export.manifest import Floor, VerificationPart
from mobileseg.export.targets import FLOAT16, PALETTIZED
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import reference_outputs, run_module
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.postprocess.sound import check_sound

FLOAT_ERROR = 1e-4  # of the output's range
FLOAT_AGREEMENT = 0.9999  # share of the pixels
REWRITE_ERROR = 1e-4  # of the output's range: a wrong rewrite is off by far more than rounding
# Integer kernels round differently from the graph's float arithmetic, and a different step in one layer moves steps in the next: 28
# to 30 dB were seen between three runtimes on one graph. A file may add no more noise than quantization itself.
INT8_FIDELITY_DB = 20.0
INT8_MARGIN_DB = 3.0
INT8_MASK_MARGIN = 0.02
FLOOR_FIX = (
    "calibrate on images of the scenes that the camera will see (--calibration), try another --recipe or --keep-float auto, or lower "
    "the gate; the file was not kept"
)


@dataclass(frozen=True)
class Tolerance:
    """How closely a file must follow the module that it was lowered from: in dB SQNR of its logits, or, for masks, in the share
    ``agreement`` of the pixels. ``note``: an explanation for the report."""

    sqnr_db: float | None
    agreement: float
    note: str = ""


# For precisions coarser than the float module that is lowered: computed in float16. Trained weights reach 53 dB; with a wrong
# operation it is below 20.
COARSER = dict.fromkeys((FLOAT16, PALETTIZED), Tolerance(40.0, 0.98))


@dataclass(frozen=True)
class VerificationCase:
    """The file's runtime and the three modules that it is compared with.

    ``lowered``: the deploy model itself for float files, its graph with palettes, the quantized graph for int8. ``tolerance``: for files
    lowered from a float module; None requires equality to float32 rounding. ``evaluated_by``: the runtime, in words; ``emulated``:
    whether it is our interpreter and not the file's own. ``floor``: what the file must reach in any case.
    """

    runtime: Runtime
    reference: nn.Module
    deployed: DeployedModel
    lowered: nn.Module
    int8: bool
    tolerance: Tolerance | None = None
    evaluated_by: str | None = None
    emulated: bool = False
    floor: Floor = NO_FLOOR

    @property
    def followed(self) -> str:
        """What ``lowered`` is, in words."""
        if self.int8:
            return "quantized graph"
        return "deploy model" if self.lowered is self.deployed else "graph with palettes"


class OutputComparison:
    """Differences between two models, output by output, summed over images; the classes come from the first output."""

    def __init__(self, deployed: DeployedModel) -> None:
        self.size = deployed.height, deployed.width
        self.align_corners = deployed.mobileseg_spec.align_corners
        self.parts = {name: Agreement(deployed.num_classes) for name in deployed.output_names}

    @property
    def first(self) -> Agreement:
        """The agreement of the output that holds the classes."""
        return next(iter(self.parts.values()))

    def add(self, reference: Outputs, other: Outputs) -> None:
        """Add the outputs of one image. The reference model may have more outputs than a file of its semantic branch alone."""
        for part, wanted, found in zip(self.parts.values(), reference, other, strict=False):
            if wanted.ndim == found.ndim and wanted.ndim in (2, 4):
                part.add_logits(wanted.astype(np.float32), found.astype(np.float32))
        maps = (classes_of_output(outputs[0], *self.size, self.align_corners) for outputs in (reference, other))
        self.first.add_classes(*maps)

    @property
    def relative_error(self) -> float:
        """Largest difference of any output relative to its range; 0 where only class maps were compared, NaN where an output is."""
        return float(np.max([part.relative_error or 0.0 for part in self.parts.values()]))


def verify(case: VerificationCase, batches: Iterable[Batch], source: str) -> VerificationPart:
    """Compare on ``batches``, ``(1, 3, H, W)`` float32 in 0..255 each, which come from ``source`` and did not set the int8 ranges.

    Raises ``GateError`` where an output is no number, the deploy model does not equal the reference model, the file does not follow the
    module that it was lowered from, or it is below its floor.
    """
    deployed = case.deployed
    file, graph, rewrite, quantized = (OutputComparison(deployed) for _ in range(4))
    for number, batch in enumerate(batches, 1):
        output, pixels = case.runtime.run(batch), torch.from_numpy(batch)
        reference, rewritten = reference_outputs(case.reference, batch), run_module(deployed, pixels)
        lowered = rewritten if case.lowered is deployed else run_module(case.lowered, pixels)
        for who, outputs in (
            ("the reference model", reference),
            ("the deploy model", rewritten),
            (f"the {case.followed}", lowered),
            ("the file", output),
        ):
            check_sound(outputs, deployed.output_names, deployed.num_classes, who, f"image {number} of {source}")
        file.add(reference, output)
        graph.add(lowered, output)
        rewrite.add(reference, rewritten)
        if case.int8:
            quantized.add(reference, lowered)
    checks = [_check_equal(rewrite, REWRITE_ERROR, "the deploy model", "the reference model")]
    if case.int8:
        tolerances = {name: _int8_tolerance(part.sqnr_db, quantized) for name, part in quantized.parts.items()}
        checks += _check_follows(graph, case.followed, tolerances)
    elif case.tolerance is not None:
        checks += _check_follows(graph, case.followed, dict.fromkeys(graph.parts, case.tolerance))
    else:
        checks.append(_check_equal(graph, FLOAT_ERROR, "the file", "its deploy model"))
    gates = floor_gates(case.floor, file.first.argmax, file.first.sqnr_db, case.evaluated_by if case.emulated else None)
    for gate in gates:
        if gate.verdict == "FAIL":
            raise GateError(expected=f"{gate.name}: {gate.expected}", found=gate.found, fix=FLOOR_FIX)
    return VerificationPart(
        status="emulated" if case.emulated else "passed",
        images=file.first.images,
        source=source,
        same_as_calibration=False,
        checks=tuple(checks),
        floor=case.floor,
        gates=gates,
        evaluated_by=case.evaluated_by,
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
        fix="report this with the model, input size and weights; the file was not kept",
    )


def _check_equal(comparison: OutputComparison, bound: float, what: str, whom: str) -> str:
    error, argmax = comparison.relative_error, comparison.first.argmax
    if not (error <= bound and argmax >= FLOAT_AGREEMENT):
        raise _fail(what, f"to equal {whom}", f"{error:.2g} of the output's range, classes {argmax:.6f}")
    return f"{what.removeprefix('the ')} equals {whom}: largest error {error:.2g} of the output's range, classes {argmax:.6f}"


def _check_follows(file: OutputComparison, module: str, tolerances: Mapping[str, Tolerance]) -> list[str]:
    """``file``: the comparison with the ``module`` that it was lowered from. ``tolerances``: by output."""
    checks = []
    for name, found in file.parts.items():
        bound = tolerances[name]
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


def _int8_tolerance(noise: float | None, quantized: OutputComparison) -> Tolerance:
    """``noise``: SQNR in dB of one output of the quantized graph against the reference model, None for a mask."""
    agreement = quantized.first.argmax - INT8_MASK_MARGIN
    if noise is None:
        return Tolerance(None, agreement)
    return Tolerance(
        min(INT8_FIDELITY_DB, noise - INT8_MARGIN_DB), agreement, f" (quantization itself: {noise:.1f} dB)"
    )
