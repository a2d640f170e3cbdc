import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mobileseg.errors import UnknownNameError
from mobileseg.latency.devices.emulated import core_of
from mobileseg.latency.emulation.cores import CORES, LINE, EmulatedCore
from mobileseg.latency.emulation.emulator import QEMU

# <asm/hwcap.h> of Linux for arm64, in the order of the bits.
HWCAPS = (
    "fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "atomics", "fphp", "asimdhp", "cpuid", "asimdrdm", "jscvt",
    "fcma", "lrcpc", "dcpop", "sha3", "sm3", "sm4", "asimddp", "sha512", "sve",
)  # fmt: skip
PROBE = """
#include <stdio.h>
#include <sys/auxv.h>
int main(void) {
  unsigned long id;
  __asm__("mrs %0, midr_el1" : "=r"(id));
  printf("%lu %lu", id, getauxval(AT_HWCAP));
}
"""


@pytest.fixture(scope="module")
def probe(arm_kit: Path, cross: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static program that prints the core that it runs on."""
    program = tmp_path_factory.mktemp("probe") / "probe"
    cross("gcc", "-static", "-x", "c", "-o", program, "-", given=PROBE)
    return program


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_rows_match_the_emulator(core: EmulatedCore, probe: Path) -> None:
    output = subprocess.run([QEMU, "-cpu", core.name, probe], capture_output=True, text=True, check=True).stdout
    midr, capabilities = map(int, output.split())
    assert core.midr == midr
    assert core.features == tuple(name for bit, name in enumerate(HWCAPS) if capabilities >> bit & 1)


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_cpuinfo_has_linux_format(core: EmulatedCore) -> None:
    fields = dict(line.split("\t: ") for line in core.cpuinfo.splitlines() if line)
    assert fields["Features"].split() == list(core.features)
    rebuilt = int(fields["CPU implementer"], 16) << 24 | int(fields["CPU variant"], 16) << 20 | 0xF << 16
    assert rebuilt | int(fields["CPU part"], 16) << 4 | int(fields["CPU revision"]) == core.midr
    assert ("asimddp" in core.features) == (core.name in ("cortex-a76", "neoverse-n1"))


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_cache_sizes_are_valid(core: EmulatedCore) -> None:
    for cache in (core.l1, core.l2):
        sets = cache.size_bytes // (cache.ways * LINE)
        assert sets * cache.ways * LINE == cache.size_bytes and sets & (sets - 1) == 0
    assert core.l1.size_bytes < core.l2.size_bytes


@pytest.mark.parametrize("name", ["emulated:cortex-a7", "emulated:", "emulated", "max"])
def test_unknown_cores_are_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="cortex-a76"):
        core_of(name)
