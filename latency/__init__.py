"""mobileseg.latency: how fast exported files are, with the protocol stamped on the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from mobileseg.latency.results.result import Result

__all__ = ["measure"]


def measure(artifacts: Sequence[str | Path], device: str = "host", protocol: str = "quick", **options: Any) -> Result:
    """See ``mobileseg.latency.measuring.measurement.measure``."""
    from mobileseg.latency.measuring import measurement

    return measurement.measure(artifacts, device, protocol, **options)
