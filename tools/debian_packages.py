"""Installs Debian packages, for the tools here: only as root, and only what is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from mobileseg.call import call, last_lines
from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners.debian import TIMEOUT_S, Part, require


def install(parts: Sequence[Part], purpose: str, make: str) -> tuple[str, ...]:
    """Install what is not here; gives the names of the packages. Raises ``EnvironmentLackError`` where that is not possible.

    Only for root on a Debian: nobody is asked for a password in the middle of a build.
    """
    lacking = tuple(part.package for part in parts if not part.present)
    if not lacking:
        return ()
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        require(parts, purpose, make)
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *lacking]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for attempt in (command, ["apt-get", "update"], command):  # the list of packages may be missing, or old
        done = call(attempt, TIMEOUT_S, environment=environment)
        if done.returncode == 0 and attempt is command:
            require(parts, purpose, make)
            return lacking
    raise EnvironmentLackError(
        expected=f"apt-get to install {' '.join(lacking)}",
        found=last_lines(done.stderr, 2),
        fix="install them by hand, or fix apt's sources",
    )
