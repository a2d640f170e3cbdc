"""Parse the texts of /proc and /sys into ``Properties`` and ``Sensors``. Pure functions; missing or malformed values are None."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobileseg.latency.conditions.linux import Texts
from mobileseg.latency.conditions.sensors import Battery, Clock, Core, Sensors, Zone

SLOWING = ("passive", "hot", "critical")  # types of trip points at which the kernel reacts to heat
UNKNOWN_LIMIT = 95.0  # where chips without a trip point of their own usually throttle
PLAUSIBLE_CELSIUS = (-40.0, 150.0)  # zones without a sensor say 0, -274000 or 2**31
FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimdhp", "asimddp", "i8mm", "sve")
"""Instruction sets that XNNPACK and ONNX Runtime have kernels of their own for: int8 with and without dot products differs severalfold."""
LEAST_MILLI = 1000  # some zones of older Qualcomm kernels report degrees or tenths instead of thousandths: unknown unit
NO_HEAT = re.compile(r"-lowf$|^lmh-dcvs|(?:^|[-_])(?:[iv]bat|vdroop\d*|batoilo|ocp|smpl|uvlo\d*)(?:$|[-_])|^PMIC-Die$")
"""Zones of Qualcomm and Google that are not temperatures: ``*-lowf`` protects against cold, ``lmh-dcvs-*`` is a constant limit, the
others are battery currents and voltages. NVIDIA's ``PMIC-Die`` has no sensor, and says 100 °C at all times."""


def number(text: str | None) -> int | None:
    """``text`` as an integer, or None."""
    return int(text) if text is not None and re.fullmatch(r"[+-]?\d+", text.strip()) else None


def _cpu_files(texts: Texts, name: str) -> dict[int, str]:
    pattern = re.compile(rf"/sys/devices/system/cpu/cpu(\d+)/{re.escape(name)}")
    return {int(match[1]): text for path, text in texts.items() if (match := pattern.fullmatch(path))}


def core_numbers(cpuinfo: str) -> tuple[int, ...]:
    """Numbers of the cores that are online."""
    return tuple(int(n) for n in re.findall(r"^processor\s*:\s*(\d+)", cpuinfo, re.MULTILINE))


def processor_name(cpuinfo: str) -> str | None:
    """``model name`` (x86), ``Hardware`` or ``Model`` (32-bit ARM), or None; arm64 kernels have none of them."""
    for label in ("model name", "Hardware", "Model"):
        if match := re.search(rf"^{label}\s*:\s*(\S.*)$", cpuinfo, re.MULTILINE):
            return match[1].strip()
    return None


def features(cpuinfo: str) -> tuple[str, ...]:
    """Those of ``FEATURES`` that every core has: ``flags`` (x86), ``Features`` (ARM)."""
    there = [set(words.split()) for words in re.findall(r"^(?:flags|Features)\s*:\s*(.*)$", cpuinfo, re.MULTILINE)]
    return tuple(name for name in FEATURES if there and all(name in words for words in there))


def number_list(text: str | None) -> tuple[int, ...]:
    """The kernel's lists of numbers: ``0-3,8`` is 0, 1, 2, 3, 8; nothing for anything else."""
    found: set[int] = set()
    for part in (text or "").strip().split(","):
        match = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part.strip())
        if match is None:
            return ()
        found |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(sorted(found))


def parts(cpuinfo: str) -> dict[int, str]:
    """Implementer and part of each ARM core that is online, such as ``0x41:0xd05``."""
    found = {}
    for block in re.split(r"\n\s*\n", cpuinfo):
        here, maker, part = (
            re.search(rf"^{label}\s*:\s*(\w+)", block, re.MULTILINE)
            for label in ("processor", "CPU implementer", "CPU part")
        )
        if here and here[1].isdigit() and maker and part:
            found[int(here[1])] = f"{maker[1]}:{part[1]}"
    return found


def cores(texts: Texts) -> tuple[Core, ...]:
    """Every core, those that are unplugged among them, with its capacity and its highest clock."""
    capacity, most = _cpu_files(texts, "cpu_capacity"), _cpu_files(texts, "cpufreq/cpuinfo_max_freq")
    cpuinfo = texts.get("/proc/cpuinfo", "")
    online, known = core_numbers(cpuinfo), parts(cpuinfo)
    return tuple(
        Core(
            number=n,
            max_khz=number(most.get(n)),
            capacity=number(capacity.get(n)),
            part=known.get(n),
            online=n in online,
        )
        for n in sorted({*online, *number_list(texts.get("/sys/devices/system/cpu/present"))} if online else ())
    )


def serial(texts: Texts) -> str | None:
    """What names this machine among all others: a board's serial number, else the system's machine-id."""
    return texts.get("/proc/device-tree/serial-number") or texts.get("/etc/machine-id") or None


def page_kb(texts: Texts) -> int | None:
    """Size of a memory page in KiB, from the output of ``getconf PAGESIZE`` under the name ``/pagesize``."""
    found = number(texts.get("/pagesize"))
    return found // 1024 if found else None


def memory_kb(texts: Texts) -> int | None:
    """Total memory in KiB."""
    match = re.search(r"^MemTotal:\s*(\d+) kB", texts.get("/proc/meminfo", ""), re.MULTILINE)
    return int(match[1]) if match else None


def os_name(texts: Texts) -> str | None:
    """``PRETTY_NAME`` of os-release(5)."""
    match = re.search(r'^PRETTY_NAME="?([^"\n]*)"?', texts.get("/etc/os-release", ""), re.MULTILINE)
    return match[1] if match else None


def plausible(celsius: float) -> bool:
    """Whether a sensor measured it: missing sensors report 0 or an impossible value."""
    return celsius != 0 and PLAUSIBLE_CELSIUS[0] <= celsius <= PLAUSIBLE_CELSIUS[1]


def zones(texts: Texts) -> tuple[Zone, ...]:
    """Thermal zones with a plausible temperature, and the lowest trip point at which the kernel throttles."""
    found = []
    for folder in _folders(texts, r"/sys/class/thermal/thermal_zone\d+"):
        milli, name = number(texts.get(f"{folder}/temp")), texts.get(f"{folder}/type", folder.rsplit("/", 1)[1])
        if milli is None or abs(milli) < LEAST_MILLI or not plausible(milli / 1e3) or NO_HEAT.search(name):
            continue
        limits = [
            limit / 1e3
            for path, kind in texts.items()
            if path.startswith(f"{folder}/trip_point_")
            and path.endswith("_type")
            and kind in SLOWING
            and (limit := number(texts.get(f"{path.removesuffix('type')}temp"))) is not None
            and limit > 0
        ]
        found.append(Zone(name=name, celsius=milli / 1e3, limit_celsius=min(limits, default=None)))
    return tuple(found)


def clocks(texts: Texts) -> tuple[Clock, ...]:
    """cpufreq values of every core that has them."""
    now, cap, most, governor = (
        _cpu_files(texts, f"cpufreq/{name}")
        for name in ("scaling_cur_freq", "scaling_max_freq", "cpuinfo_max_freq", "scaling_governor")
    )
    return tuple(
        Clock(
            core=n,
            khz=number(now.get(n)),
            cap_khz=number(cap.get(n)),
            max_khz=number(most.get(n)),
            governor=governor.get(n),
        )
        for n in sorted({*now, *cap, *most, *governor})
    )


def throttle_count(texts: Texts) -> int | None:
    """Number of thermal throttling events since boot, summed over all cores (Intel's ``core_throttle_count``)."""
    counts = [
        n
        for text in _cpu_files(texts, "thermal_throttle/core_throttle_count").values()
        if (n := number(text)) is not None
    ]
    return sum(counts) if counts else None


def undervoltage(texts: Texts) -> bool | None:
    """Whether a Raspberry Pi's supply is too weak: the alarm of the kernel's ``rpi_volt``, which asks the firmware what ``vcgencmd
    get_throttled`` shows. None on other boards."""
    for folder in _folders(texts, r"/sys/class/hwmon/hwmon\d+"):
        if texts.get(f"{folder}/name") == "rpi_volt":
            alarm = number(texts.get(f"{folder}/in0_lcrit_alarm"))
            return None if alarm is None else alarm != 0
    return None


def load(texts: Texts) -> float | None:
    """Load average of the last minute."""
    match = re.match(r"\d+(?:\.\d+)?", texts.get("/proc/loadavg", ""))
    return float(match[0]) if match else None


def cpu_times(texts: Texts) -> tuple[int, int] | None:
    """``(busy, total)`` ticks of all cores since boot, from /proc/stat; iowait counts as idle."""
    match = re.match(r"cpu +(\d+(?: \d+){6,})", texts.get("/proc/stat", ""))
    if match is None:
        return None
    ticks = [int(n) for n in match[1].split()[:8]]  # guest time is already part of user time
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def busy(before: Texts, after: Texts) -> float | None:
    """Share of the time of all cores between two readings that was not idle, 0..1."""
    first, second = cpu_times(before), cpu_times(after)
    if first is None or second is None or second[1] <= first[1]:
        return None
    return min(1.0, max(0.0, (second[0] - first[0]) / (second[1] - first[1])))


def battery(texts: Texts) -> Battery | None:
    """The first power supply that is a battery of the device itself, not of a mouse or pen."""
    for folder in _folders(texts, r"/sys/class/power_supply/[^/]+"):
        if texts.get(f"{folder}/type") == "Battery" and texts.get(f"{folder}/scope") != "Device":
            status, tenths = texts.get(f"{folder}/status"), number(texts.get(f"{folder}/temp"))
            return Battery(
                level=number(texts.get(f"{folder}/capacity")),
                charging=None if status in (None, "Unknown") else status in ("Charging", "Full"),
                saver=None,
                celsius=None if tenths is None else tenths / 10,
            )
    return None


def sensors(before: Texts, after: Texts) -> Sensors:
    """All sensor values, from two readings of ``linux.SENSORS`` some time apart; ``busy`` is of the time between them."""
    profile = after.get("/sys/firmware/acpi/platform_profile")
    return Sensors(
        zones=zones(after),
        clocks=clocks(after),
        battery=battery(after),
        power_saver=None if profile is None else profile == "low-power",
        load=load(after),
        busy=busy(before, after),
        throttle_count=throttle_count(after),
        undervoltage=undervoltage(after),
    )


def _folders(texts: Texts, pattern: str) -> Iterator[str]:
    """Folders matching ``pattern`` that hold one of the files, in natural order."""
    found = {match[0] for path in texts if (match := re.match(rf"{pattern}(?=/)", path))}
    yield from sorted(found, key=lambda path: [int(n) if n.isdigit() else n for n in re.split(r"(\d+)", path)])
