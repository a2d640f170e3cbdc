"""Files and programs of an emulated phone: two Cortex-A76 of different clocks, as XNNPACK and the sensors want to see them."""

from pathlib import Path

from mobileseg.latency.arm.cores import CORES

CPU, THERMAL = "sys/devices/system/cpu", "sys/class/thermal"
KHZ, CAPACITY = (1_803_000, 2_802_000), (160, 1024)

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
AM = f"""case $1 in start) ;; *) exit 0;; esac
while [ $# -gt 0 ]; do
  case $1 in --es|--ei) eval "$2=\\$3"; shift 3;; *) shift;; esac
done
cd /{APP} || exit 1
printf '%s' "$protocol $threads $repeat $allow" >>/weather/started
if [ ! -f "$artifact" ] || [ ! -f "$artifact.json" ] || [ ! -f "$input" ]; then
  echo '{{"expected": "three files", "found": "less", "todo": "push them"}}' >"$result.error"
elif [ -s /weather/app.error ]; then cp /weather/app.error "$result.error"
else cp /weather/app.json "$result"; fi
echo "Status: ok"
"""
POWER = "  mWakefulness=Awake\nDisplay Power: state=ON\n  Battery Saver is currently: {saver}\n"


def lay_out(folder: Path) -> None:
    """/proc, /sys and the programs of Android below ``folder``; ``weather`` changes them."""
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
    properties = "".join(f"[{name}]: [{value}]\n" for name, value in GETPROP.items())
    _program(folder / "bin/getprop", f"cat <<'END'\n{properties}END\n")
    said = "\n".join(f"{name}) cat /weather/{name};;" for name in ("thermalservice", "battery", "power"))
    _program(folder / "bin/dumpsys", f"case $1 in\n{said}\nesac\n")
    _program(folder / "bin/settings", "cat /weather/low_power\n")
    _program(folder / "bin/pm", "cat /weather/packages\n")
    _program(folder / "bin/am", AM)
    app(folder)
    weather(folder)


def weather(folder: Path, milli: int = 41_000, status: int = 0, saver: bool = False) -> None:
    """How the phone is doing from now on."""
    _write(folder / THERMAL / "thermal_zone0/temp", f"{milli}\n")
    for n in range(2):
        _write(folder / CPU / f"cpu{n}/cpufreq/scaling_max_freq", f"{KHZ[n] if status == 0 else 1_000_000}\n")
    _write(folder / "weather/thermalservice", THERMALSERVICE.format(status=status))
    _write(folder / "weather/battery", BATTERY)
    _write(folder / "weather/power", POWER.format(saver="ON" if saver else "OFF"))
    _write(folder / "weather/low_power", f"{int(saver)}\n")


def app(folder: Path, installed: bool = False, result: str = "", error: str = "") -> None:
    """Whether the app is there, and what its stand-in, ``am start``, leaves behind."""
    _write(folder / "weather/packages", "package:org.mobileseg.demo\n" if installed else "")
    _write(folder / "weather/app.json", result)
    _write(folder / "weather/app.error", error)
    _write(folder / "weather/started", "")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)  # in place: what is mounted is this very file


def _program(path: Path, text: str) -> None:
    _write(path, f"#!/system/bin/sh\n{text}")
    path.chmod(0o755)
