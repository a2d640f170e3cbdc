"""How committed results name a folder of data."""

from __future__ import annotations

from pathlib import Path


def shown(data: Path) -> str:
    """The last two folders of its path: results say nothing of the machine that made them."""
    return "/".join(data.resolve().parts[-2:])
