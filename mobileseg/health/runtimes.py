"""Whether each runtime loads. Each is tried in a process of its own, all at once: one that crashes takes nothing along."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from dataclasses import dataclass

from mobileseg.health.check import Check

MOST_S = 30.0
LOOK_S = 0.05


@dataclass(frozen=True)
class Runtime:
    """``package``: what must be there; ``script``: what using it takes at least; ``extra``: what installs it."""

    name: str
    package: str
    script: str
    extra: str


RUNTIMES = (
    Runtime("PyTorch", "torch", "import torch; torch.zeros(1) + 1", "torch"),
    Runtime("ExecuTorch", "executorch", "from executorch.runtime import Runtime; Runtime.get()", "executorch"),
    Runtime("ONNX Runtime", "onnxruntime", "import onnxruntime; onnxruntime.get_available_providers()", "onnx"),
    Runtime(
        "Core ML Tools",
        "coremltools",
        "import coremltools; from coremltools.libmilstoragepython import _BlobStorageWriter",
        "coreml",
    ),
)


def runtimes() -> list[Check]:
    """One check per runtime."""
    here = [runtime for runtime in RUNTIMES if importlib.util.find_spec(runtime.package) is not None]
    began = time.monotonic()
    started = {
        runtime.name: subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", runtime.script],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
        )
        for runtime in here
    }  # fmt: skip
    return [_check(runtime, started.get(runtime.name), began) for runtime in RUNTIMES]


def _check(runtime: Runtime, process: subprocess.Popen[str] | None, began: float) -> Check:
    install = f"pip install 'mobileseg[{runtime.extra}]'"
    if process is None:
        return Check("runtime", runtime.name, "missing", f"{runtime.package} is not installed", install)
    try:
        _, said = process.communicate(timeout=max(LOOK_S, began + MOST_S - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Check(
            "runtime",
            runtime.name,
            "not known",
            f"it did not load within {MOST_S:.0f} s",
            "try again on a quieter machine",
        )
    if process.returncode == 0:
        return Check("runtime", runtime.name, "ok", "loads")
    last = [line.strip() for line in said.splitlines() if line.strip()][-1:]
    why = last[0] if last and process.returncode > 0 else f"it ended with status {process.returncode}"
    return Check("runtime", runtime.name, "broken", f"it does not load: {why}", f"{install} --force-reinstall")
