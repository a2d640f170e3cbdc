"""Alignment of segments, from the bytes of a file."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners import elf, packed

LOAD, NOTE = 1, 4


def made(*segments: tuple[int, int, int, int]) -> bytes:
    """An ELF file with segments of (kind, place, address, alignment)."""
    ident = elf.MAGIC + bytes((elf.BITS_64, elf.LITTLE, 1)) + bytes(9)
    head = elf.HEADER.pack(
        ident, 3, 183, 1, 0, elf.HEADER.size, 0, 0, elf.HEADER.size, elf.SEGMENT.size, len(segments), 0, 0, 0
    )
    return head + b"".join(
        elf.SEGMENT.pack(kind, 5, place, address, address, 1, 1, align) for kind, place, address, align in segments
    )


def test_the_least_of_what_is_loaded_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.so"
    path.write_bytes(made((LOAD, 0, 0, 0x10000), (LOAD, 0x4000, 0x14000, 0x10000), (NOTE, 8, 8, 4)))
    assert elf.is_elf(path) and elf.alignment(path) == 0x10000
    elf.check_pages(tmp_path)
    path.write_bytes(made((LOAD, 0, 0, 0x10000), (LOAD, 0x1000, 0x12000, 0x10000)))
    assert elf.alignment(path) == 0x1000, "the header says more than is so"
    with pytest.raises(EnvironmentLackError, match=r"a\.so: 0x1000.*max-page-size=16384"):
        elf.check_pages(tmp_path)


@given(data=st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: made((LOAD, 0, 0, 4))[:60] + rest))
def test_other_bytes_are_refused_not_read(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("elf") / "a"
    path.write_bytes(data)
    with contextlib.suppress(ValueError):  # any other error is a bug
        assert elf.alignment(path) >= 0


def test_an_installed_kit_of_another_release_is_refused(tmp_path: Path) -> None:
    (tmp_path / "built.json").write_text('{"runner": "abc", "kit": "executorch-1.5.1-cp311.whl sha256:0"}')
    packed.check(tmp_path, "abc", "1.5.1")
    with pytest.raises(EnvironmentLackError, match=r"ExecuTorch 1\.6\.0"):
        packed.check(tmp_path, "abc", "1.6.0")
    with pytest.raises(EnvironmentLackError, match="the runner's sources"):
        packed.check(tmp_path, "abd", "1.5.1")
