"""The tests that every model of the registry must pass."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from reference_weights import fill, make_input
from thorough import thorough_but
from torch import nn
from zoo_cases import BY_HEAD, HANDY, SMALL, assert_equal_but_rounding, by_name, legal_sizes, pixels

import mobileseg
from mobileseg.models.blocks.layers import DropPath
from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS, measured
from mobileseg.training.strategy import FloatStrategy

pytestmark = pytest.mark.alone
GOLDEN = Path(__file__).parent.parent / "golden"
GOLDENS = sorted(GOLDEN.glob("*.npz"))


def sample(output: torch.Tensor, golden: dict[str, np.ndarray]) -> np.ndarray:
    stride = int(golden["stride"])
    every = (slice(None), slice(None, None, int(golden["class_step"])))
    space = (slice(None, None, stride),) * (output.ndim - 2)
    return output[every + space].numpy()


@pytest.mark.parametrize("name", MODELS)
class TestEveryModel:
    def test_keys_are_the_authors(self, name: str) -> None:
        lines = (GOLDEN / "keys" / f"{name}.txt").read_text().splitlines()
        with torch.device("meta"):
            state = build(MODELS[name], MODELS[name].num_classes).state_dict()
        found = [f"{k} {','.join(map(str, v.shape))} {str(v.dtype).removeprefix('torch.')}" for k, v in state.items()]
        assert found == lines

    def test_registry_counts_what_the_module_has(self, name: str) -> None:
        with torch.device("meta"):
            model = build(MODELS[name], MODELS[name].num_classes)
        assert measured()[name]["parameters"] == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", thorough_but(HANDY, BY_HEAD))
def test_deploy_model_equals_the_reference_model(name: str) -> None:
    model = fill(mobileseg.create_model(name, num_classes=13), salt=1)
    sizes = legal_sizes(MODELS[name])
    for size in {sizes[0], sizes[-1]} if name in BY_HEAD else sizes[:1]:
        image, normalised = pixels(MODELS[name], *size)
        with torch.no_grad():
            found = mobileseg.deploy(model, *size)(image)
        assert_equal_but_rounding(model, normalised, found)


@pytest.mark.parametrize("name", thorough_but(SMALL, BY_HEAD))
class TestEverySmallModel:
    """Tests that take too long for a hundred million parameters and show nothing new there."""

    @pytest.mark.parametrize("num_classes", [1, 19])
    def test_output_shape_for_any_number_of_classes(self, name: str, num_classes: int) -> None:
        spec = MODELS[name]
        height, width = legal_sizes(spec)[0]
        with torch.no_grad():
            out = by_name(mobileseg.create_model(name, num_classes=num_classes)(torch.zeros(2, 3, height, width)))
        wanted: dict[str, tuple[int, ...]] = {"logits": (2, num_classes)}
        if spec.task != "classification":
            space = -(-height // spec.stride), -(-width // spec.stride)
            wanted = {"logits": (2, num_classes, *space)}
            if spec.task == "panoptic":
                wanted = {"semantic": wanted["logits"], "center": (2, 1, *space), "offset": (2, 2, *space)}
        assert {key: tuple(value.shape) for key, value in out.items()} == wanted

    def test_training_lowers_the_loss_and_reaches_every_parameter(self, name: str) -> None:
        spec = MODELS[name]
        model, strategy = fill(mobileseg.create_model(name, num_classes=5)), FloatStrategy()
        strategy.start_epoch(model)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
        x, losses = make_input((2, 3, *legal_sizes(spec)[0])), []
        for _ in range(4 if name in BY_HEAD else 1):
            torch.manual_seed(0)  # the same branches and channels are dropped every time, so the loss is one function
            logits, *others = by_name(strategy.outputs(model, x)).values()
            target = torch.zeros(logits.shape[:1] + logits.shape[2:], dtype=torch.long)
            loss = nn.functional.cross_entropy(logits, target) + sum(other.square().mean() for other in others)
            optimizer.zero_grad()
            loss.backward()
            reached = {k: p.grad for k, p in model.named_parameters() if not k.startswith(spec.auxiliary_prefixes)}
            assert [k for k, grad in reached.items() if grad is None or not grad.isfinite().all()] == []
            optimizer.step()
            losses.append(loss.item())
        assert min(losses[1:], default=0.0) < losses[0]  # for siblings a step that reaches all is enough

    def test_training_is_random_where_the_paper_drops_and_evaluation_is_not(self, name: str) -> None:
        model = fill(mobileseg.create_model(name, num_classes=5))
        x = make_input((4, 3, *legal_sizes(MODELS[name])[0]))
        drops = any(isinstance(part, DropPath | nn.Dropout | nn.Dropout2d) for part in model.modules())
        with torch.no_grad():
            same: list[torch.Tensor] = []
            training: list[torch.Tensor] = []
            for outputs in (same, training):
                outputs += [next(iter(by_name(model(x)).values())) for _ in range(2)]
                model.train()
        assert torch.equal(*same)
        assert torch.equal(*training) != drops

    def test_random_weights_are_seeded(self, name: str) -> None:
        first, again, other = (mobileseg.create_model(name, 3, seed=s).state_dict() for s in (1, 1, 2))
        assert all(torch.equal(first[k], again[k]) for k in first)
        assert any(not torch.equal(first[k], other[k]) for k in first)

    def test_random_weights_are_well_conditioned(self, name: str) -> None:
        model = mobileseg.create_model(name, seed=4)
        size = legal_sizes(MODELS[name])[0]
        image, normalised = pixels(MODELS[name], *size)
        with torch.no_grad():
            wanted, found = by_name(model(normalised)), by_name(mobileseg.deploy(model, *size)(image))
        for key, out in wanted.items():
            # UPerNet's worst pixel: 0.9e-5 on one processor, 1.4e-5 on another.
            assert (found[key] - out).abs().max() <= 3e-5 * out.std()


@pytest.mark.parametrize("name", BY_HEAD)
class TestEveryHead:
    """Tests that show nothing new for a sibling."""

    def test_importer_takes_its_own_state(self, name: str, tmp_path: Path) -> None:
        model = fill(mobileseg.create_model(name, num_classes=7), salt=3)
        torch.save({"state_dict": model.state_dict(), "meta": {}}, tmp_path / "a.pth")
        loaded = mobileseg.create_model(name, weights=str(tmp_path / "a.pth"))
        assert all(torch.equal(v, model.state_dict()[k]) for k, v in loaded.state_dict().items())

    def test_deploy_does_not_change_the_reference_model(self, name: str) -> None:
        model = fill(mobileseg.create_model(name, num_classes=3))
        before = {key: value.clone() for key, value in model.state_dict().items()}
        deployed = mobileseg.deploy(model, *legal_sizes(MODELS[name])[0])
        with torch.no_grad():
            for parameter in deployed.parameters():
                assert not parameter.requires_grad
                parameter.zero_()  # of a tensor of its own
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
        assert all(parameter.requires_grad for parameter in model.parameters())


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


def test_every_family_of_the_registry_has_a_golden() -> None:
    named = {path.stem.split("_")[0] for path in GOLDEN.rglob("*.npz")}
    families = {MODELS[name].family for name in named if name in MODELS}
    assert {spec.family for spec in MODELS.values()} == families
