"""What a device is: it says what it is made of and how it is doing, and gives a folder in which the runner runs.

One file a device, one row in ``devices.py``. ``None`` anywhere means that the device does not say.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.manifest import Manifest, Part


class DeviceError(EnvironmentLackError):
    """A device that cannot be reached or used; subclasses tell the states apart."""


class DeviceLostError(DeviceError):
    """It was there and is gone: unplugged, switched off, out of reach. It may come back."""


class NoSpaceError(DeviceError):
    """Its storage is full."""


class RunnerFailedError(DeviceError):
    """The runner ended before it was done: killed, out of memory, or crashed."""


class Core(Part):
    """One processor core. ``capacity``: the kernel's figure, 1024 for the fastest; ``max_khz``: what the hardware allows."""

    number: int
    max_khz: int | None = None
    capacity: int | None = None


class Properties(Part):
    """What does not change while it runs. ``model``: of the phone, board or machine; ``soc``: chip or processor."""

    model: str | None
    soc: str | None
    os: str
    kernel: str | None
    architecture: str
    cores: tuple[Core, ...]
    memory_kb: int | None = None

    @property
    def summary(self) -> str:
        """One line for people."""
        names = [name for name in (self.model, self.soc) if name]
        return f"{', '.join(names) or 'unknown'}, {self.architecture}, {len(self.cores)} cores, {self.os}"


class Zone(Part):
    """One thermal zone. ``limit_celsius``: the lowest trip point at which the kernel slows something down."""

    name: str
    celsius: float
    limit_celsius: float | None = None


class Clock(Part):
    """One core's clock. ``cap_khz``: the most that is allowed at this moment; ``max_khz``: the most that the hardware allows."""

    core: int
    khz: int | None
    cap_khz: int | None
    max_khz: int | None
    governor: str | None


class Battery(Part):
    """``level`` in percent; ``saver``: the system saves power on request."""

    level: int | None
    charging: bool | None
    saver: bool | None
    celsius: float | None = None


class Sensors(Part):
    """How it is doing at one moment. ``thermal_status``: Android's, 0 none to 6 shutdown. ``busy``: share of all cores' time that
    was not idle while nothing of ours ran. ``throttle_count``: how often the processor has slowed down for heat since it started."""

    zones: tuple[Zone, ...] = ()
    thermal_status: int | None = None
    clocks: tuple[Clock, ...] = ()
    battery: Battery | None = None
    power_saver: bool | None = None
    screen_on: bool | None = None
    load: float | None = None
    busy: float | None = None
    throttle_count: int | None = None


class Workspace(Protocol):
    """A folder on the device."""

    def push(self, local: Path, name: str) -> str:
        """Bring a file or folder there, checked; gives its path on the device. Raises ``DeviceError``."""

    def path(self, name: str) -> str:
        """Where ``name`` is or will be on the device; the runner makes the folders that it writes in."""

    def pull(self, name: str, local: Path) -> None:
        """Bring a file back. Raises ``DeviceError``."""

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        """Start the runner and give its standard output line by line. Raises ``DeviceError``, or ``RunnerFailedError`` with the last
        that it said where it ends with another status than 0; when the generator is closed, the runner is ended."""


class Device(Protocol):
    """What a row of ``DEVICES`` opens. ``name``: as asked for, such as ``adb:SERIAL``."""

    @property
    def name(self) -> str: ...

    @property
    def gives(self) -> Literal["time", "counts"]: ...

    def properties(self) -> Properties: ...

    def sensors(self) -> Sensors: ...

    def accepts(self, manifest: Manifest) -> None:
        """Raise ``RequestError`` or ``EnvironmentLackError`` where the file cannot be measured here."""

    def workspace(self) -> AbstractContextManager[Workspace]:
        """A folder on the device, removed afterwards."""

    def returns(self, seconds: float) -> bool:
        """Whether a lost device is there again within that time."""
