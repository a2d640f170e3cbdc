"""What several tests only read is made once in a run of the tests, by whichever worker asks first."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from mobileseg.export import export_model, open_artifact
from mobileseg.export.artifact import Artifact

SUFFIX = {"executorch": ".pte", "onnx": ".onnx", "coreml": ".mlpackage"}


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder ``name`` of this run, which all workers share; ``make`` fills it."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "made-once" / name
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder.with_name(f"{name}.whole")
    with FileLock(folder.with_name(f"{name}.lock")):
        if not whole.exists():
            make(folder)
            whole.touch()
    return folder


def exported_once(
    factory: pytest.TempPathFactory, name: str, target: str, model: str = "seaformer-tiny", **options: Any
) -> Artifact:
    """``export_model`` with ``options``, which ``name`` stands for."""
    file = f"{name}{SUFFIX[target]}"
    folder = made_once(factory, name, lambda folder: export_model(model, target, output=folder / file, **options))
    artifact = open_artifact(folder / file)
    if artifact.manifest.model.card is not None:
        artifact.named_model = model  # its code may run
    return artifact
