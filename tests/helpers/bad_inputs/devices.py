"""Devices that there are not, or that do not take what they are given."""

from __future__ import annotations

from bad_inputs.artifacts import exported
from bad_inputs.case import Case, empty_folder, nothing

HERE = ("latency", "a.onnx")


def device(name: str, text: str, *words: str, code: int = 2, more: tuple[str, ...] = ()) -> Case:
    return Case(f"device: {name}", (*HERE, "--device", text, *more), words, exported(), code)


def option(name: str, *more: str, words: tuple[str, ...], code: int = 2) -> Case:
    return Case(f"latency: {name}", (*HERE, *more), words, exported(), code)


CASES = (
    device("misspelt", "hots", "did you mean host"),
    device("nothing", "", "a device"),
    device("host with an argument", "host:x", "host without an argument"),
    device("host with a colon", "host:", "a device such as host"),
    device("ssh alone", "ssh", "a device such as ssh:HOST"),
    device("ssh to nobody", "ssh:", "a device such as ssh:HOST"),
    device("ssh with an option", "ssh:-oProxyCommand=touch", "USER@HOST:PORT"),
    device("ssh with a space", "ssh:a b", "USER@HOST:PORT"),
    device("ssh to port 0", "ssh:a:0", "USER@HOST:PORT"),
    device("ssh to port 99999", "ssh:a:99999", "USER@HOST:PORT"),
    device("ssh where nobody listens", "ssh:nobody@127.0.0.1:9", "ssh", code=3),
    Case(
        "device: adb without a port", (*HERE, "--device", "adb"), ("ANDROID_ADB_SERVER_PORT",), exported(), 3, needs="adbutils",
        setting=(("ANDROID_ADB_SERVER_PORT", "no port"),),
    ),
    device("adb with a colon", "adb:", "a device such as adb:SERIAL"),
    device("no core", "emulated", "a device such as emulated:CORE"),
    device("an unknown core", "emulated:cortex-x99", "a core to emulate"),
    device("a core with threads", "emulated:cortex-a76", "remove them", more=("--threads", "2")),
    device("a core with a protocol", "emulated:cortex-a76", "remove them", more=("--protocol", "strict")),
    device("a core and .onnx", "emulated:cortex-a76", "a .pte for an emulated core"),
    Case("latency: nothing", ("latency",), ("at least one artifact",)),
    Case("latency: no such file", ("latency", "none.pte"), ("none.pte",), nothing),
    Case("latency: a folder", ("latency", "a.pte"), ("a.pte.json",), empty_folder("a.pte")),
    Case("latency: a model's name", ("latency", "seaformer-tiny"), ("seaformer-tiny",)),
    Case("latency: Core ML here", ("latency", "a.mlpackage"), ("a.mlpackage",), exported(b"x", "a.mlpackage", "coreml"), 3),
    option("an unknown protocol", "--protocol", "fast", words=("quick",)),
    option("no threads", "--threads", "0", words=("--threads",)),
    option("threads in words", "--threads", "many", words=("big",)),
    option("too many threads", "--threads", "1,9999", words=("256",)),
    option("threads of nothing", "--threads", "1,,2", words=("--threads",)),
    option("cores in words", "--cores", "fast", words=("core numbers",)),
    option("cores that are not there", "--cores", "4000", words=("cores among",)),
    option("big cores of threads and others", "--threads", "big", "--cores", "0", words=("--cores",)),
    option("an odd permission", "--allow", "cold", words=("hot",)),
    option("a profile nowhere", "--profile", "none", words=("mkdir -p none",)),
    option("odd units", "--compute-units", "GPU", words=("CPU_AND_GPU",)),
    option("an alias of two words", "--alias", "my phone", words=("--alias lab-pixel-2",)),
    option("in an app, bound", "--in-app", "--device", "adb", "--cores", "big", words=("--in-app",)),
    option("JSON nowhere", "--json", "none/l.json", words=("mkdir -p none",)),
    option("JSON in a folder that cannot be written", "--json", "/proc/l.json", words=("/proc",)),
)  # fmt: skip
