"""What a device says of itself: what it is made of and how it is doing. ``None`` anywhere means that it does not say."""

from __future__ import annotations

from mobileseg.export.manifest import Part


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
