"""The interface of a device: its properties, its sensors, and a folder in which the runner runs.

Each kind of device is one file and one row in ``table.py``. ``None`` anywhere means that the device does not report it.
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
    """A device that cannot be reached or used; subclasses name the reason."""


class DeviceLostError(DeviceError):
    """The connection was lost: unplugged, switched off, out of reach. It may come back."""


class NoSpaceError(DeviceError):
    """The device's storage is full."""


class RunnerFailedError(DeviceError):
    """The runner ended early: killed, out of memory, or crashed."""


class Workspace(Protocol):
    """A folder on the device."""

    def push(self, local: Path, name: str) -> str:
        """Copy a file or folder to the device and verify it. Returns its path there. Raises ``DeviceError``."""

    def path(self, name: str) -> str:
        """The path of ``name`` on the device. The runner creates the folders that it writes to."""

    def pull(self, name: str, local: Path) -> None:
        """Copy a file from the device. Raises ``DeviceError``."""

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        """Start the runner and yield its standard output line by line; closing the generator ends the runner.

        Raises ``DeviceError``; ``RunnerFailedError`` with its last output if it exits with a status other than 0.
        """


class Device(Protocol):
    """What a row of ``DEVICES`` opens. Every method may raise ``DeviceError``."""

    @property
    def name(self) -> str:
        """The full name, such as ``adb:SERIAL``."""

    @property
    def quantity(self) -> Literal["time", "counts"]:
        """What a measurement on it yields: times, or instruction counts."""

    def properties(self) -> Properties:
        """What does not change while the device runs."""

    def sensors(self) -> Sensors:
        """Its current state; takes about half a second, to see the processor's load."""

    def check_manifest(self, manifest: Manifest) -> None:
        """Raise ``RequestError`` or ``EnvironmentLackError`` if the file cannot be measured on this device."""

    def workspace(self) -> AbstractContextManager[Workspace]:
        """A new folder on the device with the runner in it, removed afterwards."""

    def reconnect(self, seconds: float) -> bool:
        """Wait up to ``seconds`` for a lost device; whether it is reachable again."""
