"""The interface of a device: its properties, its sensors, and a folder in which the runner runs.

Each kind of device is one file and one row in ``table.py``. ``None`` anywhere means that the device does not report it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.manifest import Manifest
from mobileseg.latency.conditions.course import Watched
from mobileseg.latency.conditions.sensors import Properties, Sensors


class DeviceError(EnvironmentLackError):
    """A device that cannot be reached or used; subclasses name the reason."""


class DeviceLostError(DeviceError):
    """The connection was lost: unplugged, switched off, out of reach. It may come back."""


class SilentError(DeviceError):
    """It is connected, and says nothing for too long: frozen, asleep, or stuck."""

    def __init__(self, seconds: float, what: str) -> None:
        super().__init__(
            expected=f"{what} to say something within {seconds:.0f} s",
            found="nothing: it may be locked, asleep or stuck",
            fix="unlock it and keep its screen on; if that does not help, restart it",
        )


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
    def secrets(self) -> tuple[str, ...]:
        """Words that no result may say: serial numbers, addresses, names of hosts and users."""

    @property
    def tested_on(self) -> str | None:
        """What this kind of device was tested on so far, if not on real hardware; it is stamped on results."""

    @property
    def quantity(self) -> Literal["time", "counts"]:
        """What a measurement on it yields: times, or instruction counts."""

    def properties(self) -> Properties:
        """What does not change while the device runs."""

    def sensors(self) -> Sensors:
        """Its current state; takes about half a second, to see the processor's load."""

    def watch(self, cores: Sequence[int]) -> tuple[Watched, ...]:
        """Files with a number that its runner can read between turns. ``cores``: those that it runs on, none: any."""

    def check_manifest(self, manifest: Manifest) -> None:
        """Raise ``RequestError`` or ``EnvironmentLackError`` if the file cannot be measured on this device."""

    def gives_outputs(self, manifest: Manifest) -> bool:
        """Whether its runner writes all outputs of the file, to be compared with those of this machine."""

    def workspace(self) -> AbstractContextManager[Workspace]:
        """A new folder on the device with the runner in it, removed afterwards."""

    def lease(self, progress: Callable[[str], None]) -> AbstractContextManager[None]:
        """Have the device for oneself while the block runs. Raises ``DeviceError`` where somebody else measures on it."""

    def reconnect(self, seconds: float) -> bool:
        """Wait up to ``seconds`` for a lost device; whether it is reachable again."""
