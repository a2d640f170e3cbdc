"""What the fleet offers: processors and devices, which of them answer, and which are in quarantine and why."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

COMPUTE = "compute"
DEVICE = "device:"
"""Before a device's name: the resource of the one worker that has it."""

FIRST_S, LONGEST_S = 2.0, 120.0
"""Between two questions to a device in quarantine: doubled from the first to the longest."""


@dataclass
class Quarantine:
    """``reason``: what the device said, or why it said nothing. ``since``, ``next``: by the monotonic clock. ``busy``: somebody else
    measures on it."""

    reason: str
    since: float
    next: float
    delay: float = FIRST_S
    busy: bool = False


@dataclass
class Offers:
    """``compute``: how many steps at once; ``devices``: names that a worker has."""

    compute: int = 0
    devices: frozenset[str] = frozenset()
    quarantined: dict[str, Quarantine] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    _recent: dict[str, Quarantine] = field(default_factory=dict)  # of devices that answer, but did no step since

    def see(self, workers: Mapping[str, Mapping[str, float]]) -> None:
        """Take over the resources of all workers, by their addresses. A device that lost its worker is asked again when it has one."""
        self.compute = int(sum(resources.get(COMPUTE, 0) for resources in workers.values()))
        names = [name.removeprefix(DEVICE) for r in workers.values() for name in r if name.startswith(DEVICE)]
        self.devices = frozenset(names)
        self.answered &= self.devices

    def usable(self, device: str) -> bool:
        """Whether cells of the device can be done now."""
        return device in self.devices and device in self.answered and device not in self.quarantined

    def put_away(self, device: str, reason: str, busy: bool = False) -> None:
        """A device did not answer, or did not do a step though it answered: it is left alone for a while, twice as long each time."""
        now, earlier = time.monotonic(), self.quarantined.get(device) or self._recent.pop(device, None)
        if earlier is None:
            self.quarantined[device] = Quarantine(reason, now, now + FIRST_S, FIRST_S, busy)
            return
        delay = min(2 * earlier.delay, LONGEST_S)
        self.quarantined[device] = Quarantine(reason, earlier.since, now + delay, delay, busy)

    def take_back(self, device: str) -> None:
        """A device answered."""
        if device in self.quarantined:
            self._recent[device] = self.quarantined.pop(device)
        self.answered.add(device)

    def works(self, device: str) -> None:
        """A device did a step."""
        self._recent.pop(device, None)

    def to_ask(self, device: str) -> bool:
        """Whether it is time to ask the device what it is."""
        if device not in self.devices:
            return False
        away = self.quarantined.get(device)
        return time.monotonic() >= away.next if away else device not in self.answered

    def why_not(self, device: str) -> str:
        """Why cells of the device are not done."""
        if device not in self.devices:
            return "no worker offers it"
        away = self.quarantined.get(device)
        return away.reason if away else "it was not asked yet"
