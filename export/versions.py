"""Which versions are installed, and whether a file made elsewhere means the same here."""

from __future__ import annotations

import platform
from importlib import metadata

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.manifest import Manifest
from mobileseg.export.targets import TargetSpec

TOOLS = (
    "mobileseg",
    "torch",
    "torchao",
    "executorch",
    "onnx",
    "onnxruntime",
    "onnxsim",
    "onnxscript",
    "coremltools",
    "numpy",
)


def installed() -> dict[str, str]:
    """Name to version of every tool that takes part, and of Python; what is not installed is left out."""
    versions = {"python": platform.python_version()}
    for name in TOOLS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def same_release(one: str, other: str) -> bool:
    """Whether two versions are of one release: major and minor."""
    return one.split("+", maxsplit=1)[0].split(".")[:2] == other.split("+", maxsplit=1)[0].split(".")[:2]


def check_versions(manifest: Manifest, target: TargetSpec, file: str, there: str | None = None) -> None:
    """Raise ``EnvironmentLackError`` where the runtime is of another release (major.minor) than the one that verified the file: the
    manifest's figures would not be this runtime's. ``there``: the version on another machine; else the one that is installed here.
    """
    name = target.runtime_distribution
    made, here = manifest.versions.get(name), there or installed().get(name)
    if made is not None and here is not None and not same_release(made, here):
        raise EnvironmentLackError(
            expected=f"{name} {made}, which made and verified {file}",
            found=f"{name} {here}",
            fix=f"export again with that one, or pip install '{name}=={made}'",
        )
