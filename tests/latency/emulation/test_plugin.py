"""The functions of the plugin, called through ctypes; QEMU is not needed."""

import ctypes
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.latency.emulation.counts import CLASSES

LINE = 64
ASSEMBLY = {
    "dot": ["sdot v0.4s, v1.16b, v2.16b", "udot v3.2s, v4.8b, v5.4b[1]", "sdot v0.4s, v1.16b, v2.4b[3]", "usdot v0.4s, v1.16b, v2.16b",
            "sudot v0.4s, v1.16b, v2.4b[0]", "usdot v0.4s, v1.16b, v31.4b[2]"],
    "matrix": ["smmla v0.4s, v1.16b, v2.16b", "ummla v0.4s, v1.16b, v2.16b", "usmmla v0.4s, v1.16b, v2.16b"],
    "fused": ["fmla v0.4s, v1.4s, v2.4s", "fmls v0.4s, v1.4s, v2.4s", "fmla v31.4s, v30.4s, v29.s[3]", "fmls v0.2d, v1.2d, v2.d[1]",
              "fmla v0.8h, v1.8h, v2.8h", "fmls v0.4h, v1.4h, v2.4h", "fmla v0.8h, v1.8h, v2.h[7]", "fmla v0.2s, v1.2s, v2.s[0]"],
    "widening": ["smull v0.8h, v1.8b, v2.8b", "smlal v0.4s, v1.4h, v2.h[3]", "smlal2 v0.4s, v1.8h, v2.h[7]", "umlal v0.8h, v1.8b, v2.8b",
                 "smlsl v0.2d, v1.2s, v2.2s", "umull2 v0.4s, v1.8h, v2.8h", "smull v0.4s, v1.4h, v2.h[0]", "umlsl v0.4s, v1.4h, v2.h[1]"],
    "simd": ["add v0.4s, v1.4s, v2.4s", "fadd v0.4s, v1.4s, v2.4s", "fmul v0.4s, v1.4s, v2.s[1]", "mul v0.4s, v1.4s, v2.4s",
             "mla v0.8h, v1.8h, v2.h[1]", "sadalp v0.4s, v1.8h", "sqrdmulh v0.4s, v1.4s, v2.4s", "tbl v0.16b, {v1.16b}, v2.16b",
             "zip1 v0.4s, v1.4s, v2.4s", "dup v0.4s, w1", "movi v0.4s, #1", "ext v0.16b, v1.16b, v2.16b, #4", "fmax v0.4s, v1.4s, v2.4s",
             "scvtf v0.4s, v1.4s", "sqxtn v0.4h, v1.4s", "saddl v0.8h, v1.8b, v2.8b", "ssubl v0.8h, v1.8b, v2.8b", "umov w0, v1.s[1]",
             "aese v0.16b, v1.16b", "srshl v0.4s, v1.4s, v2.4s", "addv s0, v1.4s", "pmull v0.8h, v1.8b, v2.8b",
             "sqdmlal v0.4s, v1.4h, v2.4h", "sabal v0.8h, v1.8b, v2.8b", "fcmla v0.4s, v1.4s, v2.4s, #90", "fmulx v0.4s, v1.4s, v2.4s",
             "fmlal v0.4s, v1.4h, v2.4h"],
    "scalar_float": ["fadd s0, s1, s2", "fmadd s0, s1, s2, s3", "fcmp s0, s1", "fcvtzs w0, s1", "fmov w0, s1", "fmla s0, s1, v2.s[1]",
                     "add d0, d1, d2", "fcsel s0, s1, s2, eq", "fmov s0, #1.0", "ucvtf s0, s1"],
    "vector_load": ["ldr q0, [x0]", "ldp q0, q1, [x0], #32", "ld1 {v0.16b}, [x0]", "ld1r {v0.4s}, [x0]", "ldr s0, [x0, x1]",
                    "ldur d0, [x0, #-8]", "ld1 {v0.16b-v3.16b}, [x0], #64", "ld2 {v0.4s, v1.4s}, [x0]", "ldr b0, [x0], #1",
                    "ldnp q0, q1, [x0]", "ldr q0, .", "ld1 {v0.s}[2], [x0]", "ldr s0, ."],
    "vector_store": ["str q0, [x0]", "stp q0, q1, [x0, #32]", "st1 {v0.16b}, [x0]", "str h0, [x0], #2", "stur q0, [x0, #-16]",
                     "st1 {v0.s}[1], [x0], #4", "str q0, [x0, x1]"],
    "load": ["ldr x0, [x1]", "ldrb w0, [x1, #1]", "ldrsw x0, [x1]", "ldrsh w0, [x1]", "ldp x0, x1, [sp], #16", "ldr w0, .", "ldxr x0, [x1]",
             "ldar x0, [x1]", "ldadd x0, x1, [x2]", "swp w0, w1, [x2]", "ldr x0, [x1, x2, lsl #3]", "ldur x0, [x1, #-8]",
             "ldpsw x0, x1, [x2]",
             "ldapr x0, [x1]", "ldapur x0, [x1, #8]", "ldrsb x0, [x1, #-1]!", "ldrsw x0, ."],
    "store": ["str x0, [x1]", "strb w0, [x1], #1", "stp x0, x1, [sp, #-16]!", "stxr w0, x1, [x2]", "stlr x0, [x1]", "sturh w0, [x1, #-2]",
              "stlur x0, [x1, #8]", "str w0, [x1, w2, uxtw #2]", "strh w0, [x1, #2]!"],
    "branch": ["b .", "bl .", "br x0", "blr x0", "ret", "cbz x0, .", "tbnz x0, #3, .", "b.eq .", "svc #0", "nop", "dmb ish",
               "mrs x0, fpcr"],
    "integer": ["add x0, x1, #1", "madd x0, x1, x2, x3", "lsl x0, x1, x2", "cmp x0, x1", "csel x0, x1, x2, eq", "movz x0, #1", "adrp x0, .",
                "sub sp, sp, #16", "udiv x0, x1, x2", "ubfx x0, x1, #3, #4", "prfm pldl1keep, [x0]", "prfm pldl1keep, [x0, x1]",
                "prfum pldl1keep, [x0, #-8]", "prfm pldl1keep, .", "ccmp x0, x1, #0, eq", "rbit x0, x1"],
}  # fmt: skip


@pytest.fixture(scope="module")
def library(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """QEMU's own functions stay undefined: these tests do not call them."""
    return ctypes.CDLL(str(plugin), mode=ctypes.RTLD_LOCAL | 1)  # 1: RTLD_LAZY


def names(library: ctypes.CDLL) -> list[str]:
    found = (ctypes.c_char_p * len(CLASSES)).in_dll(library, "class_names")
    return [name.decode() for name in found]


def test_plugin_and_python_have_the_same_classes(library: ctypes.CDLL) -> None:
    assert names(library) == list(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_instructions_are_classified(
    name: str, library: ctypes.CDLL, cross: Callable[..., str], tmp_path: Path
) -> None:
    lines = ASSEMBLY[name]
    cross("as", "-march=armv8.6-a+crypto+fp16fml", "-o", tmp_path / "a.o", "-", given="\n".join(lines) + "\n")
    cross("objcopy", "-O", "binary", "-j", ".text", tmp_path / "a.o", tmp_path / "a.bin")
    raw = (tmp_path / "a.bin").read_bytes()
    words = [int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4)]
    assert len(words) == len(lines)
    found = {
        line: names(library)[library.classify(ctypes.c_uint32(word))] for line, word in zip(lines, words, strict=True)
    }
    assert found == dict.fromkeys(lines, name)


class Cache(ctypes.Structure):
    _fields_ = [
        ("sets", ctypes.c_uint), ("ways", ctypes.c_uint), ("line_shift", ctypes.c_uint), ("tags", ctypes.c_void_p),
        ("misses", ctypes.c_uint64),
    ]  # fmt: skip


@given(
    sets=st.sampled_from([1, 2, 8]),
    ways=st.integers(1, 4),
    lines=st.lists(st.integers(0, 40), min_size=1, max_size=200),
)
def test_misses_match_an_lru_cache(library: ctypes.CDLL, sets: int, ways: int, lines: list[int]) -> None:
    cache = Cache()
    assert library.cache_open(ctypes.byref(cache), ctypes.c_uint64(sets * ways * LINE), ways, LINE) == 1
    model: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(sets)]
    misses = 0
    for line in lines:
        ways_of = model[line % sets]
        hit = line in ways_of
        misses += not hit
        ways_of[line] = None
        ways_of.move_to_end(line)
        if len(ways_of) > ways:
            ways_of.popitem(last=False)
        assert library.cache_touch(ctypes.byref(cache), ctypes.c_uint64(line)) == hit
    assert cache.misses == misses


@pytest.mark.parametrize(
    ("size", "ways", "line"), [(0, 1, 64), (100, 1, 64), (4096, 0, 64), (4096, 1, 60), (3 * 64, 1, 64)]
)
def test_invalid_cache_sizes_are_refused(library: ctypes.CDLL, size: int, ways: int, line: int) -> None:
    assert library.cache_open(ctypes.byref(Cache()), ctypes.c_uint64(size), ways, line) == 0
