from __future__ import annotations

import argparse
import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mobileseg.errors import CheckpointError
from mobileseg.files import sha256
from mobileseg.weights.reading.checkpoint import digest, read_checkpoint
from mobileseg.weights.reading.labels import Labels

Tensors = dict[str, Tensor]
Save = Callable[..., Path]


def assert_holds(path: Path, expected: Tensors, layout: str, entry: int = 0) -> None:
    found = read_checkpoint(path)
    assert layout in found.layout(found.entries[entry])
    assert found.sha256 == sha256(path) == digest(path)
    tensors = found.entries[entry].tensors
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[key], value) for key, value in expected.items())
    assert all(tensors[key].dtype == value.dtype for key, value in expected.items())


def test_mmcv_runner_file(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    meta = {"epoch": 315, "iter": 160000, "config": "model = dict()", "CLASSES": ("road",), "PALETTE": [[1, 2, 3]]}
    content = {"meta": meta, "state_dict": OrderedDict(tiny), "optimizer": {"state": {0: tiny_ema}, "param_groups": []}}
    path = save(content)
    assert_holds(path, tiny, "mmcv runner file, entry 'state_dict'")
    assert read_checkpoint(path).labels == Labels(("road",), ((1, 2, 3),))


def test_timm_saver_file(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    arguments = argparse.Namespace(model="seaformer_tiny", lr=5e-4, mean=[0.5], opt_betas=None, flags={"amp": True})
    content = {"epoch": 3, "arch": "seaformer", "state_dict": tiny, "optimizer": {}, "version": 2, "args": arguments}
    assert_holds(save(content), tiny, "entry 'state_dict'")
    path = save({**content, "state_dict_ema": tiny_ema, "metric": 68.1})
    assert_holds(path, tiny, "training file, entry 'state_dict'")
    assert_holds(path, tiny_ema, "entry 'state_dict_ema'", 1)
    assert [entry.averaged for entry in read_checkpoint(path).entries] == [False, True]
    assert read_checkpoint(path).unread == ("argparse.Namespace",)


def test_the_likeliest_entry_comes_first(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    assert_holds(save({"model": tiny, "optimizer": {}, "lr_scheduler": {}, "epoch": 1}), tiny, "entry 'model'")
    assert_holds(save({"model": tiny, "state_dict": tiny_ema}), tiny_ema, "entry 'state_dict'")
    assert_holds(save({"model": tiny, "state_dict": {}, "state_dict_ema": None}), tiny, "entry 'model'")
    assert_holds(save({"net": tiny, "optim": {"state": {0: tiny_ema}}, "epoch": 99}), tiny, "entry 'net'")


def test_bare_state_dict_of_either_format(tiny: Tensors, save: Save) -> None:
    assert_holds(save(OrderedDict(tiny)), tiny, "bare state_dict")
    assert_holds(save(tiny, "old.pth", _use_new_zipfile_serialization=False), tiny, "bare state_dict")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("zipped", [True, False])
def test_every_protocol_of_pickle(save: Save, protocol: int, zipped: bool) -> None:
    state = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.nn.Parameter(torch.ones(2)), "c": torch.tensor(7)}
    path = save(state, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    assert_holds(path, {key: value.detach() for key, value in state.items()}, "bare")


@pytest.mark.parametrize("zipped", [True, False])
def test_every_kind_of_number_and_view(save: Save, zipped: bool) -> None:
    plain = [
        torch.float64,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.int32,
        torch.int16,
        torch.int8,
        torch.uint8,
    ]
    state = {str(dtype): torch.tensor([1, 2, 3], dtype=dtype) for dtype in plain} | {
        "bool": torch.tensor([True, False])
    }
    base = torch.arange(24.0).reshape(4, 6)
    state |= {"transposed": base.T, "part": base[1:3, 2:5], "row": base[2], "repeated": base[:1].expand(5, 6)}
    state |= {
        "none": torch.empty(0, 3),
        "scalar": torch.tensor(2.5),
        "channels": torch.ones(1, 3, 4, 5).to(memory_format=torch.channels_last),
    }
    assert_holds(save(state, _use_new_zipfile_serialization=zipped), state, "bare")


def test_safetensors_with_and_without_its_suffix(tiny: Tensors, save: Save) -> None:
    path = save(tiny, "weights.safetensors")
    assert_holds(path, tiny, "safetensors")
    assert_holds(path.rename(path.with_name("blob")), tiny, "safetensors")


def test_a_file_without_checksums(tiny: Tensors, save: Save) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        path = save(tiny)
    finally:
        torch.serialization.set_crc32_options(True)
    assert_holds(path, tiny, "bare")


def test_a_byte_that_changed_is_noticed(tiny: Tensors, save: Save) -> None:
    path = save(tiny)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"checksum .* is wrong"):
        read_checkpoint(path)


def test_the_other_byte_order(save: Save) -> None:
    """As a big-endian machine writes: the bytes of every number the other way round, and a record that says so."""
    state = {"a": torch.arange(6.0), "b": torch.arange(3)}
    path = save(state)
    other = path.with_name("other.pth")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for record in source.infolist():
            content = source.read(record)
            if record.filename.endswith("byteorder"):
                content = b"big" if sys.byteorder == "little" else b"little"
            elif "/data/" in record.filename:
                size = 4 if record.filename.endswith("/0") else 8
                content = b"".join(content[i : i + size][::-1] for i in range(0, len(content), size))
            target.writestr(record.filename, content)
    assert_holds(other, state, "bare")


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(CheckpointError, match="nothing at"):
            read_checkpoint(path)


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors", "old.pth"])
def test_refuses_a_truncated_file(tiny: Tensors, save: Save, name: str) -> None:
    path = save(tiny, name, **({"_use_new_zipfile_serialization": False} if name == "old.pth" else {}))
    whole = path.read_bytes()
    for kept in (5, 30, 1000, len(whole) // 2, len(whole) - 7):
        path.write_bytes(whole[:kept])
        with pytest.raises(CheckpointError, match=r"a complete .*download it again") as caught:
            read_checkpoint(path)
        assert name in caught.value.found


@pytest.mark.parametrize(
    "content", ["", "not a checkpoint\n" * 20, "<!DOCTYPE html><html>Sign in</html>", '{"a": 1}', "\x89PNG\r\n"]
)
@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_refuses_files_of_other_kinds(tmp_path: Path, content: str, name: str) -> None:
    (tmp_path / name).write_text(content, encoding="latin-1")
    with pytest.raises(CheckpointError, match="download it again") as caught:
        read_checkpoint(tmp_path / name)
    assert "unpickling" not in str(caught.value)  # an error page is no attack


@pytest.mark.parametrize(
    ("content", "found"),
    [([1, 2], "with a list"), ({"epoch": 3, "arch": "x"}, "entries epoch, arch"), ({}, r"\(none\)"), (7, "with a int")],
)
def test_refuses_files_without_tensors(save: Save, content: Any, found: str) -> None:
    with pytest.raises(CheckpointError, match=found) as caught:
        read_checkpoint(save(content))
    assert "state_dict, model_state_dict, model" in caught.value.expected


def test_a_torchscript_program_is_named(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2)), tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match="TorchScript program") as caught:
        read_checkpoint(tmp_path / "w.pth")
    assert "state_dict()" in caught.value.fix


def test_a_plain_pickle_of_arrays(tmp_path: Path) -> None:
    """As detectron2 publishes them."""
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.asfortranarray(np.ones((2, 3), ">f4"))}
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"model": arrays, "matching": True}))
    found = read_checkpoint(tmp_path / "w.pkl").entries[0]
    assert found.name == "model"
    assert {key: value.tolist() for key, value in found.tensors.items()} == {k: v.tolist() for k, v in arrays.items()}


def test_a_plain_pickle_of_tensors(tiny: Tensors, tmp_path: Path) -> None:
    """``pickle.dump`` puts a small file of ``torch.save`` in the place of every tensor's numbers."""
    tied = {**tiny, "half": torch.arange(6.0).half().reshape(2, 3).T}
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"state_dict": tied}))
    assert_holds(tmp_path / "w.pkl", tied, "training file, entry 'state_dict'")


def test_what_is_not_chosen_is_not_read(tiny: Tensors, save: Save) -> None:
    """The numbers of an optimizer may be missing from the file: nobody needs them."""
    path = save({"state_dict": tiny, "optimizer": {"state": {0: torch.full((50_000,), 3.0)}}})
    whole = path.read_bytes()
    place = whole.index(torch.full((50_000,), 3.0).numpy().tobytes())
    path.write_bytes(whole[:place] + bytes(200_000) + whole[place + 200_000 :])
    assert_holds(path, tiny, "entry 'state_dict'")
