"""The one tester that every model of the registry must pass."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from reference_weights import fill, make_input
from torch import nn

import mobileseg
from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS, ModelSpec, measured

GOLDEN = Path(__file__).parent.parent / "golden"
GOLDENS = sorted(GOLDEN.glob("*.npz"))


def sample(output: torch.Tensor, golden: dict[str, np.ndarray]) -> np.ndarray:
    stride = int(golden["stride"])
    every = (slice(None), slice(None, None, int(golden["class_step"])))
    space = (slice(None, None, stride),) * (output.ndim - 2)
    return output[every + space].numpy()


def pixels(spec: ModelSpec, height: int, width: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """RGB 0..255 for the deploy form and the same normalised for the original."""
    image = (make_input((1, 3, height, width), seed) * 50 + 110).clamp(0, 255)
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (spec.mean, spec.std))
    return image, (image - mean) / std


@pytest.mark.parametrize("name", MODELS)
class TestEveryModel:
    def test_keys_are_the_authors(self, name: str) -> None:
        lines = (GOLDEN / "keys" / f"{name}.txt").read_text().splitlines()
        state = build(MODELS[name], MODELS[name].num_classes).state_dict()
        found = [f"{k} {','.join(map(str, v.shape))} {str(v.dtype).removeprefix('torch.')}" for k, v in state.items()]
        assert found == lines

    def test_registry_counts_what_the_module_has(self, name: str) -> None:
        model = build(MODELS[name], MODELS[name].num_classes)
        assert measured()[name]["parameters"] == sum(p.numel() for p in model.parameters())

    @pytest.mark.parametrize("num_classes", [1, 11, 19])
    def test_output_shape_for_any_number_of_classes(self, name: str, num_classes: int) -> None:
        spec = MODELS[name]
        with torch.no_grad():
            out = mobileseg.create_model(name, num_classes=num_classes)(torch.zeros(2, 3, 72, 136))
        assert out.shape == ((2, num_classes, 9, 17) if spec.task == "segmentation" else (2, num_classes))

    def test_training_lowers_the_loss_and_reaches_every_parameter(self, name: str) -> None:
        model = fill(mobileseg.create_model(name, num_classes=5)).train()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.002)
        x, losses = make_input((4, 3, 64, 96)), []
        for _ in range(4):
            torch.manual_seed(0)  # the same branches and channels are dropped every time, so the loss is one function
            out = model(x)
            target = torch.zeros(out.shape[:1] + out.shape[2:], dtype=torch.long)
            loss = nn.functional.cross_entropy(out, target)
            optimizer.zero_grad()
            loss.backward()
            assert [k for k, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()] == []
            optimizer.step()
            losses.append(loss.item())
        assert min(losses[1:]) < losses[0]

    def test_training_is_random_and_evaluation_is_not(self, name: str) -> None:
        model, x = fill(mobileseg.create_model(name, num_classes=5)), make_input((4, 3, 32, 64))
        with torch.no_grad():
            assert torch.equal(model(x), model(x))
            model.train()
            assert not torch.equal(model(x), model(x))

    def test_random_weights_are_seeded(self, name: str) -> None:
        first, again, other = (mobileseg.create_model(name, 3, seed=s).state_dict() for s in (1, 1, 2))
        assert all(torch.equal(first[k], again[k]) for k in first)
        assert any(not torch.equal(first[k], other[k]) for k in first)

    def test_importer_takes_its_own_state(self, name: str, tmp_path: Path) -> None:
        model = fill(mobileseg.create_model(name, num_classes=7), salt=3)
        torch.save({"state_dict": model.state_dict(), "meta": {}}, tmp_path / "a.pth")
        loaded = mobileseg.create_model(name, weights=str(tmp_path / "a.pth"))
        assert all(torch.equal(v, model.state_dict()[k]) for k, v in loaded.state_dict().items())

    @pytest.mark.parametrize("size", [(64, 96), (224, 160), (352, 288)])
    def test_deploy_form_equals_the_original(self, name: str, size: tuple[int, int]) -> None:
        model = fill(mobileseg.create_model(name, num_classes=13), salt=1)
        image, normalised = pixels(MODELS[name], *size)
        with torch.no_grad():
            wanted, found = model(normalised), mobileseg.deploy(model, *size)(image)
        assert found.shape == wanted.shape
        assert (found - wanted).abs().max() <= 1e-5 * wanted.std()

    def test_random_weights_are_well_conditioned(self, name: str) -> None:
        model = mobileseg.create_model(name, seed=4)
        image, normalised = pixels(MODELS[name], 128, 192)
        with torch.no_grad():
            wanted, found = model(normalised), mobileseg.deploy(model, 128, 192)(image)
        assert (found - wanted).abs().max() <= 1e-5 * wanted.std()

    def test_deploy_leaves_the_original_alone(self, name: str) -> None:
        model = fill(mobileseg.create_model(name, num_classes=3))
        before = json.dumps({k: float(v.double().sum()) for k, v in model.state_dict().items()})
        mobileseg.deploy(model, 64, 64)
        assert json.dumps({k: float(v.double().sum()) for k, v in model.state_dict().items()}) == before


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_golden_parity(path: Path) -> None:
    match = re.fullmatch(r"(.+)_(\d+)x(\d+)", path.stem)
    assert match is not None
    name, height, width = match.group(1), int(match.group(2)), int(match.group(3))
    golden = dict(np.load(path))
    model = fill(mobileseg.create_model(name), salt=int(golden["salt"]))
    with torch.no_grad():
        out = model(make_input((1, 3, height, width), int(golden["seed"])))
    assert out.shape == tuple(golden["full_shape"])
    tolerance = max(20 * float(golden["err64"]), 1e-5 * float(golden["std"]))
    assert np.abs(sample(out, golden) - golden["out"]).max() <= tolerance


def test_every_model_of_the_registry_has_a_golden_or_a_sibling() -> None:
    variants = {path.stem.split("_")[0].removesuffix("-cls") for path in GOLDENS}
    assert {name.removesuffix("-cls") for name in MODELS} <= variants
