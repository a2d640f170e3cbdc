"""TIFF files whose metadata make no sense: Pillow reads them with the picture, and gives up on both."""

from __future__ import annotations

import struct

ORDERS = {b"II*\0": "<", b"MM\0*": ">"}  # byte order, by the first four bytes
# Orientation, XMP, Photoshop's, EXIF, ICC profile, GPS, interoperability, maker's note.
METADATA = frozenset({0x0112, 0x02BC, 0x8649, 0x8769, 0x8773, 0x8825, 0xA005, 0x927C})
UNUSED, BYTE = 0xFDE7, 1  # a tag that no reader knows, with one byte in it
ENTRY = 12  # bytes


def without_metadata(data: bytes) -> bytes | None:
    """The same TIFF file with nothing but the picture; None for other files, and where there is nothing to leave out."""
    order = ORDERS.get(data[:4])
    if order is None:
        return None
    found, changed = bytearray(data), False
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        for place in range(start + 2, start + 2 + ENTRY * count, ENTRY):
            if struct.unpack_from(f"{order}H", data, place)[0] in METADATA:
                struct.pack_into(f"{order}HHII", found, place, UNUSED, BYTE, 1, 0)
                changed = True
    except struct.error:
        return None
    return bytes(found) if changed else None
