"""Files and programs of an emulated phone: two Cortex-A76 with different clocks, as XNNPACK and the sensors read them."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from mobileseg.latency.emulation.cores import CORES

CPU, THERMAL = "sys/devices/system/cpu", "sys/class/thermal"
KHZ, CAPACITY = (1_803_000, 2_802_000), (160, 1024)
UNIT = "0123456789EMULATED"

GETPROP = {
    "ro.product.manufacturer": "Debian",
    "ro.product.model": "Emulated phone",
    "ro.product.cpu.abi": "arm64-v8a",
    "ro.board.platform": "qemu",
    "ro.soc.manufacturer": "QEMU",
    "ro.soc.model": "two cortex-a76",
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
    "ro.build.id": "TEST.1",
    "ro.build.fingerprint": "debian/emulated:14",
    "ro.serialno": UNIT,
}
THERMALSERVICE = """IsStatusOverride: false
Thermal Status: {status}
HAL Ready: true
HAL connection:
\tThermalHAL AIDL 1  connected: yes
Current temperatures from HAL:
\tTemperature{{mValue=31.5, mType=3, mName=VIRTUAL-SKIN, mStatus={status}}}
Current cooling devices from HAL:
Temperature static thresholds from HAL:
\tTemperatureThreshold{{mType=3, mName=VIRTUAL-SKIN, mHotThrottlingThresholds=[NaN, 39.0, 43.0, 45.0, 46.5, 52.0, 55.0]}}
"""
BATTERY = (
    "Current Battery Service state:\n  USB powered: true\n  status: 2\n  level: 87\n  scale: 100\n  temperature: 298\n"
)
APP = "sdcard/Android/data/org.mobileseg.demo/files/benchmark"
# Stands in for `am start`: the test's next events, or the last ones again, and outputs where they are asked for.
AM = f"""case $1 in start) ;; *) exit 0;; esac
while [ $# -gt 0 ]; do
  case $1 in --es|--ei|--ez) eval "$2=\\$3"; shift 3;; *) shift;; esac
done
mkdir -p /{APP} && cd /{APP} || exit 1
echo "Status: ok"
[ -n "$artifact" ] || exit 0
echo "$artifact $threads $protocol" >>/weather/started
for f in $(echo "$artifact,$input" | tr , ' ') $(echo "$artifact," | sed 's/,/.json /g'); do
  [ -f "$f" ] || {{ echo "Error: no $f"; exit 1; }}
done
n=$(wc -l </weather/started)
[ -f /weather/answers/$n ] || n=last
if [ -n "$output" ]; then mkdir -p "$output" && cp /weather/outputs "$output/0.0.bin"; fi
cp /weather/answers/$n "$events"
"""
POWER = "  mWakefulness=Awake\nDisplay Power: state=ON\n  Battery Saver is currently: {saver}\n"


def write_files(folder: Path, unit: str = UNIT) -> None:
    """Write /proc, /sys and Android's programs below ``folder``; ``weather`` changes their contents. ``unit``: the serial number."""
    core = CORES["cortex-a76"]
    files = {f"{CPU}/{name}": "0-1\n" for name in ("possible", "present", "online")}
    files["proc/cpuinfo"] = core.cpuinfo + core.cpuinfo.replace("processor\t: 0", "processor\t: 1")
    for n in range(2):
        for path, text in core.files().items():
            if f"{CPU}/cpu0/" in path:
                files[path.replace("cpu0", f"cpu{n}")] = text.replace("0\n", f"{n}\n") if "core_id" in path else text
        clock = {"cpuinfo_max_freq": KHZ[n], "scaling_cur_freq": 300_000}
        files |= {f"{CPU}/cpu{n}/cpufreq/{name}": f"{khz}\n" for name, khz in clock.items()}
        files |= {
            f"{CPU}/cpu{n}/cpufreq/scaling_governor": "sched_pixel\n",
            f"{CPU}/cpu{n}/cpu_capacity": f"{CAPACITY[n]}\n",
        }
    files |= {f"{THERMAL}/thermal_zone0/type": "BIG\n", f"{THERMAL}/thermal_zone0/trip_point_0_type": "passive\n"}
    files |= {f"{THERMAL}/thermal_zone0/trip_point_0_temp": "95000\n"}
    for path, text in files.items():
        _write(folder / path, text)
    properties = "".join(f"[{name}]: [{value}]\n" for name, value in (GETPROP | {"ro.serialno": unit}).items())
    _program(folder / "bin/getprop", f"cat <<'END'\n{properties}END\n")
    cases = "\n".join(f"{name}) cat /weather/{name};;" for name in ("thermalservice", "battery", "power"))
    _program(folder / "bin/dumpsys", f"case $1 in\n{cases}\nesac\n")
    _program(
        folder / "bin/settings", "case $1 in get) cat /weather/low_power;; *) echo settings $* >>/weather/said;; esac\n"
    )
    for name in ("input", "svc", "wm"):
        _program(folder / f"bin/{name}", f"echo {name} $* >>/weather/said\n")
    _program(folder / "bin/pm", "cat /weather/packages\n")
    _program(folder / "bin/am", AM)
    app(folder)
    weather(folder)


def weather(folder: Path, milli: int = 41_000, status: int = 0, saver: bool = False) -> None:
    """Set the state of the phone: temperatures, throttling, power saving."""
    _write(folder / THERMAL / "thermal_zone0/temp", f"{milli}\n")
    for n in range(2):
        _write(folder / CPU / f"cpu{n}/cpufreq/scaling_max_freq", f"{KHZ[n] if status == 0 else 1_000_000}\n")
    _write(folder / "weather/thermalservice", THERMALSERVICE.format(status=status))
    _write(folder / "weather/battery", BATTERY)
    _write(folder / "weather/power", POWER.format(saver="ON" if saver else "OFF"))
    _write(folder / "weather/low_power", f"{int(saver)}\n")


def app(folder: Path, installed: bool = False, answers: Sequence[str] = ("",), outputs: bytes = b"") -> None:
    """Whether the app is installed, and the events that its stand-in writes after each ``am start``."""
    _write(folder / "weather/packages", "package:org.mobileseg.demo\n" if installed else "")
    shutil.rmtree(folder / "weather/answers", ignore_errors=True)
    for number, answer in [*enumerate(answers, 1), ("last", answers[-1])]:
        _write(folder / f"weather/answers/{number}", answer)
    (folder / "weather/outputs").write_bytes(outputs)
    _write(folder / "weather/started", "")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)  # in place: this very file is mounted


def _program(path: Path, text: str) -> None:
    _write(path, f"#!/system/bin/sh\n{text}")
    path.chmod(0o755)
