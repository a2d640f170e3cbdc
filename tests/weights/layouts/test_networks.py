"""Prefixes in any order and nesting, and what lies beside the network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import mobileseg
from mobileseg.errors import CheckpointError
from mobileseg.models.registry import MODELS
from mobileseg.weights.layouts.networks import authors_keys, find_networks
from mobileseg.weights.layouts.wrappers import unwrap, unwrapped
from mobileseg.weights.report import LoadReport

Tensors = dict[str, Tensor]
Save = Callable[..., Path]
TINY = MODELS["seaformer-tiny"]
PREFIXES = [
    "module.", "_orig_mod.", "model.", "net.", "student.", "ema_model.", "model.module.", "module.model.", "_orig_mod.module.",
    "module._orig_mod.model.", "model._orig_mod.net.", "lit.segmentor.", "a.b.c.d.", "_forward_module.model.", "ema_model.module.",
]  # fmt: skip


def loads(path: Path, tensors: Tensors, name: str = "seaformer-tiny") -> LoadReport:
    """The report, where every tensor arrived."""
    classes = next(value for key, value in tensors.items() if key.endswith(MODELS[name].classifier_key)).shape[0]
    model = mobileseg.create_model(name, num_classes=classes, seed=9)
    report = mobileseg.load_weights(model, path)
    state = model.state_dict()
    assert all(torch.equal(state[key], value) for key, value in tensors.items())
    return report


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_found(tiny: Tensors, save: Save, prefix: str) -> None:
    report = loads(save({"state_dict": {f"{prefix}{key}": value for key, value in tiny.items()}}), tiny)
    assert (report.loaded, report.missing, report.unexpected, report.left_out) == (len(tiny), (), (), ())


@pytest.mark.parametrize("prefix", ["", "model.", "net.module."])
def test_a_prefix_of_a_classifier(tiny_cls: Tensors, save: Save, prefix: str) -> None:
    loads(save({f"{prefix}{key}": value for key, value in tiny_cls.items()}), tiny_cls, "seaformer-tiny-cls")


def test_wrappers_around_parts(tiny: Tensors, save: Save) -> None:
    """A compiled backbone, a head in DataParallel, blocks in activation checkpoints."""
    renamed = {
        key.replace("backbone.", "model.backbone._orig_mod.")
        .replace("decode_head.", "model.decode_head.module.")
        .replace(".transformer_blocks.0.", ".transformer_blocks.0._checkpoint_wrapped_module."): value
        for key, value in tiny.items()
    }
    assert loads(save(renamed), tiny).left_out == ()


def test_a_backbone_under_another_name(tiny: Tensors, save: Save) -> None:
    loads(save({key.replace("backbone.", "encoder."): value for key, value in tiny.items()}), tiny)


def test_a_bare_backbone_below_a_prefix(tiny: Tensors, save: Save) -> None:
    bare = {
        key.replace("backbone.", "model.encoder."): value for key, value in tiny.items() if key.startswith("backbone.")
    }
    report = mobileseg.load_weights(mobileseg.create_model("seaformer-tiny"), save(bare))
    assert not report.head_trained and report.loaded == len(bare)


PARTS = st.sampled_from(["module", "_orig_mod", "model", "net", "student", "segmentor", "x1", "_fsdp_wrapped_module"])


@settings(max_examples=60, deadline=None)
@given(st.lists(PARTS, max_size=5))
def test_any_prefix_gives_the_same_keys(parts: list[str]) -> None:
    own = {
        "backbone.smb1.stem_block.0.c.weight": torch.ones(1),
        "backbone.x.bias": torch.ones(1),
        TINY.classifier_key: torch.ones(2),
    }
    prefix = "".join(f"{part}." for part in parts)
    (found,) = find_networks(authors_keys({f"{prefix}{key}": value for key, value in own.items()}), TINY)
    assert found.tensors.keys() == own.keys()
    assert found.names == {key: f"{prefix}{key}" for key in own}
    assert found.parts == 2


BESIDE: dict[str, Tensors] = {
    "criterion": {"criterion.weight": torch.ones(3)},
    "losses": {"loss_fn.pos_weight": torch.ones(1), "train_loss.alpha": torch.ones(1)},
    "auxiliary_head": {"auxiliary_head.conv_seg.weight": torch.ones(3, 4, 1, 1), "auxiliary_head.0.x": torch.ones(1)},
    "preprocessor": {"data_preprocessor.mean": torch.ones(3, 1, 1), "data_preprocessor.std": torch.ones(3, 1, 1)},
    "ema": {"ema_backbone_smb1_stem_block_0_c_weight": torch.ones(1)},
    "metrics": {"val_iou.confmat": torch.ones(3, 3), "train_metrics.accuracy.tp": torch.ones(3)},
    "counters": {"backbone.other.num_batches_tracked": torch.tensor(3), "num_updates.steps": torch.tensor(3)},
    "loss_in_head": {"decode_head.loss_decode.class_weight": torch.ones(3)},
}


@pytest.mark.parametrize("prefix", ["", "model."])
@pytest.mark.parametrize("name", BESIDE)
def test_what_only_training_needs_is_left_out_and_named(
    tiny: Tensors, save: Save, name: str, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    more = {f"{prefix}{key}": value for key, value in BESIDE[name].items()}
    path = save({**{f"{prefix}{key}": value for key, value in tiny.items()}, **more})
    with caplog.at_level(logging.INFO, logger="mobileseg"):
        report = loads(path, tiny)
    assert set(report.left_out) == set(more)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1 and said[0].startswith("weights.pth: left out, beside the network: ")


def test_everything_beside_a_prefix_is_left_out(tiny: Tensors, save: Save, caplog: pytest.LogCaptureFixture) -> None:
    more = {
        f"{part}.{i}.weight": torch.ones(1)
        for part in ("criterion", "other", "a", "b", "c", "d", "e")
        for i in range(9)
    }
    path = save({"state_dict": {**{f"model.{key}": value for key, value in tiny.items()}, **more}})
    with caplog.at_level(logging.INFO, logger="mobileseg"):
        assert len(loads(path, tiny).left_out) == 63
    assert len(caplog.messages) == 1 and len(caplog.messages[0]) < 250 and "2 kinds more" in caplog.messages[0]


@pytest.mark.parametrize(
    "key",
    ["backbone.smb6.layer1.conv.0.c.weight", "decode_head.fuse9.local_embedding.conv.weight", "neck.convs.0.weight", "extra.weight",
     "decode_head.ema.weight", "decode_head.aux.weight", "backbone.teacher.weight"],
)  # fmt: skip
def test_a_surplus_of_the_network_itself_is_refused(tiny: Tensors, save: Save, key: str) -> None:
    with pytest.raises(CheckpointError, match=r"1 unexpected"):
        mobileseg.create_model("seaformer-tiny", weights=save({**tiny, key: torch.ones(1)}))
    prefixed = {f"model.{name}": value for name, value in {**tiny, key: torch.ones(1)}.items()}
    with pytest.raises(CheckpointError, match=r"1 unexpected"):
        mobileseg.create_model("seaformer-tiny", weights=save(prefixed))


def test_counters_may_be_missing_or_of_another_kind(tiny: Tensors, save: Save) -> None:
    counters = [key for key in tiny if key.endswith("num_batches_tracked")]
    assert counters
    without = {key: value for key, value in tiny.items() if key not in counters}
    assert loads(save(without), without).missing == ()
    averaged = {key: torch.tensor([1.5]) if key in counters else value for key, value in tiny.items()}
    loads(save(averaged), without)


def test_a_missing_statistic_is_refused(tiny: Tensors, save: Save) -> None:
    key = next(key for key in tiny if key.endswith("running_var"))
    with pytest.raises(CheckpointError, match=rf"1 missing \({key}\)"):
        mobileseg.create_model("seaformer-tiny", weights=save({name: v for name, v in tiny.items() if name != key}))


def test_the_copies_of_mmcv_s_hook_are_left_out(tiny: Tensors, tiny_ema: Tensors, save: Save) -> None:
    copies = {f"ema_{key.replace('.', '_')}": value for key, value in tiny_ema.items()}
    report = loads(save({"meta": {}, "state_dict": {**tiny, **copies}}), tiny)
    assert set(report.left_out) == set(copies)
    assert list(report.notes()) == [f"weights.pth: left out, beside the network: ema_... ({len(copies)} tensors)"]


def test_an_auxiliary_head_of_another_shape_is_left_out(save: Save) -> None:
    state = dict(mobileseg.create_model("van-b0-upernet", num_classes=5).state_dict())
    state["auxiliary_head.convs.0.conv.weight"] = torch.ones(7, 3, 3, 3)
    report = mobileseg.load_weights(mobileseg.create_model("van-b0-upernet", num_classes=5), save(state))
    assert report.left_out == ("auxiliary_head.convs.0.conv.weight",)


def test_wrappers_that_would_meet_another_key_stay() -> None:
    assert unwrap("module.a._orig_mod.b") == "a.b"
    assert unwrapped(["module.a", "a", "module.b"]) == {"module.a": "module.a", "a": "a", "module.b": "b"}


def test_no_model_has_a_part_called_like_a_wrapper() -> None:
    for name in (
        "seaformer-tiny",
        "van-b0-upernet",
        "topformer-tiny",
        "axial-deeplab-xs",
        "sasa-resnet26",
        "axial-resnet26-s",
    ):
        model: nn.Module = mobileseg.create_model(name)
        assert all(unwrap(key) == key for key in model.state_dict())
