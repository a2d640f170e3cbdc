"""Checkpoints as people bring them, on the command line: what is said, what comes out."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Run
from PIL import Image
from scenes import make_scenes

import mobileseg as package
from mobileseg.weights.records import bundled

SIZE = ("--size", "64x96")
Tensors = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def states() -> tuple[Tensors, Tensors]:
    """Two networks with three classes."""
    one, two = (dict(package.create_model("seaformer-tiny", num_classes=3, seed=seed).state_dict()) for seed in (3, 4))
    return one, two


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def predict(mobileseg: Run, photo: Path, weights: Path, *more: object) -> tuple[list[str], np.ndarray]:
    """The lines about the weights, and the mask."""
    output = photo.parent / "out"
    done = mobileseg(
        "predict", "seaformer-tiny", photo, "--weights", weights, *SIZE, "--masks", "-o", output, "--force", *more
    )
    assert done.returncode == 0, done.stderr
    said = [line.partition("] ")[2] for line in done.stderr.splitlines() if f"{weights.name}: " in line]
    return said, np.asarray(Image.open(next(output.iterdir())))


def mask(photo: Path, weights: Path) -> np.ndarray:
    """The same, from Python."""
    found = package.predict("seaformer-tiny", photo, weights=weights, size=(64, 96)).images[0].classes
    assert found is not None
    return found


def test_a_line_each_says_what_was_left_out_and_unread(
    mobileseg: Run, photo: Path, tmp_path: Path, states: tuple[Tensors, Tensors]
) -> None:
    plain = states[0]
    torch.save(plain, tmp_path / "plain.pth")
    content = {f"model._orig_mod.{key}": value for key, value in plain.items()} | {"criterion.weight": torch.ones(3)}
    more = {"pytorch-lightning_version": "2", "hyper_parameters": {"path": Path("x"), "lr": np.float64(1)}}
    torch.save({"state_dict": content, **more}, tmp_path / "lightning.ckpt")
    said, found = predict(mobileseg, photo, tmp_path / "lightning.ckpt")
    assert np.array_equal(found, mask(photo, tmp_path / "plain.pth"))
    assert len(said) == 2
    assert said[0] == "lightning.ckpt: left out, beside the network: criterion (1 tensor)"
    assert said[1].startswith("lightning.ckpt: left unread: objects of pathlib")


def test_plain_or_averaged(mobileseg: Run, photo: Path, tmp_path: Path, states: tuple[Tensors, Tensors]) -> None:
    for name, state in zip(("plain", "averaged"), states, strict=True):
        torch.save(state, tmp_path / f"{name}.pth")
    torch.save({"model": states[0], "model_ema": states[1]}, tmp_path / "both.pth")
    plain, averaged = (mask(photo, tmp_path / f"{name}.pth") for name in ("plain", "averaged"))
    assert not np.array_equal(plain, averaged)
    said, found = predict(mobileseg, photo, tmp_path / "both.pth")
    assert np.array_equal(found, averaged)
    assert len(said) == 1 and "took the averaged ones; --no-ema takes the others" in said[0]
    assert np.array_equal(predict(mobileseg, photo, tmp_path / "both.pth", "--no-ema")[1], plain)


@pytest.mark.slow
def test_an_artifact_remembers_which_of_the_two_it_has(
    mobileseg: Run, tmp_path: Path, states: tuple[Tensors, Tensors]
) -> None:
    meta = {"CLASSES": ("ground", "sky", "disc"), "PALETTE": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}
    torch.save({"state_dict": states[0], "ema_state_dict": states[1], "meta": meta}, tmp_path / "both.pth")
    done = mobileseg(
        "export", "seaformer-tiny", "--target", "onnx", "--weights", "both.pth", "--no-ema", *SIZE, "-o", "a.onnx"
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "a.onnx.json").read_text())
    assert manifest["weights"]["ema"] is False
    assert manifest["output"]["classes"] == ["ground", "sky", "disc"]
    assert manifest["output"]["palette"] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    from mobileseg.export.artifact import open_artifact
    from mobileseg.export.evaluation.reference import reference_of

    model = reference_of(open_artifact(tmp_path / "a.onnx").manifest, folder=tmp_path)
    assert all(torch.equal(value, states[0][key]) for key, value in model.state_dict().items())


@pytest.mark.slow
def test_finetune_takes_weights_with_other_classes(
    mobileseg: Run, tmp_path: Path, states: tuple[Tensors, Tensors]
) -> None:
    base = dict(package.create_model("seaformer-tiny", num_classes=19, seed=3).state_dict())
    torch.save({"model": base, "ema": dict(base)}, tmp_path / "base.pth")
    data = make_scenes(tmp_path / "scenes", "masks")
    small = ("--data", data, *SIZE, "--crop", "64x64", "--batch-size", 4, "--epochs", 1)
    done = mobileseg(
        "finetune", "seaformer-tiny", *small, "--weights", "base.pth", "--no-weights-ema", "-o", "w.safetensors"
    )
    assert done.returncode == 0, done.stderr
    assert "--weights-ema takes the others" in done.stderr  # the option of this verb: --ema is the decay here
    assert "another number of classes: decode_head.conv_seg is random, to be trained" in done.stderr
    assert package.create_model("seaformer-tiny", weights=tmp_path / "w.safetensors").mobileseg_classes == 3
    refused = mobileseg(
        "finetune",
        "seaformer-tiny",
        "--data",
        data,
        "--size",
        "64x96",
        "--int8",
        "--weights",
        "base.pth",
        "-o",
        "q.safetensors",
    )
    assert refused.returncode == 2, refused.stderr
    assert "19" in refused.stderr


def shown(done: subprocess.CompletedProcess[str], title: str) -> str:
    assert done.returncode == 0, done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith(title)).removeprefix(title).strip()


def test_info_and_list_say_what_a_licence_forbids(mobileseg: Run) -> None:
    licence = bundled("seaformer-tiny")["camvid11-v1"].licence
    info = mobileseg("info", "seaformer-tiny")
    assert shown(info, "bundled weights") == "street-v1: Apache-2.0 (forbids: nothing)"
    assert f"camvid11-v1: {licence} (forbids: commercial use)" in info.stdout
    assert shown(info, "their licence") == "Apache-2.0, that of the authors' code (forbids: nothing)"
    van = mobileseg("info", "van-b0")
    assert shown(van, "their licence").endswith("(forbids: commercial use without asking the authors)")
    said = {line.split()[0]: line for line in mobileseg("list").stdout.splitlines() if line}
    assert "street-v1 (bundled); camvid11-v1 (bundled, no commercial use)" in said["seaformer-tiny"]
    assert all("no commercial use without asking the authors" in said[name] for name in ("van-b0", "van-b2-fpn"))
    assert "no commercial" not in said["axial-swidernet-1-1-1"]


def test_info_gives_no_address_that_weights_refuses(mobileseg: Run) -> None:
    found = [a for name in package.list_models() for a in re.findall(r"\w+://\S+", package.model_info(name).to_json())]
    assert found and all(address.startswith("https://") for address in found)
    said = shown(mobileseg("info", "axial-resnet26-s"), "official weights")
    assert "by hand" in said and "http://" not in said
    done = mobileseg("export", "axial-resnet26-s", "--target", "onnx", "--weights", "official")
    assert done.returncode == 2 and "plain http" in done.stderr and "by hand" in done.stderr


def test_names_inside_a_file_are_those_of_the_prediction(
    photo: Path, tmp_path: Path, states: tuple[Tensors, Tensors]
) -> None:
    meta = {"dataset_meta": {"classes": ("ground", "sky", "disc")}}
    torch.save({"state_dict": states[0], "meta": meta}, tmp_path / "named.pth")
    found = package.predict("seaformer-tiny", photo, weights=tmp_path / "named.pth", size=(64, 96))
    assert found.names == ("ground", "sky", "disc")
