"""The devices: one file and one row in ``table.py`` per kind; ``contract.py`` is what each has to offer. The package can be called, too:
``mobileseg.latency.devices()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.latency.callable_module import make_callable

if TYPE_CHECKING:
    from mobileseg.latency.devices.table import Found


def devices() -> list[Found]:
    """What can be measured on from here: for each device its name, as ``measure(device=...)`` takes it, whether it is ready, and
    what it is or why it is not."""
    from mobileseg.latency.devices.table import find_all

    return find_all()


make_callable(__name__, devices)
