"""Files of every kind that is read, cut off or changed at any byte: an error of ours, or what can still be read of them."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import layouts
import numpy as np
import pytest
import torch
from bad_inputs.artifacts import manifest
from bad_inputs.lists import KEEP
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_results import around, result, series
from safetensors.torch import save

from mobileseg.data.class_lists import class_list
from mobileseg.data.classes import read_classes
from mobileseg.data.dataset import list_labelled
from mobileseg.data.flow import read_flow
from mobileseg.data.formats.parquet import PARQUET
from mobileseg.errors import MobilesegError
from mobileseg.export.manifest import read_manifest
from mobileseg.export.quantization.keep_float import read_keep_float
from mobileseg.latency.report.documents import read_results
from mobileseg.latency.results.result import read_result
from mobileseg.weights.reading.checkpoint import read_checkpoint

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2, dtype=torch.float16)}

CLASSES = {"names": ["a", "b"], "palette": [[1, 2, 3], [4, 5, 6]], "label_map": {"1": "a"}}


class Kind(NamedTuple):
    """``write`` gives a file of this kind in a folder, ``read`` reads it."""

    write: Callable[[Path], Path]
    read: Callable[[Path], object]


def of(name: str, content: bytes | str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder / name

    return write


def pickled(content: object, zipped: bool) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()


def index(folder: Path) -> Path:
    (folder / "1.safetensors").write_bytes(save(STATE))
    return of("w.index.json", json.dumps({"weight_map": dict.fromkeys(STATE, "1.safetensors")}))(folder)


def said(folder: Path) -> Path:
    (folder / "a.onnx").write_bytes(b"x")
    return of("a.onnx.json", json.dumps(manifest(folder / "a.onnx")))(folder)


def panoptic(folder: Path) -> Path:
    return layouts.coco_panoptic(folder) / "annotations" / "panoptic_train2017.json"


def flow(folder: Path) -> Path:
    np.savez_compressed(folder / "f.npz", motion=np.ones((8, 12, 2), np.int16), seen=np.ones((8, 12), bool))
    return folder / "f.npz"


def parquet(folder: Path) -> Path:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    cells = pa.array([{"bytes": b"x" * 40, "path": f"{i}.png"} for i in range(4)])
    pq.write_table(pa.table({"image": cells, "mask": cells}), folder / "a.parquet")
    return folder / "a.parquet"


def cells(path: Path) -> list[bytes]:
    found = PARQUET.read(path, None, class_list("voc")).items
    with contextlib.suppress(FileNotFoundError):  # no bytes in a cell, which is an image that is not there
        return [file.read_bytes() for item in found for file in item.files]
    return []


def both(path: Path) -> Any:
    with contextlib.suppress(MobilesegError):
        read_result(path)
    return read_results([path])


KINDS = {
    "torch": Kind(of("w.pth", pickled(STATE, True)), read_checkpoint),
    "torch, old": Kind(of("w.pth", pickled({"state_dict": STATE}, False)), read_checkpoint),
    "safetensors": Kind(of("w.safetensors", save(STATE, {"classes": '["a", "b"]'})), read_checkpoint),
    "index": Kind(index, read_checkpoint),
    "classes": Kind(of("classes.json", json.dumps(CLASSES)), read_classes),
    "panoptic": Kind(panoptic, lambda path: list_labelled(path.parent.parent, "train", "coco-panoptic")),
    "flow": Kind(flow, lambda path: read_flow(path, (8, 12))),
    "parquet": Kind(parquet, cells),
    "manifest": Kind(said, lambda path: read_manifest(path.with_suffix(""))),
    "keep-float": Kind(of("k.toml", KEEP), lambda path: read_keep_float(path, "seaformer-tiny")),
    "result": Kind(of("r.json", result(series(around(10))).to_json()), both),
}  # fmt: skip


@pytest.mark.filterwarnings(
    "ignore:invalid escape sequence:DeprecationWarning"
)  # pickletools, of texts in a damaged pickle
@pytest.mark.parametrize("name", KINDS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=60
)
@given(drawn=st.data())
def test_damage_is_an_error_of_ours_or_nothing(name: str, tmp_path: Path, drawn: st.DataObject) -> None:
    kind = KINDS[name]
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        path = kind.write(Path(folder))
        content = bytearray(path.read_bytes())
        for _ in range(drawn.draw(st.integers(0, 3), "changes")):
            content[drawn.draw(st.integers(0, len(content) - 1), "place")] = drawn.draw(st.integers(0, 255), "byte")
        path.write_bytes(content[: drawn.draw(st.just(len(content)) | st.integers(0, len(content)), "kept")])
        with contextlib.suppress(MobilesegError):
            kind.read(path)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_whole_is_read(name: str, tmp_path: Path) -> None:
    assert KINDS[name].read(KINDS[name].write(tmp_path))
