from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from mobileseg.errors import CheckpointError
from mobileseg.weights.reading.checkpoint import read_checkpoint
from mobileseg.weights.reading.strangers import stranger

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
DRIVE = (
    b"<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>can't scan</body></html>"
)
SIGN_IN = b"\n <!doctype HTML>\n<html lang=en><title>\n  Sign in  to GitHub </title>"


def tar(mode: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        archive.addfile(tarfile.TarInfo("weights.pth"), io.BytesIO())
    return stream.getvalue()


def saved(function: object, value: object) -> bytes:
    stream = io.BytesIO()
    function(stream, value)  # type: ignore[operator]
    return stream.getvalue()


STRANGERS = {
    "empty": (b"", "an empty file", True),
    "lfs": (LFS, "Git-LFS pointer", True),
    "drive": (DRIVE, "Google Drive", True),
    "drive sign-in": (b"<html><head><base href='https://accounts.google.com/v3/signin/'>", "Google Drive", True),
    "html": (SIGN_IN, 'an HTML page ("Sign in to GitHub")', True),
    "html with a mark": (b"\xef\xbb\xbf<html></html>", "an HTML page", True),
    "html after a comment": (b"<!-- saved -->\n<html></html>", "an HTML page", True),
    "xml": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML", True),
    "json": (b'{"error": "Repository not found"}', "JSON", True),
    "gzip": (gzip.compress(b"x"), "gzip", False),
    "tar": (tar("w:"), "tar archive", False),
    "png": (b"\x89PNG\r\n\x1a\n", "PNG", False),
    "hdf5": (b"\x89HDF\r\n\x1a\n", "HDF5", False),
    "array": (saved(np.save, np.ones(3)), "array of NumPy", False),
    "pdf": (b"%PDF-1.7", "PDF", False),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_named_and_the_remedy_too(name: str, tmp_path: Path) -> None:
    head, title, page = STRANGERS[name]
    found = stranger(head)
    assert found is not None
    assert title in found.title and found.page == page and found.fix
    for suffix in (".pth", ".safetensors", ""):
        path = tmp_path / f"weights{suffix}"
        path.write_bytes(head)
        with pytest.raises(CheckpointError) as caught:
            read_checkpoint(path)
        assert title in caught.value.found and str(path) in caught.value.found
        assert caught.value.fix == found.fix


@pytest.mark.parametrize("suffix", [".onnx", ".pte", ".tflite", ".ONNX"])
def test_an_exported_network_is_named_by_its_suffix(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_bytes(b"\x08\x0a\x12\x07pytorch")
    with pytest.raises(CheckpointError, match="exported already"):
        read_checkpoint(tmp_path / f"a{suffix}")


def test_a_zip_archive_of_something_else_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones(3))
    with pytest.raises(CheckpointError, match=r"zip archive with x\.npy"):
        read_checkpoint(tmp_path / "a.npz")


@pytest.mark.parametrize("length", [0x7B, 0x3C, 0x5B])
def test_safetensors_are_none_whatever_their_first_byte(length: int) -> None:
    """The length of the header comes first, and may look like the start of a text."""
    for padding in range(600):
        content = save({"x" * padding: torch.ones(1)})
        if content[0] == length:
            assert stranger(content) is None
            return
    assert length % 8, "safetensors pads its header to eight bytes"


def test_what_torch_writes_is_none() -> None:
    for zipped in (True, False):
        stream = io.BytesIO()
        torch.save({"a": torch.ones(1)}, stream, _use_new_zipfile_serialization=zipped)
        assert stranger(stream.getvalue()) is None
