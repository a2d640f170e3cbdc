"""What ``torch.save`` writes, in its two forms: a zip archive, and since before 1.6 a row of pickles with the numbers behind them.

Read here and not by ``torch.load``: with ``weights_only`` that refuses a file for one class that it does not know, even where no
tensor needs it; without, it runs what the file names.
"""

from __future__ import annotations

import dataclasses
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import torch

from mobileseg.weights.reading.inert import Inert, Name
from mobileseg.weights.reading.stored import Content, Storage, StorageType, is_swapped
from mobileseg.weights.reading.unpickler import Reference, Unpickler

MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the older form
LOCAL_HEADER = struct.Struct(
    "<4s22xHH"
)  # of a record in a zip archive: signature, length of the name, of the extra field
Unpickled = tuple[Any, tuple[str, ...]]


class NotATorchFileError(Exception):
    """Nothing that ``torch.save`` writes; the message says what it is instead."""


def unpickle(path: Path, content: Content) -> Unpickled:
    """What was saved, with tensors as ``Stored``, and the names of the classes that became inert.

    Raises ``ActingNameError``, ``NotATorchFileError``, and nearly any exception where the file is damaged.
    """
    if zipfile.is_zipfile(path):
        return _zip(path, content)
    with path.open("rb") as stream:
        return _row(stream)


def _load(stream: IO[bytes], reference: Reference) -> Unpickled:
    unpickler = Unpickler(reference, _inside)
    return unpickler.load(stream), unpickler.unknown


def _inside(content: Any) -> Any:
    """The numbers of a tensor that went through ``pickle.dump``: what ``torch.save`` writes, as bytes in the pickle."""
    saved, _ = _row(io.BytesIO(content))
    return dataclasses.replace(saved, own=content) if isinstance(saved, Storage) and saved.own is None else None


def _zip(path: Path, content: Content) -> Unpickled:
    with zipfile.ZipFile(path) as archive:
        records = {record.filename: record for record in archive.infolist()}
    root = next((name.removesuffix("data.pkl") for name in records if name.rpartition("/")[2] == "data.pkl"), None)
    if root is None:
        raise NotATorchFileError(f"a zip archive with {', '.join(sorted(records)[:3]) or 'nothing'}")
    if f"{root}constants.pkl" in records:
        raise NotATorchFileError("a TorchScript program, which holds code beside its weights")

    def place(name: str) -> tuple[int, int]:
        record = records[f"{root}{name}"]
        return _record(content, record)

    def read(name: str) -> bytes:
        start, length = place(name)
        return content.bytes[start : start + length]

    swapped = is_swapped(read("byteorder") != b"big") if f"{root}byteorder" in records else False

    def reference(pid: tuple[Any, ...]) -> Any:
        kind, storage_type, key, _, numel = pid
        _check_key(key)
        if not isinstance(storage_type, StorageType):
            return _unknown(kind, storage_type)
        return Storage(storage_type.dtype, int(numel), lambda: place(f"data/{key}"), swapped)

    return _load(io.BytesIO(read("data.pkl")), reference)


def _record(content: Content, record: zipfile.ZipInfo) -> tuple[int, int]:
    """Where the bytes of a record are. Raises ``ValueError`` where they are packed or not those that were written."""
    if record.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{record.filename} is compressed, as torch.save writes nothing")
    signature, name, extra = LOCAL_HEADER.unpack_from(content.bytes, record.header_offset)
    start = record.header_offset + LOCAL_HEADER.size + name + extra
    with memoryview(content.bytes) as whole:
        checksum = zlib.crc32(whole[start : start + record.file_size])
    if signature != b"PK\3\4" or (record.CRC and checksum != record.CRC):  # torch can be told not to write checksums
        raise ValueError(f"the checksum of {record.filename} is wrong")
    return start, record.file_size


def _row(stream: IO[bytes]) -> Unpickled:
    def nothing(pid: tuple[Any, ...]) -> Any:
        raise ValueError(f"a reference to {pid[0]} before the objects")

    first, unknown = _load(stream, nothing)
    if first != MAGIC:
        return first, unknown  # a plain pickle, which may hold arrays of NumPy
    _load(stream, nothing)
    system, _ = _load(stream, nothing)
    swapped = is_swapped(bool(system.get("little_endian", True))) if isinstance(system, dict) else False
    storages: dict[Any, torch.dtype] = {}
    places: dict[Any, tuple[int, int]] = {}

    def reference(pid: tuple[Any, ...]) -> Any:
        if pid[0] in ("module", b"module"):
            return pid[1]
        kind, storage_type, key, _, numel, view = pid
        _check_key(key)
        if not isinstance(storage_type, StorageType):
            return _unknown(kind, storage_type)
        storages[key] = dtype = storage_type.dtype
        if view is None:
            return Storage(dtype, int(numel), lambda: places[key], swapped)
        _, offset, numel = view
        return Storage(dtype, int(numel), lambda: _part(places[key], offset * dtype.itemsize), swapped)

    saved, unknown = _load(stream, reference)
    for key in _load(stream, nothing)[0]:
        (numel,) = struct.unpack(">q" if swapped else "<q", stream.read(8))
        length = numel * storages[key].itemsize
        places[key] = stream.tell(), length
        end = stream.seek(0, io.SEEK_END)
        if length < 0 or places[key][0] + length > end:
            raise EOFError(f"the file ends within the numbers, at byte {end}")
        stream.seek(places[key][0] + length)
    return saved, unknown


def _check_key(key: Any) -> None:
    if not isinstance(key, str | int):
        raise TypeError("numbers under an odd name")


def _unknown(kind: Any, storage_type: Any) -> Any:
    """In place of numbers of a kind that is not known here, such as quantized ones."""
    if kind not in ("storage", b"storage") or not isinstance(storage_type, Name):
        raise ValueError("a reference to something other than numbers")
    return Inert(storage_type.origin)


def _part(place: tuple[int, int], offset: int) -> tuple[int, int]:
    return place[0] + offset, place[1] - offset
