from __future__ import annotations

import argparse
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mobileseg.errors import CheckpointError
from mobileseg.files import sha256
from mobileseg.weights.checkpoint import read_checkpoint

Tensors = dict[str, Tensor]
Save = Callable[..., Path]


def assert_holds(path: Path, expected: Tensors, layout: str) -> None:
    found = read_checkpoint(path)
    assert layout in found.layout
    assert found.sha256 == sha256(path)
    assert found.tensors.keys() == expected.keys()
    assert all(torch.equal(found.tensors[key], value) for key, value in expected.items())


def test_mmcv_runner_file(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    meta = {"epoch": 315, "iter": 160000, "config": "model = dict()", "CLASSES": ("road",), "PALETTE": [[1, 2, 3]]}
    content = {"meta": meta, "state_dict": OrderedDict(tiny), "optimizer": {"state": {0: tiny_ema}, "param_groups": []}}
    assert_holds(save(content), tiny, "mmcv runner file, entry 'state_dict'")


def test_timm_saver_file_gives_the_averaged_weights(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    arguments = argparse.Namespace(model="seaformer_tiny", lr=5e-4, mean=[0.5], opt_betas=None, flags={"amp": True})
    content = {"epoch": 3, "arch": "seaformer", "state_dict": tiny, "optimizer": {}, "version": 2, "args": arguments}
    assert_holds(save(content), tiny, "entry 'state_dict'")
    assert_holds(save({**content, "state_dict_ema": tiny_ema, "metric": 68.1}), tiny_ema, "entry 'state_dict_ema'")


def test_training_file_with_a_model_entry(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    assert_holds(save({"model": tiny, "optimizer": {}, "lr_scheduler": {}, "epoch": 1}), tiny, "entry 'model'")
    assert_holds(save({"model": tiny, "state_dict": tiny_ema}), tiny_ema, "entry 'state_dict'")
    assert_holds(save({"model": tiny, "state_dict": {}, "state_dict_ema": None}), tiny, "entry 'model'")
    assert_holds(save({"net": tiny, "optim": {"state": {0: tiny_ema}}, "epoch": 99}), tiny, "entry 'net'")


def test_bare_state_dict_of_either_format(tiny: Tensors, save: Save) -> None:
    assert_holds(save(OrderedDict(tiny)), tiny, "bare state_dict")
    assert_holds(save(tiny, "old.pth", _use_new_zipfile_serialization=False), tiny, "bare state_dict")


def test_safetensors_with_and_without_its_suffix(tiny: Tensors, save: Save) -> None:
    path = save(tiny, "weights.safetensors")
    assert_holds(path, tiny, "safetensors")
    assert_holds(path.rename(path.with_name("blob")), tiny, "safetensors")


def test_the_module_prefix_is_removed_if_every_key_has_it(tiny: Tensors, save: Save) -> None:
    prefixed = {f"module.{key}": value for key, value in tiny.items()}
    assert_holds(save({"state_dict": prefixed}), tiny, "state_dict")
    assert_holds(save(prefixed, "weights.safetensors"), tiny, "safetensors")
    own_child = {"module.weight": torch.ones(1), "bias": torch.ones(1)}
    assert_holds(save(own_child), own_child, "bare")


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
    assert "state_dict_ema, state_dict, model" in caught.value.expected


class Payload:
    """Unpickling it calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["beside", "root"])
@pytest.mark.parametrize("way", ["module", "builtin"])
def test_refuses_to_run_code_in_a_file(
    tiny: Tensors, save: Save, tmp_path: Path, way: str, place: str, zipped: bool
) -> None:
    marker = tmp_path / "executed"
    payload = (
        Payload(os.mkdir, str(marker)) if way == "module" else Payload(exec, f"import os; os.mkdir({str(marker)!r})")
    )
    path = save(
        {"state_dict": tiny, "x": payload} if place == "beside" else payload, _use_new_zipfile_serialization=zipped
    )
    with pytest.raises(
        CheckpointError, match=r"needs arbitrary unpickling \(\S*(mkdir|exec)\), which could run code"
    ) as caught:
        read_checkpoint(path)
    assert not marker.exists()
    assert "torch.save(model.state_dict()" in caught.value.fix
    torch.load(path, weights_only=False)
    assert marker.exists()  # the payload was a live one


@pytest.mark.parametrize("content", [Path("x"), argparse.ArgumentTypeError()], ids=["path", "class"])
def test_refuses_objects_of_classes(tiny: Tensors, save: Save, content: object) -> None:
    with pytest.raises(CheckpointError, match=rf"unpickling \({type(content).__module__}\.{type(content).__name__}"):
        read_checkpoint(save({"state_dict": tiny, "args": argparse.Namespace(value=content)}))


def test_refuses_a_whole_pickled_module(save: Save) -> None:
    with pytest.raises(CheckpointError, match=r"unpickling \(torch\.nn\.modules\.linear\.Linear\)"):
        read_checkpoint(save({"model": torch.nn.Linear(2, 2)}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_refuses_weights_that_are_not_finite(tiny: Tensors, save: Save, value: float, dtype: torch.dtype) -> None:
    key = "backbone.smb1.stem_block.0.c.weight"
    bad = tiny[key].to(dtype, copy=True)
    bad[0, 0, 0, 0] = value
    with pytest.raises(CheckpointError, match=f"NaN or infinity in 1 tensors .*first {key}"):
        read_checkpoint(save({**tiny, key: bad}))
