"""A network that is not ours by its name: what is found by trying, and that its deploy model computes the same."""

import sys
from pathlib import Path

import foreign_nets
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import call
from torch import nn

import mobileseg
from mobileseg.errors import UnknownNameError
from mobileseg.models.card import IMAGENET, ModelCard
from mobileseg.models.factory import build, deploy, deploy_live, live_tensors
from mobileseg.models.foreign import opening
from mobileseg.models.lookup import check_known, find_model, is_model
from mobileseg.models.names import REGISTERED
from mobileseg.models.reference import reference_outputs, run_module
from mobileseg.models.spec import IMAGENET_MEAN, IMAGENET_STD

TINY = "foreign_nets:Tiny"


def pixels(height: int = 64, width: int = 64) -> np.ndarray:
    return (np.random.default_rng(0).random((1, 3, height, width)) * 255).astype(np.float32)


def test_classes_stride_and_divisor_are_found() -> None:
    spec = find_model(TINY)
    assert (spec.num_classes, spec.stride, spec.multiple, spec.name) == (3, 2, 4, "tiny")
    assert spec.note == (
        "found by trying at 128x128: classes 3, output stride 2, sides divisible by 4; "
        "normalisation not said: ImageNet's mean and standard deviation of RGB from 0 to 1"
    )
    assert spec.mean == pytest.approx(IMAGENET_MEAN) and spec.std == pytest.approx(IMAGENET_STD)


@given(
    low=st.floats(-2, 0),
    high=st.floats(0.5, 255),
    mean=st.tuples(*[st.floats(-1, 1)] * 3),
    std=st.tuples(*[st.floats(0.1, 5)] * 3),
    bgr=st.booleans(),
    pixel=st.tuples(*[st.integers(0, 255)] * 3),
)
def test_normalisation_is_the_cards(low, high, mean, std, bgr, pixel) -> None:  # type: ignore[no-untyped-def]
    card = ModelCard(name="x", mean=mean, std=std, range=(low, high), channels="BGR" if bgr else "RGB")
    ours = [(p - m) / s for p, m, s in zip(pixel, *card.normalization, strict=True)]
    wanted = [(low + p / 255 * (high - low)) for p in (pixel[::-1] if bgr else pixel)]
    wanted = [(w - m) / s for w, m, s in zip(wanted, mean, std, strict=True)]
    assert (ours[::-1] if bgr else ours) == pytest.approx(wanted, abs=1e-6, rel=1e-6)


@pytest.mark.parametrize(
    "card",
    [
        ModelCard(name="tiny", factory=TINY),
        ModelCard(name="bgr", factory=TINY, channels="BGR", mean=(104, 117, 123), std=(1, 1, 1), range=(0, 255)),
        ModelCard(name="named", factory="foreign_nets:Named", output="out"),
        ModelCard(name="binary", factory="foreign_nets:Binary"),
    ],
    ids=lambda card: card.name,
)
def test_the_deploy_model_computes_the_same(card: ModelCard) -> None:
    spec = opening.spec_of_card(card)
    model = build(spec, spec.num_classes)
    deployed = deploy(model, 32, 64)
    wanted = reference_outputs(model, pixels(32, 64))[0]
    found = run_module(deployed, torch.from_numpy(pixels(32, 64)))[0]
    assert wanted.shape == found.shape == (1, max(spec.num_classes, 2), 16, 32)
    assert np.abs(wanted - found).max() < 1e-5 * np.ptp(wanted)
    assert not any("batch_norm" in str(node.target) for node in deployed.network.graph.nodes)


def test_what_is_trained_is_the_users_own() -> None:
    spec = find_model(TINY)
    model = build(spec, 3)
    assert model.state_dict().keys() == foreign_nets.Tiny().state_dict().keys()
    deployed, live = deploy(model, 32, 32), deploy_live(model, 32, 32)
    tensors = live_tensors(live)
    assert tensors.keys() == dict(deployed.named_parameters()).keys()
    with torch.enable_grad():
        live(torch.from_numpy(pixels(32, 32))).square().mean().backward()
    trained = {name for name, value in model.named_parameters() if value.grad is not None}
    assert trained == {name for name, _ in model.named_parameters()}
    with torch.no_grad():
        next(model.parameters()).mul_(2.0)  # the graph is kept, the weights are not
    again = run_module(deploy(model, 32, 32), torch.from_numpy(pixels(32, 32)))[0]
    assert np.abs(again - reference_outputs(model, pixels(32, 32))[0]).max() < 1e-5


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1 << 20))
def test_a_factory_is_seeded(seed: int) -> None:
    spec = find_model(TINY)
    one, other = build(spec, 3, seed), build(spec, 3, seed)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_a_program_registers_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(classes: int = 3) -> nn.Module:
        return foreign_nets.Tiny(classes)

    mobileseg.register_model("my-net", made, arguments={"classes": 4}, mean=(0.5, 0.5, 0.5), std=IMAGENET[1])
    try:
        assert "my-net" in mobileseg.list_models() and mobileseg.list_models("my-*") == ["my-net"]
        assert mobileseg.model_info("my-net").num_classes == 4
        assert mobileseg.create_model("my-net").state_dict()["head.weight"].shape[0] == 4
    finally:
        del REGISTERED["my-net"]
    with pytest.raises(mobileseg.MobilesegError, match="a new name"):
        mobileseg.register_model("seaformer-tiny", made)


def test_a_package_adds_a_row_and_is_not_imported_for_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "added_net.py").write_text("print('said')\nfrom foreign_nets import Tiny\n", encoding="utf-8")
    info = tmp_path / "added_net-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: added-net\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[mobileseg.models]\nadded = added_net:Tiny\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert mobileseg.list_models("added") == ["added"]
    said = call(capfd, "list", "add*")
    assert said.code == 0 and "added: added by a package" in said.out
    assert "added_net" not in sys.modules
    assert mobileseg.model_info("added").num_classes == 3
    assert "added_net" in sys.modules


def test_what_names_a_model_and_what_a_file() -> None:
    assert all(is_model(name) for name in ("seaformer-tiny", "a.b:c", "folder/model.toml", "seafromer"))
    assert not any(is_model(name) for name in ("x.pte", "folder/x"))
    check_known("a.b:c")
    with pytest.raises(UnknownNameError):
        check_known("seafromer")
