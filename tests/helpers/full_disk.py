"""A disk with little room, for a script of its own: the largest file that its process may write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LIMIT = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
"""


def run(script: str, room: int, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script of Python that can write files of at most room bytes."""
    # Without -B half of a module's bytecode could stay behind, and every later test that imports it would fail.
    command = (sys.executable, "-B", "-c", LIMIT.format(room=room) + script)
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
