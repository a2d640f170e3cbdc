"""safetensors whose header and numbers do not fit, indices of shards that are not all there, and addresses."""

from __future__ import annotations

import functools
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from safetensors.torch import save, save_file

from bad_inputs.case import Case, Make, file, photo
from bad_inputs.checkpoints import PREDICT, state, weights

FOUR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
INDEX = "model.safetensors.index.json"


def raw(header: object, data: bytes = bytes(4), length: int | None = None) -> bytes:
    """A file of this header; ``length``: what the file says of its header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(**changes: Any) -> bytes:
    return raw({"a": {**FOUR, **changes}})


@functools.cache
def whole() -> bytes:
    return save(state())


def cut(kept: float) -> Case:
    def make(folder: Path) -> None:
        content = whole()
        (folder / "w.safetensors").write_bytes(content[: int(kept * len(content)) if 0 < kept < 1 else int(kept)])

    return weights(f"safetensors cut at {kept:g}", make, "w.safetensors", "download it again", path="w.safetensors")


HEADERS = {
    "a header longer than the file": raw({"a": FOUR}, length=1 << 20), "a header of 2^63 bytes": raw({"a": FOUR}, length=1 << 63),
    "no header": raw(b""), "a header that is no JSON": raw(b"{nothing"), "a header that is no text": raw(b'{"\xff": 1}'),
    "a header that is a list": raw(b"[1, 2]"), "a deep header": raw(b'{"a":' * 9999), "an unknown dtype": tensor(dtype="X7"),
    "a dtype of four bits": tensor(dtype="F4"), "numbers beyond the end": tensor(data_offsets=[0, 8], shape=[2]),
    "numbers that end before they begin": tensor(data_offsets=[4, 0]), "another shape than numbers": tensor(shape=[7]),
    "a negative shape": tensor(shape=[-1]), "a shape beyond all numbers": tensor(shape=[1 << 40, 1 << 40]),
    "no shape": raw({"a": {"dtype": "F32"}}), "two tensors in one place": raw({"a": FOUR, "b": FOUR}),
    "numbers that belong to nothing": raw({"a": FOUR}, bytes(100)), "metadata of numbers": raw({"__metadata__": {"x": 1}, "a": FOUR}),
}  # fmt: skip


def index(content: object) -> Make:
    return file(INDEX, content if isinstance(content, bytes) else json.dumps(content))


def sharded(**shards: object) -> Make:
    """The network's index, which names two shards; ``one`` and ``two``: what is in them, None where the file is missing."""

    def make(folder: Path) -> None:
        names = {"one": "1.safetensors", "two": "2.safetensors"}
        keys = list(state())
        where = {key: names["one" if number % 2 else "two"] for number, key in enumerate(keys)}
        for short, name in names.items():
            content = shards.get(short, b"")
            if content == "good":
                save_file({key: state()[key] for key in keys if where[key] == name}, folder / name)
            elif isinstance(content, bytes):
                (folder / name).write_bytes(content)
        (folder / INDEX).write_text(json.dumps({"weight_map": where}))

    return make


def shards(name: str, make: Make, *words: str) -> Case:
    return weights(f"shards: {name}", make, *words, path=INDEX)


def record(name: str, *words: str, **changes: object) -> Case:
    """The record that ``finetune`` writes beside its weights, with ``changes``; without entries that are None."""

    def make(folder: Path) -> None:
        (folder / "w.safetensors").write_bytes(whole())
        usual = {
            "name": "mine", "model": "seaformer-tiny", "file": "w.safetensors", "sha256": hashlib.sha256(whole()).hexdigest(),
            "stored_dtype": "float32", "licence": "none", "trained_on": "mine", "config": {}, "evaluation": "", "size": [64, 64],
            "classes": ["a", "b", "c"], "palette": [[1, 2, 3]] * 3, "measured": {}, "things": [],
        }  # fmt: skip
        said = {key: value for key, value in {**usual, **changes}.items() if value is not None}
        (folder / "w.json").write_text(json.dumps(said))

    return weights(f"record, {name}", make, *words, path="w.safetensors")


def address(name: str, text: str, *words: str, code: int = 2, more: tuple[str, ...] = ()) -> Case:
    return Case(f"address: {name}", (*PREDICT, text, *more), words, photo, code)


CASES = (
    *(cut(kept) for kept in (1, 7, 8, 9, 100, 5000, 0.5, -1)),
    *(weights(name, file("w.safetensors", content), "w.safetensors", path="w.safetensors") for name, content in HEADERS.items()),
    weights("safetensors without tensors", file("w.safetensors", raw({}, b"")), "missing", path="w.safetensors"),
    shards("one missing", sharded(one="good", two=None), "1 missing: 2.safetensors"),
    shards("one empty", sharded(one="good", two=b""), "2.safetensors", "an empty file"),
    shards("one cut off", sharded(one="good", two=raw({"a": FOUR}, b"")), "2.safetensors", "download it again"),
    shards("one of another network", sharded(one="good", two=raw({"a": FOUR})), "missing"),
    shards("no JSON", index(b"{nothing"), "an index of shards"),
    shards("no map", index({"metadata": {}}), "an index of shards"),
    shards("an empty map", index({"weight_map": {}}), INDEX),
    shards("a list as a map", index({"weight_map": ["1.safetensors"]}), "an index of shards"),
    shards("a list as a name", index({"weight_map": {"a": ["1.safetensors"]}}), "an index of shards"),
    shards("elsewhere", index({"weight_map": {"a": "../1.safetensors"}}), "in its own folder"),
    shards("itself", index({"weight_map": {"a": INDEX}}), "a JSON text"),
    shards("too deep", index(b"[" * 100_000), "an index of shards"),
    weights("a single shard", file("m-00001-of-00003.safetensors", raw({"a": FOUR})), "all 3 shards", path="m-00001-of-00003.safetensors"),
    record("another digest", "sha256 00", sha256="00"),
    record("a size in words", "w.json", "size", size=["big", "small"]),
    record("a size of three", "w.json", size=[1, 2, 3]),
    record("a number as classes", "w.json", classes=3),
    record("classes of numbers", "w.json", "classes", classes=[1, 2, 3]),
    record("fewer classes", "2 classes, as its record has", "3 in w.safetensors", classes=["a", "b"], palette=[[1, 2, 3]] * 2),
    record("a palette of two", "w.json", "palette", palette=[[1, 2, 3]] * 2),
    record("a palette of names", "w.json", "palette", palette=["red", "green", "blue"]),
    record("a colour beyond 255", "w.json", "palette", palette=[[1, 2, 300]] * 3),
    record("unknown things", "w.json", "things", things=["d"]),
    record("a list as config", "w.json", "config", config=[1]),
    record("no licence", "w.json", "licence", licence=None),
    record("an even window", "w.json", "nms_kernel", panoptic={"nms_kernel": 4}),
    address("plain http", "http://a.b/c.pth", "an https URL"),
    address("ftp", "ftp://a.b/c.pth", "an https URL"),
    address("no host", "https://", "an https URL"),
    address("no file on the hub", "hf://owner/repo", "hf://owner/repo/file@revision"),
    address("a file of this disk", "file:///w.pth", "an https URL"),
    address("nobody listens", "https://127.0.0.1:9/w.pth", "127.0.0.1", code=3),
    address("not to be refreshed", "camvid11-v1", "--refresh", more=("--refresh",)),
    Case("address: no authors", ("predict", "sasa-resnet26-seg", "photo.png", "--weights", "official"), ("none released",), photo),
    Case("address: by hand", ("predict", "seaformer-tiny", "photo.png", "--weights", "official"), ("by hand",), photo),
    Case("weights: none bundled", ("predict", "van-b0-fpn", "photo.png"), ("--weights",), photo),
    Case("weights: nothing", ("predict", "seaformer-tiny", "photo.png", "--weights", ""), ("street-v1, camvid11-v1",), photo),
)  # fmt: skip
