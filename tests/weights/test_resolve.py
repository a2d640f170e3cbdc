from __future__ import annotations

from pathlib import Path

import pytest
import torch

import mobileseg
from mobileseg.errors import CheckpointError
from mobileseg.models.registry import MODELS
from mobileseg.weights.importer import model_from_weights
from mobileseg.weights.records import bundled
from mobileseg.weights.resolve import Weights, default_weights, resolve
from mobileseg.weights.retired import RETIRED, ROWS

TINY, BASE = MODELS["seaformer-tiny"], MODELS["seaformer-base"]


def test_a_bundled_name_comes_with_its_record_and_digest() -> None:
    found = resolve("camvid11", TINY)
    assert (found.kind, found.name) == ("bundled", "camvid11-v1")
    assert found.record is not None
    assert found.sha256 == found.record.sha256
    assert resolve("camvid11-v1", TINY) == found


def test_a_path_is_a_file_of_unknown_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights.pth").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("weights.pth", "~/weights.pth", str(tmp_path / "weights.pth")):
        found = resolve(name, BASE)
        assert found.kind == "file"
        assert found.name == "weights.pth"  # for records, which say nothing of this machine
        assert found.path.resolve() == tmp_path / "weights.pth"
        assert "not stated" in found.licence


def test_a_bundled_name_comes_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "camvid11").touch()
    monkeypatch.chdir(tmp_path)
    assert resolve("camvid11", TINY).kind == "bundled"
    assert resolve("./camvid11", TINY).kind == "file"


def test_refuses_what_is_neither() -> None:
    with pytest.raises(CheckpointError, match=r"seaformer-tiny \(street-v1, camvid11-v1\).*found 'camvid12'"):
        resolve("camvid12", TINY)
    with pytest.raises(CheckpointError, match=r"seaformer-base \(there are none\).*found 'camvid11'"):
        resolve("camvid11", BASE)


def test_default_weights_are_the_bundled_ones() -> None:
    assert default_weights(TINY) == "street-v1"  # which anyone may use for anything
    with pytest.raises(CheckpointError, match="--weights random") as caught:
        default_weights(BASE)
    assert "ADE20K" in caught.value.fix
    with pytest.raises(CheckpointError) as caught:
        default_weights(MODELS["van-b0"])
    assert "--weights official" in caught.value.fix


def test_weights_that_are_no_longer_bundled_say_what_became_of_them() -> None:
    with pytest.raises(
        CheckpointError, match=r"camvid11-v0 of seaformer-tiny is no longer bundled: camvid11-v1"
    ) as caught:
        resolve("camvid11-v0", TINY)
    assert "git show" in caught.value.fix


def test_every_retired_file_has_a_successor_and_another_digest() -> None:
    for row in ROWS:
        own = bundled(row.model)
        assert row.replaced_by in own
        assert row.name not in own and row.sha256 not in {record.sha256 for record in own.values()}
        assert RETIRED[row.sha256] is row


def test_a_folder_of_hugging_face(tmp_path: Path) -> None:
    for name in ("pytorch_model.bin", "model.safetensors", "model.safetensors.index.json"):
        (tmp_path / name).touch()
        assert resolve(tmp_path, BASE).path == tmp_path / name  # the better the later


def test_a_known_digest_is_checked() -> None:
    wrong = Weights("bundled", "camvid11", resolve("camvid11", TINY).path, "0" * 64)
    with pytest.raises(CheckpointError, match="sha256 0000"):
        model_from_weights(TINY, wrong)


def test_random_is_no_file_but_a_seed() -> None:
    one, two = (mobileseg.create_model("seaformer-tiny", weights="random", seed=seed).state_dict() for seed in (3, 4))
    again = mobileseg.create_model("seaformer-tiny", seed=3).state_dict()
    assert all(torch.equal(one[key], again[key]) for key in one)
    assert not all(torch.equal(one[key], two[key]) for key in one)
    with pytest.raises(CheckpointError, match="found 'random'"):
        mobileseg.load_weights(mobileseg.create_model("seaformer-tiny"), "random")
