"""By what something was made, for its record."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def command(call: str) -> str:
    """The command line, where this process is ours; else ``call``, the Python function that was called."""
    program = Path(sys.argv[0]).name
    return shlex.join([program, *sys.argv[1:]]) if program == "mobileseg" else call
