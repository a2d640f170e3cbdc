"""The commit that the user's work is at: a figure of last week belongs to last week's code."""

from __future__ import annotations

from pathlib import Path

from mobileseg.call import call
from mobileseg.errors import EnvironmentLackError

TIMEOUT_S = 10.0


def commit(folder: Path) -> str | None:
    """Hash of the commit of the git repository around ``folder``, with ``+`` where files were changed since; None outside of one, or
    without git."""
    try:
        head = call(["git", "rev-parse", "HEAD"], TIMEOUT_S, folder)
        changed = call(["git", "status", "--porcelain", "--untracked-files=no"], TIMEOUT_S, folder)
    except EnvironmentLackError:
        return None
    if head.returncode != 0:
        return None
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
