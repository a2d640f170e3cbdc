"""The code and the tools that a stage's result depends on: a change of them is another result."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from importlib import resources

MODELS = ("mobileseg.data", "mobileseg.models", "mobileseg.weights", "mobileseg.postprocess")
EXPORT = (*MODELS, "mobileseg.export")
LATENCY = (
    "mobileseg.latency.conditions",
    "mobileseg.latency.devices",
    "mobileseg.latency.measuring",
    "mobileseg.latency.runners",
)
ROOTS: Mapping[str, tuple[str, ...]] = {
    "export": EXPORT,
    "verify": EXPORT,
    "compare": (*EXPORT, "mobileseg.metrics"),
    "latency": LATENCY,
}
TOOLS: Mapping[str, tuple[str, ...]] = {"latency": ("mobileseg", "executorch", "onnxruntime", "coremltools")}
"""Whose versions count; of stages that are not here, all of the pipeline's."""


def origin(stage: str) -> dict[str, str]:
    """Versions by name, and the digest of the sources as ``code``."""
    versions = _versions()
    kept = TOOLS.get(stage, tuple(versions))
    return {**{name: versions[name] for name in kept if name in versions}, "code": code(stage)}


@functools.cache
def _versions() -> dict[str, str]:
    """Looked up once: every step of a sweep has them in its inputs."""
    from mobileseg.export.versions import installed

    return installed()


@functools.cache
def code(stage: str) -> str:
    """A digest of the packages that the stage runs, by name and content of their source files."""
    found = hashlib.sha256()
    for package in ROOTS.get(stage, ()):
        for name, content in _sources(package):
            found.update(f"{package}/{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return found.hexdigest()[:16]


@functools.cache
def _sources(package: str) -> tuple[tuple[str, bytes], ...]:
    with resources.as_file(resources.files(package)) as folder:
        files = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".cpp", ".h", ".c"))
        return tuple((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)
