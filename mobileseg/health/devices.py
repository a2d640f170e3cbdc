"""What measuring on phones and on emulated ARM cores takes. No device is touched, no server is started."""

from __future__ import annotations

import importlib.util

from mobileseg.health.check import Check


def adb() -> Check:
    """The Python side of adb, and what its server lists where it runs."""
    if importlib.util.find_spec("adbutils") is None:
        return Check("device", "adb", "missing", "adbutils is not installed", "pip install 'mobileseg[adb]'")
    from mobileseg.latency.devices.adb import find

    found = find()
    return Check("device", "adb", "ok", "; ".join(f"{line.name}: {line.detail}" for line in found))


def emulator() -> Check:
    """Debian's packages that emulated ARM cores are built from and run on."""
    from mobileseg.latency.runners import parts

    lacking = [part.package for part in parts.ALL if not part.present]
    if lacking:
        return Check(
            "device", "emulator", "missing", f"lacks {', '.join(lacking)}",
            f"in a mobileseg checkout: make {parts.MAKE}; or: apt-get install {' '.join(lacking)} (Debian 12)",
        )  # fmt: skip
    return Check("device", "emulator", "ok", f"{', '.join(part.package for part in parts.ALL)}")
