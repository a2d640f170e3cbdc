"""``mobileseg.doctor``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mobileseg.progress import silent

if TYPE_CHECKING:
    from mobileseg.health.examination import Examination


def doctor(progress: Callable[[str], None] = silent) -> Examination:
    """What works on this machine, and what to install for the rest: Python, the extras with the versions that work together, whether
    each runtime loads, adb, the ARM emulator, the cache and the disk.

    It needs nothing but the base dependencies, touches no device, takes a few seconds and raises nothing. ``progress`` is
    called with each stage.
    """
    from mobileseg.health.examination import examine

    return examine(progress)
