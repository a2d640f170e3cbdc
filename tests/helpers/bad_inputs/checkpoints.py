"""Files that ``--weights`` cannot take: damaged, of another kind, of another network, or with code in them."""

from __future__ import annotations

import functools
import gzip
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import mobileseg
from bad_inputs.case import Case, Make, both, empty_folder, file, photo

Tensors = dict[str, Any]
PREDICT = ("predict", "seaformer-tiny", "photo.png", "--size", "64x64", "--weights")
CLASSIFIER, ONE = "decode_head.conv_seg.weight", "backbone.smb1.stem.0.c.weight"


@functools.cache
def state(name: str = "seaformer-tiny") -> dict[str, Tensor]:
    """Of a network with three classes; to be copied before it is changed."""
    return dict(mobileseg.create_model(name, num_classes=3, seed=1).state_dict())


def saved(content: object, zipped: bool = True) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()


@functools.cache
def whole(zipped: bool) -> bytes:
    return saved(state(), zipped)


class Payload:
    """Unpickling it makes a folder."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, ("executed",)


class Stranger:
    """A class that a reader has not."""


def weights(name: str, make: Make, *words: str, path: str = "w.pth", more: tuple[str, ...] = ()) -> Case:
    return Case(f"weights: {name}", (*PREDICT, path, *more), words, both(photo, make))


def holding(name: str, content: Callable[[], object], *words: str, more: tuple[str, ...] = ()) -> Case:
    """A file in which ``content`` is saved when the case is run."""
    return weights(name, lambda folder: (folder / "w.pth").write_bytes(saved(content())), *words, more=more)


def altered(name: str, change: Callable[[Tensors], object], *words: str) -> Case:
    """A file of a network, ``change`` applied to its tensors."""

    def content() -> Tensors:
        tensors = dict(state())
        change(tensors)
        return tensors

    return holding(name, content, *words)


def cut(zipped: bool, kept: float) -> Case:
    """``kept``: bytes, from the end where that is negative; between 0 and 1 a share of the file."""

    def make(folder: Path) -> None:
        content = whole(zipped)
        (folder / "w.pth").write_bytes(content[: int(kept * len(content)) if 0 < kept < 1 else int(kept)])

    form = "zip" if zipped else "old form"
    return weights(f"{form} cut at {kept:g}", make, "w.pth", "download it again")


def set_one(value: Callable[[Tensor], object], key: str = CLASSIFIER) -> Callable[[Tensors], object]:
    return lambda tensors: tensors.update({key: value(tensors[key])})


def renamed(change: Callable[[int, str], str]) -> Callable[[], Tensors]:
    return lambda: {change(number, key): value for number, (key, value) in enumerate(state().items())}


def packed_zip(folder: Path) -> None:
    """A record that unpacks to a thousand times its size."""
    with zipfile.ZipFile(folder / "w.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", bytes(100_000_000))


def flipped(folder: Path) -> None:
    content = bytearray(whole(True))
    content[len(content) // 2] ^= 1
    (folder / "w.pth").write_bytes(content)


def torchscript(folder: Path) -> None:
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2), check_trace=False), folder / "w.pth")


def numbers(content: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, content)
    return stream.getvalue()


HTML = b"<!DOCTYPE html><html><title>Sign in</title></html>"
DRIVE = b"<html><head><title>Google Drive - Virus scan warning</title></head></html>"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
STRANGERS = {
    "empty": (b"", "an empty file"), "html": (HTML, 'an HTML page ("Sign in")'), "drive": (DRIVE, "a page of Google Drive"),
    "lfs": (LFS, "a Git-LFS pointer"), "json": (b'{"error": "not found"}', "a JSON text"), "xml": (b"<?xml?><Error/>", "an XML text"),
    "gzip": (gzip.compress(b"x"), "a gzip archive"), "png": (b"\x89PNG\r\n\x1a\n", "a PNG picture"), "pdf": (b"%PDF-1.7", "a PDF"),
    "hdf5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file"), "array": (numbers(np.ones(3)), "an array of NumPy"),
    "zeros": (bytes(1000), "not a checkpoint"), "text": (b"no weights here\n" * 9, "not a checkpoint"),
    "a pickle cut off": (pickle.dumps({"a": [1, 2, 3]})[:-4], "not a checkpoint"), "a byte": (b"\x80", "not a checkpoint"),
}  # fmt: skip

CASES = (
    *(weights(name, file("w.pth", content), words, "w.pth") for name, (content, words) in STRANGERS.items()),
    *(cut(True, kept) for kept in (4, 30, 100, 1000, 0.25, 0.5, 0.9, -200, -22, -1)),
    *(cut(False, kept) for kept in (10, 50, 200, 1000, 0.25, 0.5, 0.9, -200, -1)),
    weights("a byte changed", flipped, "checksum", "download it again"),
    weights("packed record", packed_zip, "is compressed"),
    weights("TorchScript", torchscript, "TorchScript program"),
    weights("exported file", file("w.onnx", b"\x08\x0a"), "exported already", path="w.onnx"),
    weights(
        "another zip", lambda folder: np.savez(folder / "w.npz", x=np.ones(3)), "a zip archive with x.npy", path="w.npz"
    ),
    weights("no such file", lambda folder: None, "w.pth", "camvid11-v1"),
    weights("empty folder", empty_folder("w.pth"), "w.pth"),
    weights("nobody's home", lambda folder: None, "~nobody/w.pth", path="~nobody/w.pth"),
    weights("too long a name", lambda folder: None, "name", path="w" * 300),
    holding("code beside the weights", lambda: {"state_dict": state(), "x": Payload()}, "mkdir", "could run code"),
    holding("code alone", Payload, "mkdir", "could run code"),
    altered("code among the weights", set_one(lambda _: Payload()), "mkdir", "could run code"),
    altered("an object among the weights", set_one(lambda _: Stranger()), CLASSIFIER, "Stranger"),
    holding("the network itself", lambda: {"model": torch.nn.Linear(2, 2)}, "Linear", "could run code"),
    holding("a list", lambda: [1, 2], "a list"),
    holding("a number", lambda: 7, "a int"),
    holding("nothing in it", dict, "(none)"),
    holding("no tensors", lambda: {"epoch": 3, "arch": "x"}, "the entries epoch, arch"),
    holding("an empty state_dict", lambda: {"state_dict": {}}, "the entries state_dict"),
    holding("numbers as keys", lambda: {1: torch.ones(3), 2: torch.ones(3)}, "(none)"),
    holding("optimizer alone", lambda: {"optimizer": {"state": {0: torch.ones(3)}}}, "the entries optimizer"),
    holding("another network", lambda: state("topformer-tiny"), "one of topformer-tiny"),
    holding("another size of it", lambda: state("seaformer-small"), "one of seaformer-small"),
    holding(
        "a stranger's network",
        lambda: {f"layer{i}.weight": torch.ones(3) for i in range(9)},
        "seaformer-tiny",
        "missing",
    ),
    holding(
        "a prefix on half of the keys", renamed(lambda i, key: f"half.{key}" if i % 2 else key), "of an unknown variant"
    ),
    holding("keys in capitals", renamed(lambda _, key: key.upper()), "missing"),
    altered(
        "a key too many",
        lambda tensors: tensors.update({"backbone.extra.weight": torch.ones(3)}),
        "backbone.extra.weight",
    ),
    altered(
        "a key missing",
        lambda tensors: tensors.pop("decode_head.linear_fuse.bn.weight"),
        "decode_head.linear_fuse.bn.weight",
    ),
    altered(
        "all of the backbone missing",
        lambda tensors: [tensors.pop(k) for k in list(tensors) if "backbone" in k],
        "missing",
    ),
    altered("another shape", set_one(lambda w: w[:, :5], CLASSIFIER), CLASSIFIER),
    altered("a number in place of a matrix", set_one(lambda _: torch.tensor(1.0)), CLASSIFIER),
    altered("no classes at all", set_one(lambda w: w[:0]), "at least one class"),
    altered("a billion from one number", set_one(lambda _: torch.ones(1).expand(3, 160, 9999, 9999)), CLASSIFIER),
    altered("NaN", set_one(lambda w: w * float("nan")), CLASSIFIER, "NaN"),
    altered("infinity", set_one(lambda w: w / 0.0), CLASSIFIER),
    altered("whole numbers", set_one(lambda w: w.to(torch.int32)), CLASSIFIER),
    altered("truth values", set_one(lambda w: w > 0), CLASSIFIER),
    altered("complex numbers", set_one(lambda w: w.to(torch.complex64)), CLASSIFIER),
    altered("sparse", set_one(lambda w: w.to_sparse()), CLASSIFIER),
    altered("quantized", set_one(lambda w: torch.quantize_per_tensor(w, 0.1, 0, torch.qint8)), CLASSIFIER),
    altered("a text in place of a tensor", set_one(lambda _: "weights"), CLASSIFIER),
    holding(
        "two networks", lambda: {"a": state(), "b": {k: v + 1 for k, v in state().items()}}, "one network in the file"
    ),
    holding("no averages in it", lambda: {"state_dict": state()}, "averaged weights, as --ema asks", more=("--ema",)),
    holding("averages alone", lambda: {"ema": state()}, "plain weights, as --no-ema asks", more=("--no-ema",)),
)
