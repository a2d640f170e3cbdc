"""A network that is not ours through the whole pipeline: file, manifest, comparison, layers, training."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_nets import Tiny
from layouts import picture, save
from made_once import made_once
from torch import nn

import mobileseg
from mobileseg.data.dataset import first_sample
from mobileseg.errors import ArtifactError, RequestError
from mobileseg.export import compare, export_model, export_module, open_artifact, plan_export, sensitivity
from mobileseg.export.artifact import Artifact
from mobileseg.models.factory import build
from mobileseg.models.foreign import importing
from mobileseg.models.foreign.network import ForeignNetwork
from mobileseg.models.lookup import find_model

TOML = 'factory = "foreign_nets:Tiny"\narguments = { classes = 4 }\nlicence = "CC0-1.0"\nsize = [64, 64]\nname = "my-tiny"\n'
SIZE = (64, 64)


@pytest.fixture(scope="module")
def toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("card") / "model.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory, toml: Path) -> Artifact:
    def make(folder: Path) -> None:
        export_model(str(toml), "onnx", precision="int8", output=folder / "tiny.onnx", require_agreement=0.5)

    return open_artifact(made_once(tmp_path_factory, "foreign", make) / "tiny.onnx")


@pytest.mark.slow
def test_the_manifest_says_all_that_the_card_does(artifact: Artifact) -> None:
    manifest = artifact.manifest
    card = manifest.model.card
    assert card is not None
    assert (card.factory, card.arguments, card.licence) == ("foreign_nets:Tiny", {"classes": 4}, "CC0-1.0")
    assert (card.classes, card.stride, card.multiple) == (4, 2, 4)
    assert (manifest.model.name, manifest.model.family) == ("my-tiny", "foreign")
    assert (manifest.weights.kind, manifest.weights.licence) == ("module", "CC0-1.0")
    assert manifest.weights.sha256 is not None
    assert manifest.verification.status == "passed"
    assert artifact.run(first_sample()).shape == (1, 4, 32, 32)


@pytest.mark.slow
def test_nothing_is_imported_because_a_manifest_says_so(
    artifact: Artifact, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported(card: object) -> None:
        raise AssertionError(f"imported for {card}")

    monkeypatch.setattr(importing, "import_factory", imported)
    opened = open_artifact(artifact.path)
    opened.run(first_sample())
    with pytest.raises(ArtifactError, match=r"--model with the network of tiny\.onnx"):
        compare(opened, "samples", labels=False)
    with pytest.raises(AssertionError, match="imported for"):
        compare(opened, "samples", labels=False, model=str(toml), shift=False)


@pytest.mark.slow
def test_it_is_compared_with_the_network_that_is_named(artifact: Artifact, toml: Path) -> None:
    found = compare(artifact, "samples", labels=False, model=str(toml), shift=False)
    assert found.agreement is not None and found.agreement > 0.5
    with pytest.raises(
        RequestError,
        match=r"foreign_nets:Tiny\(classes=4\), from which the file was exported; found foreign_nets:Binary",
    ):
        compare(open_artifact(artifact.path), "samples", labels=False, model="foreign_nets:Binary")
    torch.manual_seed(7)
    with pytest.raises(ArtifactError, match="other weights"):
        compare(open_artifact(artifact.path), "samples", labels=False, model=Tiny(4))


@pytest.mark.slow
def test_layers_are_named_as_in_the_module(toml: Path, tmp_path: Path) -> None:
    found = sensitivity(str(toml), images=2, budget_s=60, output=tmp_path / "keep.toml")
    names = {name for name, _ in Tiny().named_modules()}
    assert {layer.layer.removeprefix("network.").partition("/")[0] for layer in found.layers} <= names | {"network"}
    assert "network.down.conv" in {layer.layer for layer in found.layers}
    plan = plan_export(str(toml), "executorch", precision="int8", keep_float=tmp_path / "keep.toml")
    assert plan.keep_float is not None


@pytest.mark.slow
def test_a_module_in_memory_and_its_weights_in_a_file(tmp_path: Path) -> None:
    module = Tiny(3)
    made = export_module(
        module, "onnx", size=SIZE, output=tmp_path / "a.onnx", range=(0, 255), channels="BGR", mean=(104, 117, 123), std=(50, 50, 50)
    )  # fmt: skip
    assert made.manifest.input.mean == pytest.approx((123, 117, 104))
    logits = compare(made, "samples", labels=False, shift=False).artifact_logits
    assert logits is not None and logits.max_error < 1e-3
    state = {f"model.{name}": value for name, value in Tiny(3).state_dict().items()}  # as Lightning names them
    torch.save({"state_dict": state}, tmp_path / "weights.ckpt")
    spec = find_model("foreign_nets:Tiny")
    model = mobileseg.create_model("foreign_nets:Tiny", weights=tmp_path / "weights.ckpt")
    assert isinstance(model, ForeignNetwork) and isinstance(build(spec, 3), nn.Module)
    assert all(torch.equal(value, state[f"model.{name}"]) for name, value in model.state_dict().items())
    with pytest.raises(mobileseg.MobilesegError, match="keys of binary"):
        mobileseg.load_weights(build(find_model("foreign_nets:Binary"), 2), tmp_path / "weights.ckpt")


@pytest.mark.slow
def test_it_is_trained_through_int8(tmp_path: Path) -> None:
    for number in range(6):
        save(tmp_path / "data" / "images" / f"{number}.png", picture(number, (32, 32)))
        mask = np.zeros((32, 32), np.uint8)
        mask[:16] = 1 + number % 2
        save(tmp_path / "data" / "masks" / f"{number}.png", mask)
    (tmp_path / "data" / "classes.json").write_text(json.dumps({"names": ["a", "b", "c"]}), encoding="utf-8")
    done = mobileseg.finetune(
        "foreign_nets:Tiny", tmp_path / "data", int8=True, epochs=1, batch_size=2, size=(32, 32), crop=(32, 32),
        output=tmp_path / "new.safetensors", workers=0, threads=1,
    )  # fmt: skip
    trained = mobileseg.create_model("foreign_nets:Tiny", weights=done.weights)
    start = mobileseg.create_model("foreign_nets:Tiny")
    assert trained.state_dict().keys() == Tiny().state_dict().keys()
    assert any(
        not (a == b).all() for a, b in zip(trained.state_dict().values(), start.state_dict().values(), strict=True)
    )
