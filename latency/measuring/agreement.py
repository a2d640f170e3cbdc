"""Compares a file's outputs on a device with those on this machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.artifact import Artifact
from mobileseg.latency.devices.host import Host
from mobileseg.latency.measuring.session import Bench, Setting
from mobileseg.latency.measuring.stages import read_outputs
from mobileseg.latency.results.result import OutputAgreement
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.spec import OUTPUTS
from mobileseg.postprocess.class_map import Outputs
from mobileseg.postprocess.sound import check_sound

FOLDER = "outputs"


def output_agreement(artifact: Artifact, reference: Outputs, other: Outputs) -> OutputAgreement:
    """Compare ``other`` with ``reference``: the classes of the first output, and the noise of the noisiest output. Raises ``GateError``
    where one of them holds NaN or infinity."""
    output = artifact.manifest.output
    for outputs, who in ((reference, "what it is compared with"), (other, artifact.path.name)):
        check_sound(outputs, OUTPUTS[output.kind], artifact.manifest.model.num_classes, who, "the measured image")
    parts = [Agreement(artifact.manifest.model.num_classes) for _ in other]
    for part, wanted, found in zip(parts, reference, other, strict=False):  # a reference model may have more outputs
        if wanted.shape == found.shape and wanted.ndim in (2, 4):
            part.add_logits(wanted.astype(np.float32), found.astype(np.float32))
    parts[0].add_classes(*(artifact.class_map(outputs[0], *artifact.size) for outputs in (reference, other)))
    noise = [part.sqnr_db for part in parts if part.sqnr_db is not None]
    errors = [part.max_error for part in parts if part.max_error is not None]
    return OutputAgreement(
        agreement=parts[0].argmax, sqnr_db=min(noise, default=None), max_error=max(errors, default=None)
    )


def host_outputs(artifact: Artifact, data: Path) -> Outputs | None:
    """The file's outputs on this machine for the raw float32 input ``data``; None if its runtime is not installed here."""
    host = Host()
    try:
        host.check_manifest(artifact.manifest)
    except EnvironmentLackError:
        return None
    with Bench(host, [artifact.path], [data]) as bench:
        bench.solo(0, Setting(1, (), "all"), FOLDER)
        return read_outputs(artifact, Path(bench.space.path(FOLDER)))
