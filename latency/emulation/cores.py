"""The emulated ARM cores as data: what /proc/cpuinfo shows of each, and the cache sizes to model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LINE = 64
"""Bytes per cache line, the same on all cores."""


@dataclass(frozen=True)
class Cache:
    """A data cache. ``ways``: lines per set."""

    size_bytes: int
    ways: int

    @property
    def text(self) -> str:
        """``BYTES:WAYS:LINE``, the plugin's argument."""
        return f"{self.size_bytes}:{self.ways}:{LINE}"


@dataclass(frozen=True)
class EmulatedCore:
    """One core. ``name``: QEMU's name; ``midr``: main ID register of QEMU's model; ``features``: Linux's hardware capabilities.

    ``l1`` and ``l2``: data cache sizes that are common for this core. ``source``: the manual that lists the possible sizes;
    ``modelled_on``: the product with the chosen ones.
    """

    name: str
    title: str
    midr: int
    features: tuple[str, ...]
    l1: Cache
    l2: Cache
    source: str
    modelled_on: str

    @property
    def cpuinfo(self) -> str:
        """The text of ``/proc/cpuinfo`` on a machine with one such core."""
        fields = {
            "processor": "0",
            "BogoMIPS": "50.00",
            "Features": " ".join(self.features),
            "CPU implementer": f"0x{self.midr >> 24 & 0xFF:02x}",
            "CPU architecture": "8",
            "CPU variant": f"0x{self.midr >> 20 & 0xF:x}",
            "CPU part": f"0x{self.midr >> 4 & 0xFFF:03x}",
            "CPU revision": f"{self.midr & 0xF}",
        }
        return "".join(f"{name}\t: {value}\n" for name, value in fields.items()) + "\n"

    def files(self) -> dict[str, str]:
        """The files of /proc and /sys that the emulated program sees: text by path relative to the root."""
        cpu = "sys/devices/system/cpu"
        one = dict.fromkeys(("possible", "present", "online", "kernel_max"), "0\n")
        lists = (
            "core_cpus_list",
            "core_siblings_list",
            "cluster_cpus_list",
            "package_cpus_list",
            "thread_siblings_list",
        )
        topology = dict.fromkeys((*lists, "physical_package_id", "core_id", "cluster_id"), "0\n")
        return {
            "proc/cpuinfo": self.cpuinfo,
            **{f"{cpu}/{name}": text for name, text in one.items()},
            **{f"{cpu}/cpu0/topology/{name}": text for name, text in topology.items()},
            f"{cpu}/cpu0/regs/identification/midr_el1": f"0x{self.midr:016x}\n",
        }


ARMV8 = ("fp", "asimd", "aes", "pmull", "sha1", "sha2", "crc32", "cpuid")
ARMV82 = (
    "fp", "asimd", "aes", "pmull", "sha1", "sha2", "crc32", "atomics", "fphp", "asimdhp", "cpuid", "asimdrdm", "lrcpc", "dcpop",
    "asimddp",
)  # fmt: skip
KIB = 1024

# QEMU's "max" is left out: with SME its int8 results were wrong, and no phone has such a core.
CORES: Mapping[str, EmulatedCore] = {
    core.name: core
    for core in (
        EmulatedCore(
            "cortex-a53", "Armv8.0, in order: no float16, no dot product", 0x410FD034, ARMV8,
            Cache(32 * KIB, 4), Cache(512 * KIB, 16),
            "Arm DDI 0500 (Cortex-A53 TRM): L1D 8 to 64 KiB, 4 ways; L2 128 KiB to 2 MiB, 16 ways", "Raspberry Pi 3",
        ),
        EmulatedCore(
            "cortex-a72", "Armv8.0, out of order: no float16, no dot product", 0x410FD083, ARMV8,
            Cache(32 * KIB, 2), Cache(1024 * KIB, 16),
            "Arm 100095 (Cortex-A72 TRM): L1D 32 KiB, 2 ways; L2 512 KiB to 4 MiB, 16 ways", "Raspberry Pi 4",
        ),
        EmulatedCore(
            "cortex-a76", "Armv8.2: float16 and dot product", 0x414FD0B1, ARMV82,
            Cache(64 * KIB, 4), Cache(512 * KIB, 8),
            "Arm 100798 (Cortex-A76 TRM): L1D 64 KiB, 4 ways; L2 128 to 512 KiB, 8 ways", "Raspberry Pi 5",
        ),
        EmulatedCore(
            "neoverse-n1", "Armv8.2 in servers: float16 and dot product", 0x414FD0C1, ARMV82,
            Cache(64 * KIB, 4), Cache(1024 * KIB, 8),
            "Arm 100616 (Neoverse N1 TRM): L1D 64 KiB, 4 ways; L2 256 KiB to 1 MiB, 8 ways", "AWS Graviton2",
        ),
    )
}  # fmt: skip
