"""/proc and /sys of six machines, in the form that the kernel's documentation gives (Documentation/ABI, proc(5)) and that such devices
are known to print: a phone with three clusters, one of Qualcomm's with the zones of its vendor kernel, an older one whose zones speak
of whole and tenth degrees, a single-board computer, a laptop, a virtual machine."""

from collections.abc import Mapping
from pathlib import Path

CPU = "/sys/devices/system/cpu"
THERMAL = "/sys/class/thermal"

PHONE = {
    "/proc/cpuinfo": "\n\n".join(
        f"processor\t: {n}\nBogoMIPS\t: 49.15\nFeatures\t: fp asimd aes crc32 atomics fphp asimdhp asimddp\n"
        f"CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x1\nCPU part\t: {part}\nCPU revision\t: 0"
        for n, part in enumerate(["0xd05"] * 4 + ["0xd41"] * 2 + ["0xd44"] * 2)
    ),
    "/proc/meminfo": "MemTotal:        7739964 kB\nMemFree:          251256 kB",
    "/proc/sys/kernel/osrelease": "5.10.107-android13-4-00005-gf5f5c2e0ae79-ab9211137",
    **{f"{CPU}/cpu{n}/cpu_capacity": str(c) for n, c in enumerate([160] * 4 + [498] * 2 + [1024] * 2)},
    **{
        f"{CPU}/cpu{n}/cpufreq/cpuinfo_max_freq": str(k)
        for n, k in enumerate([1803000] * 4 + [2253000] * 2 + [2802000] * 2)
    },
    **{
        f"{CPU}/cpu{n}/cpufreq/scaling_max_freq": str(k)
        for n, k in enumerate([1803000] * 4 + [2253000] * 2 + [2252000] * 2)
    },
    **{f"{CPU}/cpu{n}/cpufreq/scaling_cur_freq": "738000" for n in range(8)},
    **{f"{CPU}/cpu{n}/cpufreq/scaling_governor": "sched_pixel" for n in range(8)},
    f"{THERMAL}/thermal_zone0/type": "BIG",
    f"{THERMAL}/thermal_zone0/temp": "61500",
    f"{THERMAL}/thermal_zone0/trip_point_0_type": "active",
    f"{THERMAL}/thermal_zone0/trip_point_0_temp": "40000",
    f"{THERMAL}/thermal_zone0/trip_point_1_type": "passive",
    f"{THERMAL}/thermal_zone0/trip_point_1_temp": "95000",
    f"{THERMAL}/thermal_zone0/trip_point_2_type": "hot",
    f"{THERMAL}/thermal_zone0/trip_point_2_temp": "115000",
    f"{THERMAL}/thermal_zone10/type": "quiet_therm",
    f"{THERMAL}/thermal_zone10/temp": "33172",
    f"{THERMAL}/thermal_zone2/type": "usb_pwr_therm",
    f"{THERMAL}/thermal_zone2/temp": "-274000",
    f"{THERMAL}/thermal_zone3/type": "soc",
    f"{THERMAL}/thermal_zone3/temp": "0",
    "/sys/class/power_supply/battery/type": "Battery",
    "/sys/class/power_supply/battery/status": "Discharging",
    "/sys/class/power_supply/battery/capacity": "83",
    "/sys/class/power_supply/battery/temp": "287",
    "/sys/class/power_supply/usb/type": "USB",
    "/proc/loadavg": "5.02 4.61 4.40 2/4719 27183",
    "/proc/stat": "cpu  233217 32517 217583 5062043 6521 54186 21543 0 0 0\ncpu0 41353 5034 48211 610303 1034 12311 4105 0 0 0",
}


def zones(*rows: tuple[str, str, str | None]) -> dict[str, str]:
    """Name, temperature and passive trip point of each."""
    found = {"/proc/cpuinfo": "processor\t: 0"}
    for n, (name, temp, trip) in enumerate(rows):
        found |= {f"{THERMAL}/thermal_zone{n}/type": name, f"{THERMAL}/thermal_zone{n}/temp": temp}
        if trip is not None:
            found |= {
                f"{THERMAL}/thermal_zone{n}/trip_point_0_type": "passive",
                f"{THERMAL}/thermal_zone{n}/trip_point_0_temp": trip,
            }
    return found


SNAPDRAGON = zones(
    ("cpu-1-3-usr", "39200", "125000"), ("cpu-1-3-step", "39200", "95000"), ("cpu-1-3-lowf", "39200", "5000"),
    ("gpuss-0-lowf", "38400", "5000"), ("lmh-dcvs-00", "75000", None), ("pm8150b-ibat-lvl0", "1250", "6000"),
    ("pm8150b-vbat-lvl0", "4012", "3000"), ("vbat_too_low", "4012", "2600"), ("ibat-high", "5400", "5000"), ("soc", "87", "10"),
    ("xo-therm-adc", "31042", None), ("battery", "29800", None),
)  # fmt: skip

MSM8953 = zones(
    ("bms", "25000", None), ("pa_therm1", "-40", None), ("tsens_tz_sensor5", "309", "950"), ("tsens_tz_sensor9", "322", "950"),
    ("xo_therm", "31", None), ("pm8953_tz", "32636", "105000"),
)  # fmt: skip

BOARD = {
    "/proc/cpuinfo": "\n\n".join(f"processor\t: {n}\nBogoMIPS\t: 108.00\nCPU part\t: 0xd08" for n in range(4))
    + "\n\nRevision\t: c03112\nSerial\t\t: 10000000abcdef01\nModel\t\t: Raspberry Pi 4 Model B Rev 1.2",
    "/proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.2",
    "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian',
    **{f"{CPU}/cpu{n}/cpufreq/cpuinfo_max_freq": "1800000" for n in range(4)},
    **{f"{CPU}/cpu{n}/cpufreq/scaling_max_freq": "1800000" for n in range(4)},
    **{f"{CPU}/cpu{n}/cpufreq/scaling_cur_freq": "600000" for n in range(4)},
    **{f"{CPU}/cpu{n}/cpufreq/scaling_governor": "ondemand" for n in range(4)},
    f"{THERMAL}/thermal_zone0/type": "cpu-thermal",
    f"{THERMAL}/thermal_zone0/temp": "47712",
    f"{THERMAL}/thermal_zone0/trip_point_0_type": "critical",
    f"{THERMAL}/thermal_zone0/trip_point_0_temp": "110000",
    "/proc/loadavg": "0.00 0.01 0.05 1/146 1234",
    "/proc/stat": "cpu  1000 0 500 98000 400 0 100 0 0 0",
}

LAPTOP = {
    "/proc/cpuinfo": "processor\t: 0\nmodel name\t: 12th Gen Intel(R) Core(TM) i7-1260P\nprocessor\t: 1\nmodel name\t: 12th Gen",
    "/sys/class/dmi/id/product_name": "21CBCTO1WW",
    f"{CPU}/cpu0/cpufreq/cpuinfo_max_freq": "4700000",
    f"{CPU}/cpu1/cpufreq/cpuinfo_max_freq": "3400000",
    f"{CPU}/cpu0/thermal_throttle/core_throttle_count": "12",
    f"{CPU}/cpu1/thermal_throttle/core_throttle_count": "3",
    f"{THERMAL}/thermal_zone0/type": "x86_pkg_temp",
    f"{THERMAL}/thermal_zone0/temp": "97000",
    "/sys/class/power_supply/AC/type": "Mains",
    "/sys/class/power_supply/A mouse/type": "Battery",
    "/sys/class/power_supply/A mouse/scope": "Device",
    "/sys/class/power_supply/A mouse/status": "Discharging",
    "/sys/class/power_supply/A mouse/capacity": "3",
    "/sys/class/power_supply/BAT0/type": "Battery",
    "/sys/class/power_supply/BAT0/status": "Full",
    "/sys/class/power_supply/BAT0/capacity": "100",
    "/sys/firmware/acpi/platform_profile": "low-power",
}

VIRTUAL = {
    "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Processor\n",
    "/proc/loadavg": "9.31 6.72 4.20 9/130 3797",
}


def write_files(texts: Mapping[str, str], root: Path) -> Path:
    """Such files below ``root``."""
    for path, text in texts.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_text(text + "\n")
    return root
