from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import mobileseg
from mobileseg.errors import CheckpointError
from mobileseg.weights.reading.checkpoint import digest, read_checkpoint

Tensors = dict[str, Tensor]
Save = Callable[..., Path]


@pytest.fixture
def sharded(tiny: Tensors, tmp_path: Path) -> Path:
    """The index of the tiny network in three shards."""
    names = [f"model-0000{i}-of-00003.safetensors" for i in (1, 2, 3)]
    where = {key: names[number % 3] for number, key in enumerate(tiny)}
    for name in names:
        save_file({key: tiny[key] for key in tiny if where[key] == name}, tmp_path / name)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": where}))
    return index


def test_shards_with_their_index(sharded: Path, tiny: Tensors) -> None:
    found = read_checkpoint(sharded)
    assert found.kind == "safetensors in 3 shards"
    assert found.sha256 == digest(sharded)
    model = mobileseg.create_model("seaformer-tiny", weights=sharded)
    assert all(torch.equal(value, tiny[key]) for key, value in model.state_dict().items())
    of_folder = mobileseg.create_model("seaformer-tiny", weights=sharded.parent)
    assert all(torch.equal(value, tiny[key]) for key, value in of_folder.state_dict().items())


def test_another_shard_is_another_digest(sharded: Path) -> None:
    before = digest(sharded)
    save_file({"a": torch.ones(1)}, sharded.with_name("model-00002-of-00003.safetensors"))
    assert digest(sharded) != before


def test_shards_of_torch_save(tiny: Tensors, tmp_path: Path) -> None:
    keys = list(tiny)
    where = {key: f"part{int(number > 50)}.bin" for number, key in enumerate(keys)}
    for name in set(where.values()):
        torch.save({key: tiny[key] for key in keys if where[key] == name}, tmp_path / name)
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": where}))
    assert mobileseg.create_model("seaformer-tiny", weights=tmp_path).mobileseg_classes == 5


def test_a_missing_shard_is_named(sharded: Path) -> None:
    sharded.with_name("model-00003-of-00003.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"1 missing: model-00003-of-00003\.safetensors"):
        read_checkpoint(sharded)
    with pytest.raises(CheckpointError, match=r"1 missing"):
        digest(sharded)


@pytest.mark.parametrize("name", ["../x.safetensors", "/etc/passwd", "a/b.safetensors", "..\\x", 7, None])
def test_a_shard_elsewhere_is_refused(tmp_path: Path, name: object) -> None:
    (tmp_path / "w.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(CheckpointError, match="in its own folder"):
        read_checkpoint(tmp_path / "w.index.json")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"weight_map": []}', '{"weight_map": {"a": []}}', "[" * 100_000, "\xff"]
)
def test_another_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.index.json").write_bytes(text.encode("latin1"))
    with pytest.raises(CheckpointError, match="index of shards"):
        read_checkpoint(tmp_path / "w.index.json")


def test_a_single_shard_is_not_the_checkpoint(sharded: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"all 3 shards .*give their index, such as \S*model\.safetensors\.index\.json"
    ):
        mobileseg.create_model("seaformer-tiny", weights=sharded.with_name("model-00001-of-00003.safetensors"))
