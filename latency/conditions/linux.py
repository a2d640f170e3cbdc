"""The files of /proc and /sys that describe a Linux system, and how to read them all at once, here or through a shell.

The result maps each path to its text; ``parsers.py`` interprets it. Over adb and ssh, ``script`` makes the command and
``parse_listing`` reads its output.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

Texts = Mapping[str, str]

_CPU = "/sys/devices/system/cpu/cpu[0-9]*"
PROPERTIES = (
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/kernel/osrelease",
    "/proc/device-tree/model",
    "/sys/class/dmi/id/product_name",
    "/etc/os-release",
    "/etc/machine-id",
    "/proc/device-tree/serial-number",
    "/sys/devices/system/cpu/present",
    f"{_CPU}/cpu_capacity",
    f"{_CPU}/cpufreq/cpuinfo_max_freq",
)
SENSORS = (
    "/proc/loadavg",
    "/proc/stat",
    f"{_CPU}/cpufreq/cpuinfo_max_freq",
    f"{_CPU}/cpufreq/scaling_max_freq",
    f"{_CPU}/cpufreq/scaling_cur_freq",
    f"{_CPU}/cpufreq/scaling_governor",
    f"{_CPU}/thermal_throttle/core_throttle_count",
    "/sys/class/thermal/thermal_zone*/type",
    "/sys/class/thermal/thermal_zone*/temp",
    "/sys/class/thermal/thermal_zone*/trip_point_*_type",
    "/sys/class/thermal/thermal_zone*/trip_point_*_temp",
    "/sys/class/power_supply/*/type",
    "/sys/class/power_supply/*/scope",
    "/sys/class/power_supply/*/status",
    "/sys/class/power_supply/*/capacity",
    "/sys/class/power_supply/*/temp",
    "/sys/firmware/acpi/platform_profile",
    "/sys/class/hwmon/hwmon*/name",
    "/sys/class/hwmon/hwmon*/in0_lcrit_alarm",
)
MARK = "=== "


def read_here(patterns: Iterable[str], root: Path = Path("/")) -> dict[str, str]:
    """Path to text of all readable files below ``root`` that match one of the glob ``patterns``; unreadable files are left out."""
    found = {}
    for pattern in patterns:
        for name in sorted(glob.glob(str(root) + pattern if root != Path("/") else pattern)):
            path = name.removeprefix(str(root)) if root != Path("/") else name
            try:
                found[path] = Path(name).read_bytes().decode(errors="replace").strip("\0\n ")
            except OSError:
                continue
    return found


def script(patterns: Iterable[str], commands: Mapping[str, str] = MappingProxyType({})) -> str:
    """A POSIX shell script that prints the files matching ``patterns``, and the output of ``commands`` (by name) as if it were a file's,
    for ``parse_listing``."""
    files = f'for f in {" ".join(patterns)}; do [ -r "$f" ] && echo "{MARK}$f" && cat "$f" 2>/dev/null && echo; done'
    asked = [f'echo "{MARK}{name}"; {command} 2>/dev/null; echo' for name, command in commands.items()]
    return "\n".join([files, *asked, "true"])


def numbers_script(patterns: Iterable[str]) -> str:
    """The same for files of one line each, by one process for all of them, so that reading is little load; for ``parse_numbers``."""
    return f"grep -s '' {' '.join(patterns)} /dev/null; true"


def parse_numbers(text: str) -> dict[str, str]:
    """Path to text from the output of ``numbers_script``."""
    pairs = (line.partition(":") for line in text.splitlines() if line.startswith("/"))
    found: dict[str, str] = {}
    for path, _, rest in pairs:
        found[path] = f"{found[path]}\n{rest}" if path in found else rest
    return {path: text.strip("\0\n ") for path, text in found.items()}


def parse_listing(text: str) -> dict[str, str]:
    """Path to text from the output of ``script``."""
    found: dict[str, str] = {}
    path: str | None = None
    lines: list[str] = []
    for line in [*text.splitlines(), f"{MARK}/"]:
        if line.startswith(f"{MARK}/"):
            if path is not None:
                found[path] = "\n".join(lines).strip("\0\n ")
            path, lines = line.removeprefix(MARK), []
        else:
            lines.append(line)
    return found
