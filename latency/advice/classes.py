"""Kinds of phone processors, as data: what arithmetic their cores have, and the emulated core that stands for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class DeviceClass:
    """``core``: a name in ``mobileseg.latency.emulation.cores.CORES``, None where QEMU has no such core. ``examples``: cores of the kind,
    as Arm's manuals describe them."""

    name: str
    title: str
    examples: str
    core: str | None


CLASSES: Mapping[str, DeviceClass] = {
    each.name: each
    for each in (
        DeviceClass(
            "armv8.0", "no float16 arithmetic, no dot product", "Cortex-A53, A57, A72, A73: phones up to 2017, and cheap ones since",
            "cortex-a53",
        ),
        DeviceClass(
            "float16", "float16 arithmetic, no dot product", "the first Cortex-A55 and A75: the dot product is an option there", None
        ),
        DeviceClass(
            "float16+dot", "float16 arithmetic and dot product", "Cortex-A76 and newer, most A55: phones since 2019", "cortex-a76"
        ),
    )
}  # fmt: skip
