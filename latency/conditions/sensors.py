"""The properties and the sensor readings of a device. ``None`` anywhere means that the device does not report it."""

from __future__ import annotations

from mobileseg.document import Part


class Core(Part):
    """One processor core. ``capacity``: the kernel's ``cpu_capacity``, 1024 for the fastest core; ``max_khz``: hardware limit; ``part``:
    implementer and part of an ARM core, such as ``0x41:0xd05``; ``online``: whether it was plugged in when the measurement began."""

    number: int
    max_khz: int | None = None
    capacity: int | None = None
    part: str | None = None
    online: bool = True


class Properties(Part):
    """What does not change while the device runs. ``model``: phone, board or machine; ``soc``: chip or processor; ``features``: the
    instruction sets that decide how fast kernels are, by the kernel's names. Clouds rent processors of one name with and without them.
    ``unit``: hash of the serial number or machine-id, which tells two units of one model apart; ``fingerprint``: of Android's build;
    ``abi``: Android's first; ``page_kb``: size of a memory page; ``emulated``: whether it is an Android emulator, whose times mean
    nothing.
    """

    model: str | None
    soc: str | None
    os: str
    kernel: str | None
    architecture: str
    cores: tuple[Core, ...]
    memory_kb: int | None = None
    features: tuple[str, ...] = ()
    unit: str | None = None
    fingerprint: str | None = None
    abi: str | None = None
    page_kb: int | None = None
    emulated: bool = False

    @property
    def summary(self) -> str:
        """One line of text."""
        names = [name for name in (self.model, self.soc) if name]
        architecture = " ".join((self.architecture, *(f"+{feature}" for feature in self.features)))
        return f"{', '.join(names) or 'unknown'}, {architecture}, {len(self.cores)} cores, {self.os}"


class Zone(Part):
    """One thermal zone. ``limit_celsius``: the lowest trip point at which the kernel throttles."""

    name: str
    celsius: float
    limit_celsius: float | None = None


class Clock(Part):
    """One core's clock. ``cap_khz``: the current upper limit; ``max_khz``: the hardware's upper limit."""

    core: int
    khz: int | None
    cap_khz: int | None
    max_khz: int | None
    governor: str | None


class Battery(Part):
    """``level`` in percent; ``saver``: whether the battery saver is on."""

    level: int | None
    charging: bool | None
    saver: bool | None
    celsius: float | None = None


class Sensors(Part):
    """The state of a device at one moment. ``thermal_status``: Android's, 0 (none) to 6 (shutdown). ``load``: average of the last
    minute. ``busy``: share of the time of all cores, 0..1, that was not idle while no runner ran. ``throttle_count``: thermal
    throttling events since boot. ``undervoltage``: whether a board that measures its supply finds it too low."""

    zones: tuple[Zone, ...] = ()
    thermal_status: int | None = None
    clocks: tuple[Clock, ...] = ()
    battery: Battery | None = None
    power_saver: bool | None = None
    screen_on: bool | None = None
    load: float | None = None
    busy: float | None = None
    throttle_count: int | None = None
    undervoltage: bool | None = None
