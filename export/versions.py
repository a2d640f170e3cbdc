"""Versions of the installed tools, and whether they match those that made and verified a file."""

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
    """Versions by name, of Python and of every tool of the pipeline that is installed."""
    versions = {"python": platform.python_version()}
    for name in TOOLS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def same_release(one: str, other: str) -> bool:
    """Whether two versions have the same major and minor number."""
    return one.split("+", maxsplit=1)[0].split(".")[:2] == other.split("+", maxsplit=1)[0].split(".")[:2]


def check_versions(manifest: Manifest, target: TargetSpec, file: str, there: str | None = None) -> None:
    """Raise ``EnvironmentLackError`` where the runtime has another major or minor version than the one that verified the file, so that
    the manifest's figures need not hold. ``file``: its name, for the message. ``there``: the version on another machine; default the
    one installed here.
    """
    name = target.runtime_distribution
    made, here = manifest.versions.get(name), there or installed().get(name)
    if made is not None and here is not None and not same_release(made, here):
        raise EnvironmentLackError(
            expected=f"{name} {made}, which made and verified {file}",
            found=f"{name} {here}",
            fix=f"export again with this version, or pip install '{name}=={made}'",
        )
