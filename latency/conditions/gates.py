"""Whether a device is fit to be measured: gates, looked at before and after."""

from __future__ import annotations

import time
import typing
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from mobileseg.errors import GateError
from mobileseg.export.manifest import Part
from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.protocol import Protocol

MARGIN_CELSIUS = 5.0  # below the zone's own limit
HOT_CELSIUS = 75.0  # of a zone that names no limit
HOT_BATTERY_CELSIUS = 40.0
BUSY = 0.15  # of all cores' time
LIGHT_THROTTLING = 1  # Android's THERMAL_STATUS_LIGHT
POLL_S = 5.0

Allowed = tuple[str, ...]
When = Literal["before", "during", "after"]


class Sensed(typing.Protocol):
    """What the gates need of a device."""

    @property
    def gives(self) -> Literal["time", "counts"]: ...

    def sensors(self) -> Sensors: ...


class Deviation(Part):
    """Something that was not as the protocol wants it. ``flagged``: the protocol records it; ``allowed``: it would have refused,
    and was told not to; ``refused``: the result is not good; ``unknown``: the device does not say."""

    gate: str
    when: Literal["before", "during", "after"]
    session: int | None
    verdict: Literal["flagged", "allowed", "refused", "unknown"]
    expected: str
    found: str


class Finding(NamedTuple):
    """A gate that is not open. ``known`` is False where the device does not say."""

    gate: str
    expected: str
    found: str
    known: bool = True


def inspect(now: Sensors, earlier: Sensors | None = None) -> list[Finding]:
    """Every gate of the device's state that is not open. ``earlier``: the reading before the measurement."""
    return [*_hot(now), *_throttled(now, earlier), *_saver(now), *_busy(now)]


def _hot(now: Sensors) -> Iterator[Finding]:
    battery = now.battery.celsius if now.battery else None
    if not now.zones and battery is None and now.thermal_status is None:
        yield Finding("hot", "a temperature", "the device tells none", known=False)
    for zone in now.zones:
        limit = HOT_CELSIUS if zone.limit_celsius is None else zone.limit_celsius - MARGIN_CELSIUS
        if zone.celsius >= limit:
            yield Finding("hot", f"{zone.name} below {limit:.0f} °C", f"{zone.celsius:.1f} °C")
    if battery is not None and battery >= HOT_BATTERY_CELSIUS:
        yield Finding("hot", f"battery below {HOT_BATTERY_CELSIUS:.0f} °C", f"{battery:.1f} °C")


def _throttled(now: Sensors, earlier: Sensors | None) -> Iterator[Finding]:
    caps = [clock for clock in now.clocks if clock.cap_khz is not None and clock.max_khz is not None]
    if now.thermal_status is None and not caps and now.throttle_count is None:
        yield Finding("throttled", "a thermal status or clock limits", "the device tells none", known=False)
    if now.thermal_status is not None and now.thermal_status >= LIGHT_THROTTLING:
        yield Finding("throttled", "thermal status 0", str(now.thermal_status))
    slow = [clock for clock in caps if (clock.cap_khz or 0) < (clock.max_khz or 0)]
    if slow:
        worst = min(slow, key=lambda clock: (clock.cap_khz or 0) / (clock.max_khz or 1))
        found = f"{len(slow)} held back, core {worst.core} to {(worst.cap_khz or 0) / 1e6:.2f} of {(worst.max_khz or 0) / 1e6:.2f} GHz"
        yield Finding("throttled", "all cores allowed their highest clock", found)
    before = earlier.throttle_count if earlier else None
    if before is not None and now.throttle_count is not None and now.throttle_count > before:
        yield Finding("throttled", "no slowing down for heat meanwhile", f"{now.throttle_count - before} times")


def _saver(now: Sensors) -> Iterator[Finding]:
    if now.power_saver or (now.battery and now.battery.saver):
        yield Finding("saver", "power saving off", "on")
    elif now.battery and now.battery.saver is None and now.power_saver is None:
        yield Finding("saver", "whether power saving is on", "the device does not say", known=False)


def _busy(now: Sensors) -> Iterator[Finding]:
    if now.busy is None:
        yield Finding("busy", "what else uses the processor", "the device does not say", known=False)
    elif now.busy > BUSY:
        load = "" if now.load is None else f", load {now.load:.1f}"
        yield Finding("busy", f"others use at most {BUSY:.0%} of the processor", f"{now.busy:.0%}{load}")


def deviations_of(
    findings: list[Finding], when: When, refuse: tuple[str, ...], allow: Allowed, session: int | None
) -> list[Deviation]:
    """What the protocol makes of them. What is not known is no pass: a gate that refuses, refuses then too."""

    def verdict(finding: Finding) -> Literal["flagged", "allowed", "refused", "unknown"]:
        if finding.gate in refuse:
            return "allowed" if finding.gate in allow else "refused"
        return "flagged" if finding.known else "unknown"

    return [
        Deviation(gate=f.gate, when=when, session=session, verdict=verdict(f), expected=f.expected, found=f.found)
        for f in findings
    ]


def wait_until_fit(
    device: Sensed, protocol: Protocol, allow: Allowed, session: int, progress: Callable[[str], None]
) -> tuple[Sensors, list[Deviation]]:
    """The reading with which the measurement may begin, and what deviates. Waits at most ``protocol.wait_s``; raises ``GateError``."""
    end = time.monotonic() + protocol.wait_s
    while True:
        now = device.sensors()
        findings = inspect(now) if device.gives == "time" else []  # counts are the same in any weather
        deviations = deviations_of(findings, "before", protocol.refuse_before, allow, session)
        refused = [d for d in deviations if d.verdict == "refused"]
        hopeless = any(not f.known for f in findings if any(d.gate == f.gate for d in refused))
        left = end - time.monotonic()
        if not refused:
            return now, deviations
        if hopeless or left <= 0:
            raise refusal(refused, protocol, waited=0 if hopeless else protocol.wait_s)
        progress(f"wait, {left:.0f} s at most: {_words(refused)}")
        time.sleep(min(POLL_S, left))


def cool_down(protocol: Protocol, allow: Allowed, session: int, progress: Callable[[str], None]) -> list[Deviation]:
    """The protocol's pause before every session but the first; what deviates where ``--allow cool-down`` leaves it out."""
    pause = protocol.cool_down_s
    if session == 0 or pause == 0:
        return []
    if "cool-down" in allow:
        finding = Finding("cool-down", f"a pause of {pause:.0f} s", "none")
        return deviations_of([finding], "before", protocol.refuse_before, allow, session)
    progress(f"cool down for {pause:.0f} s")
    time.sleep(pause)
    return []


def _words(deviations: list[Deviation]) -> str:
    return "; ".join(f"{d.gate}: {d.expected}, found {d.found}" for d in deviations)


def refusal(deviations: list[Deviation], protocol: Protocol, waited: float = 0) -> GateError:
    """The error for gates that refuse."""
    gates = dict.fromkeys(d.gate for d in deviations)
    return GateError(
        expected=f"protocol {protocol.name}: " + "; ".join(dict.fromkeys(d.expected for d in deviations)),
        found="; ".join(f"{d.gate}: {d.found}" for d in deviations)
        + (f", after waiting {waited:.0f} s" if waited else ""),
        fix=f"mend it, or record it with {' '.join(f'--allow {gate}' for gate in gates)}, or choose a protocol that flags it",
    )
