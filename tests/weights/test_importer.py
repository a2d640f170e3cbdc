from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import mobileseg
from mobileseg.errors import CheckpointError, RequestError
from mobileseg.models.registry import MODELS
from mobileseg.weights.importer import model_from_weights

Tensors = dict[str, Tensor]
Save = Callable[..., Path]
Run = Callable[[nn.Module], Tensor]
PREFIX = "backbone."
HEAD = "decode_head."


def bare(tensors: Tensors) -> Tensors:
    return {key.removeprefix(PREFIX): value for key, value in tensors.items() if key.startswith(PREFIX)}


def assert_has(model: nn.Module, expected: Tensors) -> None:
    state = model.state_dict()
    assert all(torch.equal(state[key], value) for key, value in expected.items())


def test_every_tensor_arrives_and_outputs_are_the_same_each_time(tiny: Tensors, save: Save, output_of: Run) -> None:
    path = save({"meta": {}, "state_dict": tiny})
    model = mobileseg.create_model("seaformer-tiny", num_classes=5, seed=9)
    random = output_of(model)
    report = mobileseg.load_weights(model, str(path))
    assert (report.loaded, report.missing, report.unexpected) == (len(tiny), (), ())
    assert report.head_trained
    assert report.weights.kind == "file"
    assert report.layout.startswith("mmcv runner")
    assert_has(model, tiny)
    first = output_of(model)
    assert not torch.equal(first, random)
    mobileseg.load_weights(model, str(path))
    assert torch.equal(output_of(model), first)
    assert torch.equal(output_of(mobileseg.create_model("seaformer-tiny", weights=str(path))), first)


def test_the_number_of_classes_is_the_file_s(tiny: Tensors, tiny_cls: Tensors, save: Save) -> None:
    path = str(save(tiny))
    assert mobileseg.create_model("seaformer-tiny", weights=path).mobileseg_classes == 5
    assert mobileseg.create_model("seaformer-tiny", num_classes=5, weights=path).mobileseg_classes == 5
    classifier = mobileseg.create_model("seaformer-tiny-cls", weights=str(save(tiny_cls)))
    assert classifier.mobileseg_classes == 7
    assert_has(classifier, tiny_cls)


LAST = (f"{HEAD}conv_seg.weight", f"{HEAD}conv_seg.bias")


def test_another_number_of_classes_takes_all_but_the_last_layer(
    tiny: Tensors, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    path = save(tiny)
    fresh = mobileseg.create_model("seaformer-tiny", num_classes=19, seed=7).state_dict()
    model = mobileseg.create_model("seaformer-tiny", num_classes=19, weights=path, seed=7)
    assert model.mobileseg_classes == 19
    assert_has(model, {key: value for key, value in tiny.items() if key not in LAST})
    assert_has(model, {key: fresh[key] for key in LAST})
    assert caplog.messages == [
        "weights.pth has another number of classes: decode_head.conv_seg is random, to be trained; all else is loaded"
    ]
    report = mobileseg.load_weights(model, path, other_classes=True)
    assert (report.untrained, report.missing, report.unexpected, report.left_out) == (LAST, (), (), ())
    assert report.loaded == len(tiny) - 2
    assert not report.head_trained


def test_whoever_does_not_ask_for_it_is_refused(tiny: Tensors, save: Save) -> None:
    path = save(tiny)
    with pytest.raises(CheckpointError, match=r"150 classes, as requested; found 5 in .*weights\.pth"):
        model_from_weights(MODELS["seaformer-tiny"], path, num_classes=150)
    with pytest.raises(CheckpointError, match="150 classes, as the model has; found 5") as caught:
        mobileseg.load_weights(mobileseg.create_model("seaformer-tiny"), path)
    assert "num_classes=5" in caught.value.fix and "other_classes=True" in caught.value.fix


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("seaformer-tiny-cls", {"linear"}),
        ("van-b0", {"head"}),
        ("van-b0-upernet", {"decode_head.conv_seg", "auxiliary_head.conv_seg"}),
        ("topformer-tiny", {"decode_head.conv_seg"}),
        ("axial-deeplab-xs", {"decode_head.semantic.head.predict"}),
        ("sasa-resnet26-seg", {"decode_head.head.predict"}),
    ],
)
def test_the_last_layer_of_every_kind_of_head(save: Save, name: str, last: set[str]) -> None:
    state = dict(mobileseg.create_model(name, num_classes=4, seed=1).state_dict())
    model = mobileseg.create_model(name, num_classes=6)
    report = mobileseg.load_weights(model, save(state), other_classes=True)
    assert {key.rpartition(".")[0] for key in report.untrained} == last
    assert_has(model, {key: value for key, value in state.items() if key.rpartition(".")[0] not in last})


def test_another_width_is_no_other_number_of_classes(tiny: Tensors, save: Save) -> None:
    wide = {**tiny, LAST[0]: torch.ones(5, 7, 1, 1)}
    with pytest.raises(CheckpointError, match="another shape"):
        mobileseg.create_model("seaformer-tiny", num_classes=9, weights=save(wide))


def test_an_object_in_place_of_a_tensor_is_refused(tiny: Tensors, save: Save) -> None:
    key = f"{HEAD}linear_fuse.bn.weight"
    for prefix in ("", "module.", "model."):
        content = {f"{prefix}{name}": value for name, value in tiny.items()} | {f"{prefix}{key}": Path("x")}
        with pytest.raises(
            CheckpointError, match=rf"{key} of weights\.pth needs arbitrary unpickling \(pathlib\S*Path\)"
        ):
            mobileseg.create_model("seaformer-tiny", weights=save({"state_dict": content}))


def test_an_object_beside_the_tensors_is_left_unread(tiny: Tensors, save: Save) -> None:
    model = mobileseg.create_model("seaformer-tiny", num_classes=5)
    report = mobileseg.load_weights(model, save({**tiny, "_extra_state": Path("x"), "epoch": 3}))
    assert len(report.unread) == 1
    assert list(report.notes()) == [f"weights.pth: left unread: objects of {report.unread[0]}"]


def test_whole_numbers_in_place_of_weights_are_refused(tiny: Tensors, save: Save) -> None:
    """A quantized file without its scales has all keys and all shapes."""
    key = f"{PREFIX}smb1.stem_block.0.c.weight"
    path = save({**tiny, key: torch.ones(tiny[key].shape, dtype=torch.int8)})
    with pytest.raises(CheckpointError, match=rf"1 of another kind \(first {key}: int8 instead of floating point"):
        mobileseg.create_model("seaformer-tiny", weights=path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_weights_that_are_not_finite_are_refused(tiny: Tensors, save: Save, value: float, dtype: torch.dtype) -> None:
    key = f"{PREFIX}smb1.stem_block.0.c.weight"
    bad = tiny[key].to(dtype, copy=True)
    bad[0, 0, 0, 0] = value
    with pytest.raises(CheckpointError, match=f"NaN or infinity in 1 tensors .*first {key}"):
        mobileseg.create_model("seaformer-tiny", weights=save({**tiny, key: bad}))
    beside = save({**tiny, "criterion.weight": torch.tensor([value])})
    assert mobileseg.create_model("seaformer-tiny", weights=beside).mobileseg_classes == 5


def test_names_of_the_classes_come_with_the_weights(tiny: Tensors, save: Save) -> None:
    model = mobileseg.create_model("seaformer-tiny", num_classes=5)
    names = ("a", "b", "c", "d", "e")
    report = mobileseg.load_weights(model, save({"state_dict": tiny, "meta": {"CLASSES": names}}))
    assert report.labels is not None and report.labels.names == names
    fewer = mobileseg.load_weights(model, save({"state_dict": tiny, "meta": {"CLASSES": names[:3]}}))
    assert fewer.labels is None


def test_a_classifier_s_file_starts_a_segmenter(tiny_cls: Tensors, save: Save) -> None:
    model = mobileseg.create_model("seaformer-tiny", num_classes=3, seed=5)
    untouched = {key: value.clone() for key, value in model.state_dict().items() if key.startswith(HEAD)}
    report = mobileseg.load_weights(model, str(save({"state_dict": tiny_cls})))
    assert not report.head_trained
    assert set(report.missing) == set(untouched)
    assert set(report.unexpected) == {f"{PREFIX}linear.weight", f"{PREFIX}linear.bias"}
    assert report.loaded == len(model.state_dict()) - len(untouched)
    assert_has(model, untouched)
    assert_has(model, {f"{PREFIX}{key}": value for key, value in tiny_cls.items() if not key.startswith("linear.")})


def test_a_bare_backbone_starts_a_segmenter_with_the_requested_classes(tiny: Tensors, save: Save) -> None:
    model, report = model_from_weights(MODELS["seaformer-tiny"], str(save(bare(tiny))), num_classes=4)
    assert model.mobileseg_classes == 4
    assert not report.head_trained
    assert report.unexpected == ()
    assert_has(model, {key: value for key, value in tiny.items() if key.startswith(PREFIX)})


def test_backbone_prefix_is_taken_off_for_a_classifier(tiny_cls: Tensors, save: Save) -> None:
    prefixed = {f"{PREFIX}{key}": value for key, value in tiny_cls.items()}
    assert_has(mobileseg.create_model("seaformer-tiny-cls", weights=str(save(prefixed))), tiny_cls)


def test_a_classifier_without_its_classifier_is_refused(tiny: Tensors, save: Save) -> None:
    with pytest.raises(CheckpointError, match=r"2 missing \(linear\.weight, linear\.bias\)"):
        mobileseg.create_model("seaformer-tiny-cls", weights=str(save(bare(tiny))))


def test_another_variant_is_refused_with_both_names(tiny: Tensors, small: Tensors, save: Save) -> None:
    path = str(save(small))
    asked = [("seaformer-tiny", None), ("seaformer-base", 150), ("seaformer-tiny", 5), ("seaformer-tiny-cls", None)]
    for name, classes in asked:
        with pytest.raises(CheckpointError, match=rf"checkpoint of {name}; found one of seaformer-small \(") as caught:
            mobileseg.create_model(name, num_classes=classes, weights=path)
        assert caught.value.fix == "use the model seaformer-small"
    model = mobileseg.create_model("seaformer-tiny", num_classes=5)
    with pytest.raises(CheckpointError, match="seaformer-tiny; found one of seaformer-small"):
        mobileseg.load_weights(model, path)
    with pytest.raises(CheckpointError, match="seaformer-small; found one of seaformer-tiny"):
        mobileseg.create_model("seaformer-small", weights=str(save(tiny)))


def test_another_variant_s_classifier_is_refused_with_both_names(tiny_cls: Tensors, save: Save) -> None:
    with pytest.raises(CheckpointError, match="seaformer-base; found one of seaformer-tiny-cls"):
        mobileseg.create_model("seaformer-base", weights=str(save(tiny_cls)))


FAMILIES = {
    "TopFormer": ("tpm.stem.0.c.weight", "trans.blocks_token.0.attn.to_q.c.weight"),
    "VAN": ("patch_embed1.proj.weight", "block1.0.attn.spatial_gating_unit.conv0.weight"),
    "Axial-ResNet": ("conv1.weight", "layer1.0.hight_block.qkv_transform.weight"),
    "SASA-ResNet": ("conv1.weight", "layer1.0.conv1.weight", "layer1.0.conv2.conv_qkv.weight"),
    "ResNet": ("conv1.weight", "layer1.0.conv1.weight"),
}


@pytest.mark.parametrize(
    ("family", "prefix", "name"),
    [
        ("TopFormer", PREFIX, "seaformer-tiny"),
        ("TopFormer", f"module.{PREFIX}", "seaformer-small"),
        ("VAN", "", "seaformer-tiny"),
        ("VAN", PREFIX, "seaformer-base-cls"),
        ("Axial-ResNet", "module.", "seaformer-tiny-cls"),
        ("SASA-ResNet", "", "seaformer-large"),
        ("ResNet", PREFIX, "seaformer-tiny"),
    ],
)
def test_another_family_is_refused_with_both_names(save: Save, family: str, prefix: str, name: str) -> None:
    path = save({f"{prefix}{key}": torch.zeros(4, 3, 3, 3) for key in FAMILIES[family]})
    with pytest.raises(CheckpointError, match=rf"{name}; found .*\b(?<!-){family}\b"):
        mobileseg.create_model(name, weights=str(path))


@pytest.mark.parametrize(
    "key",
    [
        f"{PREFIX}smb1.stem_block.0.c.weight",
        f"{PREFIX}smb2.layer1.conv.0.c.weight",
        f"{HEAD}conv_seg.bias",
        f"{HEAD}linear_fuse.bn.weight",
    ],
)
def test_a_missing_key_is_named(tiny: Tensors, save: Save, key: str) -> None:
    path = save({name: value for name, value in tiny.items() if name != key})
    assert key in tiny
    with pytest.raises(CheckpointError, match=rf"1 missing \({key}\)"):
        mobileseg.create_model("seaformer-tiny", weights=str(path))


@pytest.mark.parametrize("key", ["extra.weight", f"{PREFIX}linear.weight", f"{HEAD}auxiliary.bias"])
def test_an_unexpected_key_is_named(tiny: Tensors, save: Save, key: str) -> None:
    named = key if key.startswith((PREFIX, HEAD)) else rf"({PREFIX})?{key}"
    with pytest.raises(CheckpointError, match=rf"1 unexpected \({named}\)"):
        mobileseg.create_model("seaformer-tiny", weights=str(save({**tiny, key: torch.ones(1)})))


def test_many_keys_are_counted_and_some_named(tiny: Tensors, save: Save) -> None:
    lacking = list(tiny)[10:30]
    path = save({k: v for k, v in tiny.items() if k not in lacking})
    with pytest.raises(CheckpointError, match=r"20 missing .*, \.\.\.\)") as caught:
        mobileseg.create_model("seaformer-tiny", weights=str(path))
    assert lacking[0] in caught.value.found


def test_a_tensor_of_another_shape_is_named_with_both_shapes(tiny: Tensors, save: Save) -> None:
    key = f"{HEAD}linear_fuse.bn.weight"
    length = len(tiny[key])
    with pytest.raises(CheckpointError, match=rf"first {key}: \(3,\) instead of \({length},\)"):
        mobileseg.create_model("seaformer-tiny", weights=str(save({**tiny, key: torch.ones(3)})))


def test_unknown_tensors_are_listed(save: Save) -> None:
    with pytest.raises(CheckpointError, match=r"missing .*1 unexpected \(\S*strange\.thing\)"):
        mobileseg.create_model("seaformer-tiny", weights=str(save({"strange.thing": torch.ones(2)})))


def test_a_refused_file_leaves_the_model_unchanged(tiny: Tensors, save: Save) -> None:
    model = mobileseg.create_model("seaformer-tiny", num_classes=5, seed=8)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(CheckpointError):
        mobileseg.load_weights(model, str(save({**tiny, "extra": torch.ones(1)})))
    assert_has(model, before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(tiny: Tensors, save: Save, dtype: torch.dtype, output_of: Run) -> None:
    stored = {key: value.to(dtype) if value.is_floating_point() else value for key, value in tiny.items()}
    model = mobileseg.create_model("seaformer-tiny", weights=str(save(stored, "weights.safetensors")))
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert_has(model, {key: value.float() if value.is_floating_point() else value for key, value in stored.items()})
    assert output_of(model).isfinite().all()


def test_a_foreign_module_is_refused(tiny: Tensors, save: Save) -> None:
    with pytest.raises(RequestError, match=r"create_model; found Conv2d"):
        mobileseg.load_weights(nn.Conv2d(3, 3, 1), str(save(tiny)))
