"""``mobileseg.doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mobileseg.health.examination import Examination


def doctor() -> Examination:
    """What works on this machine, and what to install for the rest: Python, the extras with the versions that work together, whether
    each runtime loads, adb, the ARM emulator, the cache and the disk.

    It needs nothing but the base dependencies, touches no device, takes a few seconds and raises nothing.
    """
    from mobileseg.health.examination import examine

    return examine()
