"""Other programs, called so that what goes wrong is said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from mobileseg.errors import EnvironmentLackError


def call(
    command: Sequence[str], timeout_s: float, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run to the end, whatever its status. Raises ``EnvironmentLackError`` where it takes longer or cannot be started."""
    try:
        return subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise EnvironmentLackError(
            expected=f"{command[0]} to end within {timeout_s:.0f} s",
            found="it still ran",
            fix="try it on a quieter machine",
        ) from error
    except OSError as error:
        raise EnvironmentLackError(
            expected=f"{command[0]} to start",
            found=error.strerror or str(error),
            fix="is it installed, and can it be executed?",
        ) from error


def last_lines(text: str, count: int = 3) -> str:
    """The last lines that say something, joined by semicolons."""
    return "; ".join([line.strip() for line in text.splitlines() if line.strip()][-count:])
