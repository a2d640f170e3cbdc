"""Files that are no checkpoints, called by their names: what servers send in place of a file, and files of other programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HEAD = 1 << 14  # bytes that tell
AGAIN = "download it again"
TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)


@dataclass(frozen=True)
class Stranger:
    """``title``: what it is, in words. ``fix``: what to do. ``page``: a server sends this in place of the file that was asked for."""

    title: str
    fix: str
    page: bool = False


LFS = Stranger(
    "a Git-LFS pointer: it names the file, whose content is elsewhere",
    f"{AGAIN}, the file itself: git lfs pull in its repository, or the hub's address with /resolve/ in place of /blob/ or /raw/",
    page=True,
)
DRIVE = Stranger(
    "a page of Google Drive in place of the file: its virus warning, its quota or its sign-in",
    f"{AGAIN} in a browser, confirm there, and give the file's path",
    page=True,
)
XML = Stranger("an XML text, such as a server's error", f"{AGAIN}; is the address still right?", page=True)
JSON = Stranger(
    "a JSON text", f"{AGAIN}, the weights themselves: this may be their index, config or a server's error", page=True
)
EMPTY = Stranger("an empty file", AGAIN, page=True)
TEXTS = ((b"version https://git-lfs", LFS), (b"<", XML), (b"{", JSON), (b"[", JSON))
UNPACK = "unpack it, and give the checkpoint that is in it"
OTHERS = (  # first bytes, from where on, what it is, what to do
    (b"\x1f\x8b", 0, "a gzip archive", UNPACK),
    (b"ustar", 257, "a tar archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7z archive", UNPACK),
    (b"Rar!", 0, "a RAR archive", UNPACK),
    (b"BZh", 0, "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ", 0, "an xz archive", UNPACK),
    (b"\x89HDF", 0, "an HDF5 file, as Keras writes it", "give weights of PyTorch, or a TensorFlow object checkpoint"),
    (b"\x93NUMPY", 0, "an array of NumPy", "give a file with all the weights"),
    (b"\x89PNG", 0, "a PNG picture", f"{AGAIN}; is the address still right?"),
    (b"\xff\xd8\xff", 0, "a JPEG picture", f"{AGAIN}; is the address still right?"),
    (b"%PDF", 0, "a PDF", f"{AGAIN}; is the address still right?"),
    (b"GGUF", 0, "a GGUF file", "give weights of PyTorch"),
    (b"TFL3", 4, "a TensorFlow Lite file", "give the checkpoint that it was made from"),
)  # fmt: skip
EXPORTED = {
    ".onnx": "an ONNX file",
    ".pte": "an ExecuTorch file",
    ".tflite": "a TensorFlow Lite file",
    ".mlmodel": "a Core ML file",
}


def stranger(head: bytes, name: str = "") -> Stranger | None:
    """What a file is whose first bytes are ``head`` (up to ``HEAD`` of them), or None where it may be a checkpoint.

    ``name``: of the file; its suffix tells where the bytes do not.
    """
    if is_safetensors(head):
        return None
    if found := EMPTY if not head else _text(head):
        return found
    for mark, offset, title, fix in OTHERS:
        if head[offset : offset + len(mark)] == mark:
            return Stranger(title, fix)
    if exported := EXPORTED.get(Path(name).suffix.lower()):
        return Stranger(f"{exported}: a network that was exported already", "give the checkpoint that it was made from")
    return None


def page_in_place(head: bytes, name: str) -> Stranger | None:
    """The page that a server sent in place of a file called ``name``; a JSON text is one unless an index was asked for."""
    found = stranger(head)
    return found if found is not None and found.page and not (found is JSON and name.endswith(".json")) else None


def read_head(path: Path) -> bytes:
    """The first ``HEAD`` bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(HEAD)


def is_safetensors(head: bytes) -> bool:
    """Whether a file begins as safetensors do: with the length of a JSON header, below 4 GB, in eight bytes."""
    return head[4:9] == b"\0\0\0\0{"


def _text(head: bytes) -> Stranger | None:
    """Of texts that servers send."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _is_html(text):
        return _page(head)
    return next((found for start, found in TEXTS if text.startswith(start)), None)


def _is_html(text: bytes) -> bool:
    start = text[:2048].lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (
        start.startswith(b"<") and b"<html" in start
    )


def _page(head: bytes) -> Stranger:
    if b"google" in head.lower() and (b"drive" in head.lower() or b"accounts.google" in head.lower()):
        return DRIVE
    found = TITLE.search(head)
    title = f' ("{" ".join(found[1].decode(errors="replace").split())[:80]}")' if found else ""
    fix = (
        f"{AGAIN}: the address is that of a page, not of the file; on GitHub and Hugging Face /blob/ is the page of a file, "
        "/raw/ and /resolve/ the file"
    )
    return Stranger(f"an HTML page{title}", fix, page=True)
