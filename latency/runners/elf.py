"""How the segments of a 64-bit ELF file are aligned. Android 15 loads on some phones only what is aligned to pages of 16 KiB."""

from __future__ import annotations

import struct
from pathlib import Path

from mobileseg.errors import EnvironmentLackError

PAGE = 0x4000
MAGIC, BITS_64, LITTLE = b"\x7fELF", 2, 1
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
LOAD = 1


def is_elf(path: Path) -> bool:
    """Whether a file begins as ELF files do."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def alignment(path: Path) -> int:
    """The least alignment of the segments that are loaded, in bytes: that of the header, or less where a segment's address and its place
    in the file do not fit each other. Raises ``ValueError`` for a file that is none, or that is cut off."""
    data = path.read_bytes()
    if len(data) < HEADER.size or data[:6] != MAGIC + bytes((BITS_64, LITTLE)):
        raise ValueError(f"{path.name} is no 64-bit little-endian ELF file")
    fields = HEADER.unpack_from(data)
    offset, size, count = fields[5], fields[9], fields[10]
    if size != SEGMENT.size or offset + size * count > len(data):
        raise ValueError(f"{path.name} is cut off")
    segments = [SEGMENT.unpack_from(data, offset + size * n) for n in range(count)]
    return min((_fitting(segment[2], segment[3], segment[7]) for segment in segments if segment[0] == LOAD), default=0)


def _fitting(place: int, address: int, align: int) -> int:
    """The largest power of two up to ``align`` by which place and address are the same remainder."""
    difference = abs(address - place)
    return min(align, difference & -difference) if difference else align


def check_pages(folder: Path) -> None:
    """Raise ``EnvironmentLackError`` if a program or library in ``folder`` cannot be loaded where pages have 16 KiB."""
    found = {path.name: alignment(path) for path in sorted(folder.iterdir()) if path.is_file() and is_elf(path)}
    bad = {name: least for name, least in found.items() if least < PAGE or least % PAGE}
    if bad:
        raise EnvironmentLackError(
            expected=f"programs and libraries aligned to {PAGE:#x} bytes, for phones with pages of 16 KiB",
            found=", ".join(f"{name}: {least:#x}" for name, least in bad.items()),
            fix="build them with -Wl,-z,max-page-size=16384, or take the compiler of Debian 12",
        )
