"""Training on an accelerator, on one that is not there: whole runs with real values, in which any mixture of devices is an error."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pretended import Pretended, pretended
from safetensors.torch import load_file
from thorough import thorough_but
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torchao.quantization.pt2e.observer import HistogramObserver

import mobileseg
from mobileseg.data.dataset import LabelledFolder, open_labelled
from mobileseg.export.quantization.calibration import read_calibration
from mobileseg.export.quantization.training import Int8Strategy
from mobileseg.models import reference
from mobileseg.models.reference import device_of
from mobileseg.models.registry import MODELS
from mobileseg.training.compute import Compute
from mobileseg.training.data import TrainingLoader
from mobileseg.training.examples import ExampleStore
from mobileseg.training.loop import Trainer
from mobileseg.training.request import TrainingRequest, train
from mobileseg.training.strategy import FloatStrategy

CPU = torch.device("cpu")
CONFIG: dict[str, Any] = {
    "epochs": 2, "batch_size": 8, "size": (64, 96), "crop": (64, 64), "lr": 4e-3, "eval_interval": 2, "ema": 0.5,
    "scale": (0.8, 1.2),
}  # fmt: skip
SIDES = {"seaformer-tiny": 64, "topformer-tiny": 64, "van-b0-fpn": 64, "van-b0-upernet": 64, "sasa-resnet26-seg": 64,
         "axial-deeplab-xs": 33}  # fmt: skip

DEPLOYED = [name for name in SIDES if name != "van-b0-upernet"]  # the others fold the same parts


@pytest.fixture(params=["cuda:0", "mps:0"])
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.device]:
    with pretended(request.param, monkeypatch) as found:
        yield found


@pytest.fixture(scope="module")
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


def few(folder: Path, images: int = 1) -> LabelledFolder:
    found = open_labelled(folder)
    return dataclasses.replace(found, items=found.items[:images])


OPERATIONS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "a sum of both": lambda there, here: there + here,
    "a convolution with weights from here": lambda there, here: torch.conv2d(there[None, None], here[None, None]),
    "numbers from here": lambda there, here: there * here[0, 0],
    "a copy": lambda there, here: torch.empty_like(there).copy_(here),
    "a list of both": lambda there, here: torch.cat([there, here]),
    "positions from here": lambda there, here: there[torch.tensor([0, 1])],
    "a mask from here": lambda there, here: there.masked_fill(here > 0, 0.0),
    "in place": lambda there, here: there.clone().add_(here),
    "in place, here": lambda there, here: here.clone().add_(there),
    "one after a move": lambda there, here: there + here.to(there.device),
    "a new one": lambda there, here: there + torch.ones(3, 3, device=there.device),
    "a new one here": lambda there, here: there + torch.ones(3, 3),
    "a condition": lambda there, here: torch.where(there > 0, here, 0.0),
}


def outcome(compute: Callable[[], Any]) -> object:
    """Where the result is, or that there is none."""
    try:
        return compute().device
    except RuntimeError as error:
        return "refused" if "device" in str(error) else error


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_refused_is_what_torch_refuses(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = OPERATIONS[name]
    with FakeTensorMode(), torch.no_grad():
        there, here = torch.ones(3, 3, device="cuda"), torch.ones(3, 3)
        wanted = outcome(lambda: operation(there, here))
    with pretended("cuda:0", monkeypatch) as device, torch.no_grad():
        there, here = torch.ones(3, 3, device=device), torch.ones(3, 3)
        assert outcome(lambda: operation(there, here)) == wanted
    assert {"a sum of both": "refused", "a copy": device}.get(name, wanted) == wanted


def test_arrays_and_float64_are_refused(device: torch.device) -> None:
    tensor = torch.ones(3, device=device)
    with pytest.raises(TypeError, match="numpy"):
        tensor.numpy()
    assert tensor.cpu().numpy().tolist() == [1, 1, 1]
    if device.type == "mps":
        with pytest.raises(TypeError, match="float64"):
            tensor.double()
    else:
        assert tensor.double().device == device


@pytest.mark.parametrize(
    ("device", "name"),
    thorough_but(
        [*(("cuda:0", name) for name in SIDES), ("mps:0", "axial-deeplab-xs")],
        [("cuda:0", "seaformer-tiny"), ("mps:0", "axial-deeplab-xs")],
    ),
    indirect=["device"],
)
def test_a_step_and_an_evaluation_of_every_family(data: Path, tmp_path: Path, device: torch.device, name: str) -> None:
    side, spec = SIDES[name], MODELS[name]
    small = {**CONFIG, "crop": (side, side), "size": (side, side), "batch_size": 2}
    asked = TrainingRequest.of(spec, data, tmp_path / "w.safetensors", config=small)
    model, loss_of = asked.model(), {}
    loader = TrainingLoader(ExampleStore(asked.split.train), asked.config, spec.mean, spec.std)
    for place in (CPU, device):
        compute = Compute(place)
        trainer = Trainer(
            model.to(place), asked.split.train, asked.split.val, asked.config, asked.state, {}, compute=compute
        )
        trainer.strategy.start_epoch(model)
        torch.manual_seed(1)
        loss_of[place] = trainer._loss(model, next(loader.epoch(0, place)), None)
    loss_of[device].backward()
    here, there = (float(loss_of[place].detach()) for place in (CPU, device))
    # On MPS activations lie otherwise in memory, and dropout draws other numbers for them.
    assert there == pytest.approx(here, rel=1e-3 if device.type == "cuda" else 0.1)
    if (
        device.type == "cuda"
    ):  # below Python torch copies a gradient of another layout than its parameter's, to the CPU as it believes
        assert {p.grad.device for p in model.parameters() if p.grad is not None} == {device}
    found = FloatStrategy().evaluate(model.eval(), few(data / "val"), (side, side), panoptic=False)
    assert 0 <= found.score <= 1


@pytest.mark.parametrize("device", ["cuda:0"], indirect=True)
def test_a_run_begins_on_the_cpu_and_ends_there(data: Path, tmp_path: Path, device: torch.device) -> None:
    """Two epochs: one on the CPU, one on the device, then the evaluation; the other way round, too. Files hold tensors of the CPU."""
    spec, losses = MODELS["seaformer-tiny"], []
    for number, places in enumerate(((CPU, device), (device, CPU))):
        output = tmp_path / f"{number}.safetensors"
        first, second = (
            dataclasses.replace(TrainingRequest.of(spec, data, output, config=CONFIG), compute=Compute(place))
            for place in places
        )

        def stop(report: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(first, stop)
        assert b"pretended" not in first.state.read_bytes()
        record = json.loads(train(second).record.read_text())
        devices = [place.type for place in places]
        computed = [
            {"device": name, "precision": "float32", "epochs": devices.count(name)} for name in dict.fromkeys(devices)
        ]
        assert record["computed"] == computed
        losses.append([point["loss"] for point in record["curve"]])
        assert all(type(value) is Tensor for value in load_file(output).values())
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.02)


@pytest.mark.parametrize("device", ["cuda:0"], indirect=True)
def test_batches_of_the_cpu_in_the_evaluation_end_a_run(
    data: Path, tmp_path: Path, device: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that these tests are for: images of the evaluation that stay on the CPU."""
    monkeypatch.setattr(reference, "device_of", lambda module: CPU)
    config = {**CONFIG, "epochs": 1}
    asked = TrainingRequest.of(MODELS["seaformer-tiny"], data, tmp_path / "w.safetensors", config=config)
    with pytest.raises(RuntimeError, match=r"at least two devices, (cuda:0 and cpu|cpu and cuda:0)"):
        train(dataclasses.replace(asked, compute=Compute(device)))


def test_instances_are_trained_there(scenes: Callable[[str], Path], tmp_path: Path, device: torch.device) -> None:
    small = {"crop": (33, 33), "size": (33, 65), "batch_size": 2}
    spec = MODELS["axial-deeplab-xs"]
    asked = TrainingRequest.of(spec, scenes("instances"), tmp_path / "p.safetensors", config={**CONFIG, **small})
    model, compute = asked.model().to(device), Compute(device)
    trainer = Trainer(model, asked.split.train, asked.split.val, asked.config, asked.state, {}, True, compute=compute)
    trainer.strategy.start_epoch(model)
    batch = next(TrainingLoader(ExampleStore(asked.split.train), asked.config, spec.mean, spec.std).epoch(0, device))
    trainer._loss(model, batch, None).backward()  # type: ignore[no-untyped-call]
    assert (
        FloatStrategy().evaluate(model.eval(), few(asked.split.val.path), (33, 65), panoptic=True).panoptic is not None
    )


@pytest.mark.parametrize(
    ("device", "name"),
    thorough_but(
        [*(("cuda:0", name) for name in DEPLOYED), ("mps:0", "seaformer-tiny")], [("cuda:0", "axial-deeplab-xs")]
    ),
    indirect=["device"],
)
def test_weights_are_folded_for_the_device(device: torch.device, name: str) -> None:
    """For int8 the deploy model's tensors are computed from the parameters in every step."""
    spec = MODELS[name]
    size = tuple(count * spec.multiple + max(spec.remainders) for count in (2, 3))
    model, strategy = mobileseg.create_model(name), Int8Strategy(size, read_calibration(None).chosen(range(1)), None)
    found = strategy._live(model.to(device), device)
    assert {value.device for value in found.values()} == {device}
    sum(value.square().mean() for value in found.values() if value.requires_grad).backward()
    assert {p.grad.device for p in model.parameters() if p.grad is not None} == {device}


@pytest.mark.slow
@pytest.mark.parametrize("device", thorough_but(["cuda:0", "mps:0"], ["cuda:0"]), indirect=True)
def test_int8_is_trained_and_evaluated_there(data: Path, device: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    # The search for ranges is on the CPU, and each of its half a million steps would be looked at here.
    monkeypatch.setattr(HistogramObserver, "_non_linear_param_search", lambda self: (self.min_val, self.max_val))
    size = (64, 64)
    model = mobileseg.create_model("seaformer-tiny", num_classes=3).to(device)
    strategy = Int8Strategy(size, read_calibration(None).chosen(range(2)), None)
    strategy.start_epoch(model)
    assert device_of(strategy.graph) == device
    out = strategy.outputs(model, torch.rand(1, 3, *size).to(device))
    assert isinstance(out, Pretended) and out.device == device
    out.square().mean().backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())
    assert 0 <= strategy.evaluate(model, few(data / "val"), size, panoptic=False).score <= 1


@pytest.mark.parametrize("name", ["seaformer-tiny", "van-b0-fpn", "axial-deeplab-xs"])
def test_torch_s_own_fake_tensors_pass_through(name: str) -> None:
    """They cannot train (above), but their rules are torch's for every operator of the forward pass."""
    model = mobileseg.create_model(name)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode, torch.no_grad():
        model.to("cuda")
        pixels = mode.from_tensor(torch.ones(1, 3, SIDES[name], SIDES[name])).to("cuda")
        out = FloatStrategy().outputs(model, pixels)
        assert {value.device for value in (out.values() if isinstance(out, dict) else [out])} == {
            torch.device("cuda:0")
        }
        with pytest.raises(RuntimeError, match="to be on the same device"):
            model(pixels.cpu())
