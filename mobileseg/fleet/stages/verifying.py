"""Verify: the stored file, in its own runtime, on the machine of a worker that may not be the one that made it.

The export has compared it with the reference model; here it is seen that what was stored and sent is that file and runs elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from mobileseg.fleet.plan.matrix import Cell
from mobileseg.fleet.stages.contract import Made, Order
from mobileseg.fleet.stages.origins import origin
from mobileseg.fleet.stages.workshop import Workshop
from mobileseg.fleet.store.outcome import Outcome


def file_of(earlier: Mapping[str, Outcome]) -> dict[str, JsonValue]:
    """The exported file by its content, for the inputs of the stages after it."""
    figures = earlier["export"].figures
    return {"file": figures["file"], "sha256": figures["sha256"]}


def inputs(cell: Cell, workshop: Workshop, earlier: Mapping[str, Outcome]) -> dict[str, JsonValue]:
    """The file by content, and tools."""
    del cell, workshop
    return {"artifact": file_of(earlier), "versions": dict(origin("verify"))}


def options(cell: Cell, workshop: Workshop) -> dict[str, JsonValue]:
    """None."""
    del cell, workshop
    return {}


def artifact_in(order: Order, files: Mapping[str, Path]) -> Path:
    """Where the exported file of an order is."""
    found = order.inputs["artifact"]
    assert isinstance(found, dict)
    return files[str(found["file"])]


def run(order: Order, files: Mapping[str, Path], folder: Path) -> Made:
    """Open by digest, load, run once. Raises ``ArtifactError``, ``GateError`` for an output that is no number, ``EnvironmentLackError``."""
    del folder
    from mobileseg.data.dataset import first_sample
    from mobileseg.export import open_artifact
    from mobileseg.models.spec import OUTPUTS
    from mobileseg.postprocess.sound import check_sound

    artifact = open_artifact(artifact_in(order, files))
    manifest, picture = artifact.manifest, first_sample()
    outputs = artifact.load(1).run(artifact.fit.read(picture))
    names = OUTPUTS[manifest.output.kind]
    check_sound(outputs, names, manifest.model.num_classes, artifact.path.name, picture.name)
    verified = manifest.verification
    figures: dict[str, JsonValue] = {
        "status": verified.status,
        "evaluated_by": artifact.target.evaluated_by,
        "agreement": verified.agreement,
        "unknown": [gate.name for gate in verified.gates if gate.verdict == "UNKNOWN"],
    }
    return Made({}, figures)
