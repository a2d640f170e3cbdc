"""Android's getprop, dumpsys and settings, in addition to /proc and /sys. Pure functions over recorded texts.

The formats are those of AOSP's services (ThermalManagerService, BatteryService, PowerManagerService) from Android 8 to 16, from
their sources and public recordings. On many phones the shell may not read sysfs: then the thermal service is the only source.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from mobileseg.latency.conditions import parsers
from mobileseg.latency.conditions.identity import unit_of
from mobileseg.latency.conditions.linux import Texts
from mobileseg.latency.conditions.sensors import Battery, Properties, Sensors, Zone

PROPERTIES: Mapping[str, str] = {"/getprop": "getprop", "/uname": "uname -m", "/pagesize": "getconf PAGESIZE"}
SENSORS: Mapping[str, str] = {
    "/dumpsys/thermalservice": "dumpsys thermalservice",
    "/dumpsys/battery": "dumpsys battery",
    "/dumpsys/power": "dumpsys power | grep -iE 'wakefulness(raw)?=|display power|battery saver is|lowpowermode'",
    "/settings/low_power": "settings get global low_power",
}
# Types of android.hardware.thermal without a temperature: unknown; voltage, current and charge of the battery current limiter.
NO_TEMPERATURE = ("-1", "6", "7", "8")
EMULATORS = ("goldfish", "ranchu", "cutf_cvm")  # values of ro.hardware
ON, OFF = (
    ("awake", "on", "dreaming", "vr"),
    ("asleep", "dozing", "off", "doze", "doze_suspend"),
)  # a dream is a screen saver
FROZEN = "UPDATES STOPPED"  # after `dumpsys battery set`: the reported values are not real
CHARGING, FULL, UNKNOWN = "2", "5", "1"  # BatteryManager.BATTERY_STATUS_*


def getprop(text: str) -> dict[str, str]:
    """Properties by name from lines of ``[name]: [value]``; a value may span several lines, empty ones are left out."""
    found = re.findall(r"^\[([^\]\n]+)\]: \[(.*?)\]$(?=\n\[|\s*\Z)", text.replace("\r", ""), re.MULTILINE | re.DOTALL)
    return {name: value for name, value in found if value}


def properties(texts: Texts) -> Properties:
    """The device's properties, from the texts of ``linux.PROPERTIES`` and ``PROPERTIES``."""
    values = getprop(texts.get("/getprop", ""))
    maker, model = values.get("ro.product.manufacturer"), values.get("ro.product.model")
    soc = [values[name] for name in ("ro.soc.manufacturer", "ro.soc.model") if name in values]
    serial = values.get("ro.serialno") or values.get("ro.boot.serialno")
    release, level, build = (values.get(f"ro.build.{name}") for name in ("version.release", "version.sdk", "id"))
    return Properties(
        model=" ".join(filter(None, (maker, model))) or None,
        soc=" ".join(soc) or values.get("ro.board.platform") or values.get("ro.hardware"),
        os=f"Android {release or 'of unknown version'}"
        + (f" (API {level})" if level else "")
        + (f", {build}" if build else ""),
        kernel=texts.get("/proc/sys/kernel/osrelease"),
        architecture=texts.get("/uname", "").strip() or "unknown",
        cores=parsers.cores(texts),
        memory_kb=parsers.memory_kb(texts),
        features=parsers.features(texts.get("/proc/cpuinfo", "")),
        unit=None if serial is None else unit_of(serial),
        fingerprint=values.get("ro.build.fingerprint"),
        abi=values.get("ro.product.cpu.abi"),
        page_kb=parsers.page_kb(texts),
        emulated="1" in (values.get("ro.kernel.qemu"), values.get("ro.boot.qemu"))
        or values.get("ro.hardware") in EMULATORS,
    )


def thermal_status(text: str) -> int | None:
    """Thermal status of the whole device, 0 (none) to 6 (shutdown); None before Android 10."""
    match = re.search(r"^\s*Thermal Status:\s*(\d)\s*$", text, re.MULTILINE)
    return int(match[1]) if match else None


def limits(text: str) -> dict[str, float]:
    """The lowest temperature, in °C, at which a sensor makes Android throttle, by the sensor's name.

    Thresholds are listed as ``[none, light, moderate, severe, critical, emergency, shutdown]``; NaN means no threshold.
    """
    found = {}
    for line in text.splitlines():
        name = re.search(r"\bm?name\s*[=:]\s*\"?([^,\"}]+)", line, re.IGNORECASE)
        hot = re.search(r"hotThrottlingThresholds\s*[=:]\s*\[([^\]]*)\]", line, re.IGNORECASE)
        if name and hot:
            values = [_float(word) for word in hot[1].split(",")[1:]]
            steps = [value for value in values if value is not None and value > 0]
            if steps:
                found[name[1].strip()] = min(steps)
    return found


def temperatures(text: str) -> tuple[Zone, ...]:
    """Current temperatures of the thermal HAL; those cached by the service, which may be old, only if the HAL reports none."""
    by_name = limits(text)
    for title in ("Current temperatures from HAL:", "Cached temperatures:"):
        _, _, rest = text.partition(title)
        found = []
        for line in rest.splitlines()[1:]:
            if not line.lstrip().startswith("Temperature{"):
                break
            parts = re.match(r"\s*Temperature\{mValue=([^,]+), mType=(-?\d+), mName=(.*), mStatus=\d+\}", line)
            if parts is None:
                continue
            celsius = _float(parts[1])
            if celsius is None or parts[2] in NO_TEMPERATURE or not parsers.plausible(celsius):
                continue
            found.append(Zone(name=parts[3], celsius=celsius, limit_celsius=by_name.get(parts[3])))
        if found:
            return tuple(found)
    return ()


def battery(text: str, power: str, setting: str) -> Battery | None:
    """The battery from ``dumpsys battery`` (without its event log), ``dumpsys power`` and the setting ``low_power``.

    Vendors append lines of their own, so the first line of a name counts. None if there is no battery or its values are not real.
    """
    state = text.partition("[EventLogBuffer]")[0]
    pairs = re.findall(r"^ +([A-Za-z][A-Za-z ]*): (\S+)\s*$", state, re.MULTILINE)
    values = dict(reversed(pairs))
    level, scale, tenths = (parsers.number(values.get(name)) for name in ("level", "scale", "temperature"))
    if level is None or FROZEN in state:
        return None
    status = values.get("status")
    return Battery(
        level=round(100 * level / scale) if scale else level,
        charging=None if status in (None, UNKNOWN) else status in (CHARGING, FULL),
        saver=saver(power, setting),
        celsius=None if tenths is None else tenths / 10,
    )


def saver(power: str, setting: str) -> bool | None:
    """Whether the battery saver is active, also if Android turned it on by itself.

    From the power service, else from the setting, which has no effect while the phone is charging.
    """
    now = re.search(r"Battery Saver is currently:\s*(ON|OFF|ADAPTIVE)", power, re.IGNORECASE)
    old = re.search(r"\bmLowPowerModeEnabled=(true|false)", power)
    if now:
        return now[1].upper() != "OFF"
    if old:
        return old[1] == "true"
    return setting.strip() == "1" if setting.strip() in ("0", "1") else None


def screen_on(power: str) -> bool | None:
    """Whether the display is on: the display's state, else whether the phone is awake."""
    display = re.search(r"Display Power: state=(\w+)", power)
    awake = re.search(r"\bm(?:Global)?Wakefulness(?:Raw)?=(\w+)", power)
    for match in (display, awake):
        word = match[1].lower() if match else ""
        if word in ON or word in OFF:
            return word in ON
    return None


def sensors(before: Texts, after: Texts) -> Sensors:
    """All sensor values, from two readings of ``linux.SENSORS`` and one of ``SENSORS``: sysfs if readable, else the services."""
    base = parsers.sensors(before, after)
    thermal, power = after.get("/dumpsys/thermalservice", ""), after.get("/dumpsys/power", "")
    known = {zone.name for zone in base.zones}
    more = tuple(zone for zone in temperatures(thermal) if zone.name not in known)
    setting = after.get("/settings/low_power", "")
    cell = battery(after.get("/dumpsys/battery", ""), power, setting) or base.battery
    if cell is not None and cell.saver is None:
        cell = cell.model_copy(update={"saver": saver(power, setting)})
    return base.model_copy(
        update={
            "zones": base.zones + more,
            "thermal_status": thermal_status(thermal),
            "battery": cell,
            "screen_on": screen_on(power),
        }
    )


def _float(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
