"""Programs and files of Debian's packages: what is missing is named. `tools/debian_packages.py` installs it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobileseg.call import call
from mobileseg.errors import EnvironmentLackError

TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Part:
    """``package`` installs ``program``: a command on PATH, or a file with an absolute path."""

    package: str
    program: str

    @property
    def present(self) -> bool:
        """Whether it is installed."""
        return Path(self.program).exists() if self.program.startswith("/") else shutil.which(self.program) is not None


def require(parts: Sequence[Part], purpose: str, make: str, otherwise: str = "") -> None:
    """Raise ``EnvironmentLackError`` that names the missing packages and the target of ``make`` that installs them.
    ``purpose``: what they are needed for, in words; ``otherwise``: another way, if there is one."""
    lacking = [part.package for part in parts if not part.present]
    if lacking:
        raise EnvironmentLackError(
            expected=f"{', '.join(part.program for part in parts if not part.present)} for {purpose}",
            found="not on this machine",
            fix=f"in a mobileseg checkout: make {make}; or: apt-get install {' '.join(lacking)} (Debian 12)"
            + (f"; or: {otherwise}" if otherwise else ""),
        )


def version(package: str) -> str:
    """The installed version of a package, such as ``3.11.2-2``; "unknown" where dpkg does not know it."""
    if shutil.which("dpkg-query") is None:
        return "unknown"
    done = call(["dpkg-query", "--show", "--showformat=${Version}", package], TIMEOUT_S)
    return done.stdout.strip() if done.returncode == 0 and done.stdout.strip() else "unknown"
