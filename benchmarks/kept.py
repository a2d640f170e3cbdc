"""Exported files and their counts on emulated cores, kept in build/arm_cost under what they were made of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact, open_artifact
from mobileseg.export.manifest import manifest_path
from mobileseg.export.versions import installed
from mobileseg.files import write_whole
from mobileseg.latency.devices.emulated import core_of
from mobileseg.latency.emulation.build import plugin
from mobileseg.latency.emulation.cores import CORES
from mobileseg.latency.emulation.emulator import emulator_version
from mobileseg.latency.measuring.counting import count_all
from mobileseg.latency.results.result import Result, read_result
from mobileseg.latency.runners import build
from mobileseg.latency.runners.compiling import record
from mobileseg.weights.records import bundled
from mobileseg.weights.resolve import RANDOM

MAKERS = ("export", "mobileseg/models", "mobileseg/weights", "mobileseg/data")
"""Folders whose content decides what an exported file is."""


class Kept:
    """``root``: of the checkout. Raises ``EnvironmentLackError`` where nothing can be emulated."""

    def __init__(self, root: Path) -> None:
        self._place = root / "build" / "arm_cost"
        sources = [path for folder in MAKERS for path in sorted((root / folder).rglob("*")) if _counts(path)]
        made_by = {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}
        self._files = self._place / _digest(made_by | installed())
        self._files.mkdir(parents=True, exist_ok=True)
        tools = {
            "emulator": emulator_version(),
            **record(build.arm_runner()),
            **record(plugin().parent),
        }
        self._tools = _digest(tools | installed())

    def export(self, name: str, precision: str, size: tuple[int, int]) -> Artifact:
        """With the bundled weights where there are any, else random ones: what is executed hardly depends on them."""
        path = self._files / f"{name}-{precision}-{size[0]}x{size[1]}.pte"
        if path.exists() and manifest_path(path).exists():
            return open_artifact(path)
        print("export", path.name, flush=True)
        weights = next(iter(bundled(name)), RANDOM)
        return export_model(
            name, "executorch", precision=precision, size=size, weights=weights, output=path, force=True
        )

    def count(self, artifact: Artifact, device: str, command: str) -> Result:
        """Its counts on ``emulated:CORE``, with the comparison of its outputs."""
        core = core_of(device)
        key = _digest({"file": artifact.manifest.artifact.sha256, "tools": self._tools, "core": repr(CORES[core.name])})
        path = self._place / f"{artifact.path.stem}-{core.name}-{key}.json"
        if not path.exists():
            found = count_all([artifact.path], device, command, lambda stage: print("count", stage, flush=True))
            write_whole(path, found.to_json().encode())
        return read_result(path)


def _counts(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _digest(parts: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
