"""Devices as data: what can be measured on. Another device is one file and one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class DeviceSpec:
    """``open``: dotted path of ``f() -> Device``."""

    name: str
    title: str
    open: str


DEVICES: Mapping[str, DeviceSpec] = {
    "host": DeviceSpec(
        "host", "this machine, in this process, in the file's own runtime", "mobileseg.latency.host:Host"
    )
}
