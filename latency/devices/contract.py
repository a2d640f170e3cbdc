"""What a device is: it says what it is made of and how it is doing, and gives a folder in which the runner runs.

One file a device, one row in ``table.py``. ``None`` anywhere means that the device does not say.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.manifest import Manifest
from mobileseg.latency.conditions.sensors import Properties, Sensors


class DeviceError(EnvironmentLackError):
    """A device that cannot be reached or used; subclasses tell the states apart."""


class DeviceLostError(DeviceError):
    """It was there and is gone: unplugged, switched off, out of reach. It may come back."""


class NoSpaceError(DeviceError):
    """Its storage is full."""


class RunnerFailedError(DeviceError):
    """The runner ended before it was done: killed, out of memory, or crashed."""


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
