"""Gates: whether a device is fit to be measured, checked before and after."""

from __future__ import annotations

import time
import typing
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from mobileseg.document import Part
from mobileseg.errors import GateError
from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.protocol import Protocol

# Our own choices: far enough below throttling that a measurement of seconds does not reach it.
MARGIN_CELSIUS = 5.0  # below a zone's own limit, at most
ROOM_CELSIUS, ROOM_SHARE = 25.0, 0.1  # a device that does nothing is little warmer than its room
HOT_CELSIUS = 75.0  # for a zone without a limit
HOT_BATTERY_CELSIUS = 40.0
BUSY = 0.15  # share of the time of all cores
LIGHT_THROTTLING = 1  # Android's PowerManager.THERMAL_STATUS_LIGHT, which some phones report at all times
MODERATE_THROTTLING = 2  # PowerManager.THERMAL_STATUS_MODERATE
POLL_S = 5.0

Allowed = tuple[str, ...]
When = Literal["before", "during", "after"]


class Sensed(typing.Protocol):
    """The part of a device that the gates need."""

    @property
    def quantity(self) -> Literal["time", "counts"]: ...

    def sensors(self) -> Sensors: ...


class Deviation(Part):
    """A condition that the protocol does not want, as it is recorded in a result.

    ``session``: index of the session, None for the measurement as a whole. ``verdict``: *flagged*, the protocol only records it;
    *allowed*, it would refuse but ``--allow`` overrides it; *refused*, the result is invalid; *unknown*, the device does not
    report it.
    """

    gate: str
    when: Literal["before", "during", "after"]
    session: int | None
    verdict: Literal["flagged", "allowed", "refused", "unknown"]
    expected: str
    found: str


class Finding(NamedTuple):
    """A closed gate, with what was expected and what was found. ``known`` is False if the device does not report the value."""

    gate: str
    expected: str
    found: str
    known: bool = True


def inspect(now: Sensors, earlier: Sensors | None = None) -> list[Finding]:
    """All closed gates for the sensor reading ``now``. ``earlier``: the reading before the measurement, to see what changed meanwhile."""
    return [*_hot(now), *_throttled(now, earlier), *_capped(now), *_saver(now), *_busy(now), *_screen(now)]


def _hot(now: Sensors) -> Iterator[Finding]:
    battery = now.battery.celsius if now.battery else None
    if not now.zones and battery is None and now.thermal_status is None:
        yield Finding("hot", "a temperature", "the device reports none", known=False)
    for zone in now.zones:
        limit = HOT_CELSIUS if zone.limit_celsius is None else hot_celsius(zone.limit_celsius)
        if zone.celsius >= limit:
            yield Finding("hot", f"{zone.name} below {limit:.0f} °C", f"{zone.celsius:.1f} °C")
    if battery is not None and battery >= HOT_BATTERY_CELSIUS:
        yield Finding("hot", f"battery below {HOT_BATTERY_CELSIUS:.0f} °C", f"{battery:.1f} °C")
    if now.thermal_status is not None and now.thermal_status >= MODERATE_THROTTLING:
        yield Finding("hot", f"a thermal status below {MODERATE_THROTTLING}", str(now.thermal_status))


def hot_celsius(limit: float) -> float:
    """The temperature at which a zone is hot that throttles at ``limit``: below it by a tenth of what it is above a room, at most by
    ``MARGIN_CELSIUS``. A skin that may have 39 °C is not hot at 34."""
    return limit - min(MARGIN_CELSIUS, max(0.0, ROOM_SHARE * (limit - ROOM_CELSIUS)))


def _throttled(now: Sensors, earlier: Sensors | None) -> Iterator[Finding]:
    """What changed while measuring. What was so before, and stayed, slows every run alike: see ``_capped``."""
    caps = {clock.core: clock.cap_khz for clock in now.clocks if clock.cap_khz is not None}
    if now.thermal_status is None and not caps and now.throttle_count is None:
        yield Finding("throttled", "a thermal status or clock limits", "the device reports none", known=False)
    if now.undervoltage:
        yield Finding("throttled", "a supply whose voltage is high enough", "under-voltage")
    if earlier is None:
        return
    if now.thermal_status is not None and earlier.thermal_status not in (None, now.thermal_status):
        yield Finding("throttled", f"thermal status {earlier.thermal_status}, as before", str(now.thermal_status))
    before = {clock.core: clock.cap_khz for clock in earlier.clocks if clock.cap_khz is not None}
    moved = [core for core in caps if core in before and caps[core] != before[core]]
    if moved:
        worst = max(moved, key=lambda core: abs((caps[core] or 0) - (before[core] or 0)))
        found = f"{len(moved)} changed, core {worst} from {(before[worst] or 0) / 1e6:.2f} to {(caps[worst] or 0) / 1e6:.2f} GHz"
        yield Finding("throttled", "clock limits as before", found)
    if None not in (earlier.throttle_count, now.throttle_count) and now.throttle_count != earlier.throttle_count:
        events = (now.throttle_count or 0) - (earlier.throttle_count or 0)
        yield Finding("throttled", "no thermal throttling during the run", f"{events} throttling events")


def _capped(now: Sensors) -> Iterator[Finding]:
    slow = [c for c in now.clocks if c.cap_khz is not None and c.max_khz is not None and c.cap_khz < c.max_khz]
    if slow:
        worst = min(slow, key=lambda clock: (clock.cap_khz or 0) / (clock.max_khz or 1))
        found = f"{len(slow)} limited, core {worst.core} to {(worst.cap_khz or 0) / 1e6:.2f} of {(worst.max_khz or 0) / 1e6:.2f} GHz"
        yield Finding("capped", "all cores at their full clock range", found)
    if now.thermal_status == LIGHT_THROTTLING:
        yield Finding("capped", "thermal status 0", str(now.thermal_status))


def _saver(now: Sensors) -> Iterator[Finding]:
    if now.power_saver or (now.battery and now.battery.saver):
        yield Finding("saver", "power saving off", "on")
    elif now.battery and now.battery.saver is None and now.power_saver is None:
        yield Finding("saver", "the state of power saving", "the device does not report it", known=False)


def _busy(now: Sensors) -> Iterator[Finding]:
    if now.busy is None:
        yield Finding("busy", "the processor load of other processes", "the device does not report it", known=False)
    elif now.busy > BUSY:
        load = "" if now.load is None else f", load {now.load:.1f}"
        yield Finding("busy", f"at most {BUSY:.0%} of the processor used by other processes", f"{now.busy:.0%}{load}")


def _screen(now: Sensors) -> Iterator[Finding]:
    """A device that has no screen is not asked for one."""
    if now.screen_on is False:
        yield Finding("screen", "the screen on", "off")


def deviations_of(
    findings: list[Finding], when: When, refuse: tuple[str, ...], allow: Allowed, session: int | None
) -> list[Deviation]:
    """``findings`` with the protocol's verdicts. ``refuse``: gates that refuse; ``allow``: those of them that are overridden.

    An unknown value is no pass: a gate that refuses also refuses what the device does not report.
    """

    def verdict(finding: Finding) -> Literal["flagged", "allowed", "refused", "unknown"]:
        if finding.gate in refuse:
            return "allowed" if finding.gate in allow else "refused"
        return "flagged" if finding.known else "unknown"

    return [
        Deviation(gate=f.gate, when=when, session=session, verdict=verdict(f), expected=f.expected, found=f.found)
        for f in findings
    ]


def wait_for_gates(
    device: Sensed, protocol: Protocol, allow: Allowed, session: int, progress: Callable[[str], None]
) -> tuple[Sensors, list[Deviation]]:
    """Wait until no gate of ``protocol.refuse_before`` is closed; return that sensor reading and the remaining deviations.

    Waits ``protocol.wait_s`` seconds at most. Raises ``GateError`` if a gate stays closed, or at once if the device does not report
    what the gate needs.
    """
    end = time.monotonic() + protocol.wait_s
    while True:
        now = device.sensors()
        findings = inspect(now) if device.quantity == "time" else []  # counts do not depend on conditions
        deviations = deviations_of(findings, "before", protocol.refuse_before, allow, session)
        refused = [d for d in deviations if d.verdict == "refused"]
        hopeless = any(not f.known for f in findings if any(d.gate == f.gate for d in refused))
        left = end - time.monotonic()
        if not refused:
            return now, deviations
        if hopeless or left <= 0:
            raise gate_error(refused, protocol, waited=0 if hopeless else protocol.wait_s)
        progress(f"waiting for at most {left:.0f} s: {_text(refused)}")
        time.sleep(min(POLL_S, left))


def cool_down(protocol: Protocol, allow: Allowed, session: int, progress: Callable[[str], None]) -> list[Deviation]:
    """Pause ``protocol.cool_down_s`` before every session but the first. Returns a deviation if ``--allow cool-down`` skips it."""
    pause = protocol.cool_down_s
    if session == 0 or pause == 0:
        return []
    if "cool-down" in allow:
        finding = Finding("cool-down", f"a pause of {pause:.0f} s", "none")
        return deviations_of([finding], "before", protocol.refuse_before, allow, session)
    progress(f"cooling down for {pause:.0f} s")
    time.sleep(pause)
    return []


def _text(deviations: list[Deviation]) -> str:
    return "; ".join(f"{d.gate}: {d.expected}, found {d.found}" for d in deviations)


def gate_error(deviations: list[Deviation], protocol: Protocol, waited: float = 0) -> GateError:
    """The error for refused ``deviations``. ``waited``: seconds spent waiting for the gates to open."""
    gates = dict.fromkeys(d.gate for d in deviations)
    return GateError(
        expected=f"protocol {protocol.name}: " + "; ".join(dict.fromkeys(d.expected for d in deviations)),
        found="; ".join(f"{d.gate}: {d.found}" for d in deviations)
        + (f", after waiting {waited:.0f} s" if waited else ""),
        fix=f"remove the cause, record it with {' '.join(f'--allow {gate}' for gate in gates)}, or choose a protocol that only flags it",
    )
