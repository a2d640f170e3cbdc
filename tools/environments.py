"""Environments of Python beside mobileseg's own, for what does not fit into it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from mobileseg.call import call, last_lines
from mobileseg.errors import EnvironmentLackError

ROOT = Path(__file__).resolve().parents[1]


def build(uv: str, folder: Path, python: str, requirements: Path, check: str, fix: str) -> None:
    """Make the environment ``folder`` anew, of that version of Python and the packages of ``requirements``; ``check``: what it must be
    able to do. Raises ``EnvironmentLackError``."""
    interpreter = str(folder / "bin" / "python")
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", python, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", interpreter, "--requirement", str(requirements)],
        [interpreter, "-c", check],
    ):
        done = call(command, 1800.0)
        if done.returncode != 0:
            raise EnvironmentLackError(
                expected=f"{' '.join(command[:3])} to work", found=last_lines(done.stderr), fix=fix
            )


def uv() -> str:
    """uv, of make's environment or on PATH. Raises ``EnvironmentLackError``."""
    for candidate in (ROOT / ".venv" / "uv" / "bin" / "uv", Path(sys.prefix) / "uv" / "bin" / "uv"):
        if candidate.exists():
            return str(candidate)
    found = shutil.which("uv")
    if found is None:
        raise EnvironmentLackError(expected="uv", found="none in .venv/uv or on PATH", fix="make test")
    return found
