"""The ARM runner as a package of data, ``mobileseg-arm-runner``: a host without Debian's cross compiler installs it instead of building.

``make dist`` makes the wheel. It is of one release of ExecuTorch and of one state of the runner's sources, as a build is.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners.compiling import record

PACKAGE = "mobileseg_arm_runner"
FOLDER = "kit"


def installed_kit() -> Path | None:
    """The folder of the installed package; None where there is none."""
    spec = importlib.util.find_spec(PACKAGE)  # imports nothing
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) / FOLDER if places else None


def check(kit: Path, sources: str, release: str) -> None:
    """Raise ``EnvironmentLackError`` unless ``kit`` was built from ``sources`` (digest) for ExecuTorch ``release``."""
    built = record(kit)
    wrong = {
        "the runner's sources": built.get("runner") != sources,
        f"ExecuTorch {release}": not built.get("kit", "").startswith(f"executorch-{release}-"),
    }
    if any(wrong.values()):
        raise EnvironmentLackError(
            expected=f"a {PACKAGE.replace('_', '-')} of {' and '.join(name for name, bad in wrong.items() if bad)}",
            found=f"one of {built.get('kit', 'unknown').partition(' ')[0]}, runner {built.get('runner', 'unknown')[:12]}",
            fix="install the wheel that was made with this release of mobileseg (make dist), or remove it to build the runner here",
        )
