"""What is measured together: a model's deploy model and its plain export (the reference model lowered as it is), or a peer instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plain import plain_export
from torch import nn

from mobileseg.errors import MobilesegError
from mobileseg.export import export_model
from mobileseg.export.backends.executorch.runtime import ExecutorchRuntime
from mobileseg.export.manifest import Manifest
from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS
from mobileseg.weights.importer import model_from_weights
from mobileseg.weights.records import bundled
from mobileseg.weights.resolve import RANDOM

DEPLOY, PLAIN = "deploy", "plain"
WORDS_OF_A_FAILURE = 160  # characters: exporters print pages


@dataclass
class Candidate:
    """One file, or why there is none. ``form``: deploy, plain, or the name of a peer; ``facts``: of its manifest."""

    form: str
    precision: str
    path: Path
    facts: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None

    def check_loads(self) -> None:
        """Note a ``failure`` where the runtime does not take the file: one measurement holds all files, and all must run in it."""
        if self.failure is None:
            try:
                ExecutorchRuntime(self.path, threads=1)
            except MobilesegError as error:
                self.failure = f"does not load: {_first_line(error).replace(f'{self.path.parent}/', '')}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:WORDS_OF_A_FAILURE]


def _facts(manifest: Manifest) -> dict[str, Any]:
    delegation = manifest.delegation
    assert delegation is not None  # of ExecuTorch
    return {
        "weights": manifest.weights.source,
        "num_classes": manifest.model.num_classes,
        "partitions": delegation.partitions,
        "operators_outside": delegation.operators_outside,
        "size_bytes": manifest.artifact.size_bytes,
        "sqnr_db": manifest.verification.sqnr_db,
    }


def deploy(name: str, precision: str, size: tuple[int, int], folder: Path) -> Candidate:
    """The file that ``mobileseg export`` makes; bundled weights where there are any, else seeded random ones."""
    made = Candidate(DEPLOY, precision, folder / f"{name}-{precision}.pte")
    weights = next(iter(bundled(name)), RANDOM)
    try:
        artifact = export_model(name, "executorch", precision=precision, size=size, weights=weights, output=made.path)
    except MobilesegError as error:
        made.failure = _first_line(error)
    else:
        made.facts = _facts(artifact.manifest)
    return made


def plain(name: str, precision: str, size: tuple[int, int], folder: Path) -> Candidate:
    """The reference model exported as it is, with the same weights as ``deploy``."""
    spec = MODELS[name]
    record = next(iter(bundled(name).values()), None)
    if record is None:
        model: nn.Module = build(spec, spec.num_classes)
    else:
        model, _ = model_from_weights(spec, record.name)
    made = Candidate(PLAIN, precision, folder / f"{name}-plain-{precision}.pte")
    return _lower(made, lambda: plain_export(f"{name} plain export", model, spec, record, precision, size, made.path))


def peer(title: str, network: nn.Module, name: str, precision: str, size: tuple[int, int], folder: Path) -> Candidate:
    """Another network exported as it is, on the pixels of model ``name``."""
    made = Candidate(title, precision, folder / f"{title}-{precision}.pte")
    return _lower(made, lambda: plain_export(title, network, MODELS[name], None, precision, size, made.path))


def _lower(made: Candidate, lower: Callable[[], Manifest]) -> Candidate:
    try:
        made.facts = _facts(lower())
    except Exception as error:  # whatever the exporter raises is the finding: the network does not lower as it is
        made.failure = f"does not lower: {_first_line(error)}"
    return made
