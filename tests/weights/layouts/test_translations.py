"""Checkpoints with other projects' names, as those projects' own code names its parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import mobileseg
from mobileseg.errors import CheckpointError
from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS
from mobileseg.weights.identify import identify
from mobileseg.weights.layouts.translations import translation_of

Tensors = dict[str, Tensor]
Save = Callable[..., Path]
STEM = re.compile(r"(patch_embed|block|norm)(\d)\.(.+)")
HUGGING_FACE = {  # of a layer: our part, theirs in transformers/models/deprecated/van/modeling_van.py
    "norm1": "pre_normomalization", "norm2": "post_normalization", "attn.proj_1": "attention.pre_projection.conv",
    "attn.proj_2": "attention.post_projection", "attn.spatial_gating_unit.conv0": "attention.attention_layer.attention.depth_wise",
    "attn.spatial_gating_unit.conv_spatial": "attention.attention_layer.attention.depth_wise_dilated",
    "attn.spatial_gating_unit.conv1": "attention.attention_layer.attention.point_wise", "mlp.fc1": "mlp.in_dense",
    "mlp.dwconv.dwconv": "mlp.depth_wise", "mlp.fc2": "mlp.out_dense",
}  # fmt: skip
MMPRETRAIN = {
    "attn.spatial_gating_unit.conv0": "attn.spatial_gating_unit.DW_conv",
    "attn.spatial_gating_unit.conv_spatial": "attn.spatial_gating_unit.DW_D_conv", "mlp.dwconv.dwconv": "mlp.dwconv",
}  # fmt: skip
SIZES = ["van-b0", "van-b1", "van-b2", "van-b3"]


def hugging_face(key: str) -> str:
    found = STEM.fullmatch(key)
    if found is None:
        return key.replace("head.", "classifier.")
    stage, rest = f"van.encoder.stages.{int(found[2]) - 1}", found[3]
    if found[1] == "norm":
        return f"{stage}.normalization.{rest}"
    if found[1] == "patch_embed":
        return f"{stage}.embeddings.{rest.replace('proj.', 'convolution.').replace('norm.', 'normalization.')}"
    number, _, part = rest.partition(".")
    if part.startswith("layer_scale_"):
        return f"{stage}.layers.{number}.{'attention' if part.endswith('1') else 'mlp'}_scaling.weight"
    name, _, last = part.rpartition(".")
    return f"{stage}.layers.{number}.{HUGGING_FACE[name]}.{last}"


def mmpretrain(key: str) -> str:
    found = STEM.fullmatch(key)
    if found is None:
        return key.replace("head.", "head.fc.")
    if found[1] == "patch_embed":
        return f"backbone.{key.replace('.proj.', '.projection.')}"
    if found[1] == "block":
        number, _, part = found[3].partition(".")
        name, _, last = part.rpartition(".")
        part = part if part.startswith("layer_scale") else f"{MMPRETRAIN.get(name, name)}.{last}"
        return f"backbone.blocks{found[2]}.{number}.{part}"
    return f"backbone.{key}"


def mmsegmentation(key: str) -> str:
    return key.replace(".mlp.dwconv.dwconv.", ".mlp.dwconv.")


def small(name: str, classes: int = 7) -> Tensors:
    """A state of a model that takes no room on the disk, with numbers that tell the keys apart."""
    with torch.device("meta"):
        state = build(MODELS[name], classes).state_dict()
    return {
        key: torch.tensor(float(i)).to(value.dtype).expand(value.shape) for i, (key, value) in enumerate(state.items())
    }


def holds(model: torch.nn.Module, tensors: Tensors) -> bool:
    return all(torch.equal(value, tensors[key]) for key, value in model.state_dict().items() if key in tensors)


@pytest.fixture(scope="module")
def b0() -> Tensors:
    return dict(mobileseg.create_model("van-b0", num_classes=7, seed=1).state_dict())


@pytest.mark.parametrize("name", SIZES)
def test_hugging_face_s_van(save: Save, name: str) -> None:
    state = small(name)
    theirs = {hugging_face(key): value for key, value in state.items()}
    width = state["norm4.weight"].shape
    theirs |= {
        f"van.layernorm.{part}": torch.ones(width) for part in ("weight", "bias")
    }  # they have it, and never use it
    model = mobileseg.create_model(name, num_classes=7)
    report = mobileseg.load_weights(model, save(theirs))
    assert holds(model, state)
    assert report.layout == "bare state_dict, keys of Hugging Face transformers' VAN"
    assert report.left_out == ("van.layernorm.weight", "van.layernorm.bias")


def test_hugging_face_s_file_as_it_is_published(b0: Tensors, tmp_path: Path) -> None:
    save_file({hugging_face(key): value.contiguous() for key, value in b0.items()}, tmp_path / "model.safetensors")
    assert holds(mobileseg.create_model("van-b0", weights=tmp_path), b0)  # the folder of the repository


@pytest.mark.parametrize("name", ["van-b0-fpn", "van-b0-upernet", "van-b0-light"])
@pytest.mark.parametrize("theirs", [hugging_face, mmpretrain])
def test_a_translated_classifier_starts_a_segmenter(
    b0: Tensors, save: Save, theirs: Callable[[str], str], name: str
) -> None:
    model = mobileseg.create_model(name, num_classes=3)
    report = mobileseg.load_weights(model, save({theirs(key): value for key, value in b0.items()}))
    assert not report.head_trained
    assert holds(model, {f"backbone.{key}": value for key, value in b0.items() if not key.startswith("head.")})


def test_a_bare_hugging_face_backbone(b0: Tensors, save: Save) -> None:
    """``VanModel`` alone has no prefix and no classifier."""
    bare = {hugging_face(key).removeprefix("van."): value for key, value in b0.items() if not key.startswith("head.")}
    model = mobileseg.create_model("van-b0-light", num_classes=3)
    assert not mobileseg.load_weights(model, save(bare)).head_trained


@pytest.mark.parametrize("prefix", ["", "module.", "model.net."])
@pytest.mark.parametrize("theirs", [hugging_face, mmpretrain])
def test_with_a_prefix(b0: Tensors, save: Save, theirs: Callable[[str], str], prefix: str) -> None:
    model = mobileseg.create_model("van-b0", weights=save({f"{prefix}{theirs(key)}": v for key, v in b0.items()}))
    assert holds(model, b0)


@pytest.mark.parametrize("name", SIZES)
def test_mmpretrain_s_van(save: Save, name: str) -> None:
    state = small(name)
    content = {
        "meta": {"mmengine_version": "0.10"},
        "state_dict": {mmpretrain(key): value for key, value in state.items()},
    }
    model = mobileseg.create_model(name, num_classes=7)
    assert "OpenMMLab's VAN" in mobileseg.load_weights(model, save(content)).layout
    assert holds(model, state)


@pytest.mark.parametrize("name", ["van-b0-fpn", "van-b0-upernet", "van-b2-fpn"])
def test_mmsegmentation_s_van(save: Save, name: str) -> None:
    state = small(name)
    content = {mmsegmentation(key): value for key, value in state.items()} | {
        "data_preprocessor.mean": torch.ones(3, 1, 1)
    }
    assert not any(".dwconv.dwconv." in key for key in content)
    model = mobileseg.create_model(name, num_classes=7)
    mobileseg.load_weights(model, save({"meta": {}, "message_hub": {}, "state_dict": content}))
    assert holds(model, state)


@pytest.mark.parametrize("name", ["seaformer-tiny", "seaformer-large", "topformer-tiny", "topformer-base"])
def test_mmsegmentation_s_ports_keep_the_authors_names(save: Save, name: str) -> None:
    state = small(name)
    more = {"data_preprocessor.mean": torch.ones(3, 1, 1), "auxiliary_head.conv_seg.weight": torch.ones(7, 3, 1, 1)}
    model = mobileseg.create_model(name, num_classes=7)
    report = mobileseg.load_weights(model, save({"meta": {}, "message_hub": {}, "state_dict": {**state, **more}}))
    assert holds(model, state)
    assert set(report.left_out) == set(more)


def test_a_classifier_of_another_family_in_mmpretrain(save: Save) -> None:
    state = small("seaformer-tiny-cls")
    port = {
        f"backbone.{k}" if not k.startswith("linear.") else k.replace("linear.", "head.fc."): v
        for k, v in state.items()
    }
    assert holds(mobileseg.create_model("seaformer-tiny-cls", num_classes=7, weights=save(port)), state)


@pytest.mark.parametrize("theirs", [hugging_face, mmpretrain])
def test_another_size_is_refused_with_both_names(save: Save, theirs: Callable[[str], str]) -> None:
    path = save({theirs(key): value for key, value in small("van-b2", 1000).items()})
    with pytest.raises(CheckpointError, match=r"checkpoint of van-b1; found one of van-b2 \("):
        mobileseg.create_model("van-b1", weights=path)
    with pytest.raises(CheckpointError, match=r"checkpoint of seaformer-tiny; found one of van-b2 \("):
        mobileseg.create_model("seaformer-tiny", weights=path)


def test_a_translated_file_that_lacks_a_key_is_refused(b0: Tensors, save: Save) -> None:
    theirs = {hugging_face(key): value for key, value in b0.items() if key != "block3.1.mlp.fc2.bias"}
    with pytest.raises(CheckpointError, match=r"1 missing \(block3\.1\.mlp\.fc2\.bias\)"):
        mobileseg.create_model("van-b0", weights=save(theirs))


def test_the_authors_own_names_are_nobody_s(b0: Tensors) -> None:
    for name in MODELS:
        if name in ("van-b0", "seaformer-tiny", "topformer-tiny", "axial-deeplab-xs", "sasa-resnet26"):
            assert translation_of(small(name)) is None
    assert identify({hugging_face(key): value for key, value in b0.items()}) == "van-b0"
