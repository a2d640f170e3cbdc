"""The devices: one file and one row in ``table.py`` per kind; ``contract.py`` is the interface of each.

The package can be called, too: ``mobileseg.latency.devices()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.latency.callable_module import make_callable

if TYPE_CHECKING:
    from mobileseg.latency.devices.table import Found


def devices() -> list[Found]:
    """The devices that can be found from here: for each its name, as for ``measure(device=...)``, whether it is ready, and a
    description or the reason why it is not."""
    from mobileseg.latency.devices.table import find_all

    return find_all()


make_callable(__name__, devices)
