"""Mixed precision, on the CPU: bfloat16 is what ``--amp`` gives there, and float16 with its scaler runs there, too."""

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from thorough import thorough_but

from mobileseg.errors import GateError, RequestError
from mobileseg.models.registry import MODELS
from mobileseg.training.compute import Compute
from mobileseg.training.config import TrainingConfig
from mobileseg.training.data import TrainingLoader
from mobileseg.training.examples import ExampleStore
from mobileseg.training.loop import Trainer
from mobileseg.training.request import TrainingRequest, train
from mobileseg.training.state import Run

CPU = torch.device("cpu")
CONFIG: dict[str, Any] = {
    "epochs": 2, "batch_size": 4, "size": (64, 96), "crop": (64, 64), "lr": 4e-3, "eval_interval": 2, "ema": 0.5,
    "scale": (0.8, 1.2),
}  # fmt: skip
ONE_OF_EACH = {"seaformer-tiny": 64, "topformer-tiny": 64, "van-b0-fpn": 64, "sasa-resnet26-seg": 64,
               "axial-deeplab-xs": 33}  # fmt: skip


@pytest.fixture(scope="module")
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


@pytest.mark.parametrize("name", thorough_but(ONE_OF_EACH, [*ONE_OF_EACH][:2]))
def test_products_are_bfloat16_and_losses_and_gradients_float32(data: Path, tmp_path: Path, name: str) -> None:
    side = ONE_OF_EACH[name]
    small = {**CONFIG, "crop": (side, side), "size": (side, side), "batch_size": 2}
    asked = TrainingRequest.of(MODELS[name], data, tmp_path / "w.safetensors", config=small)
    model, spec = asked.model(), MODELS[name]
    batch = next(TrainingLoader(ExampleStore(asked.split.train), asked.config, spec.mean, spec.std).epoch(0))
    found: dict[torch.dtype | None, float] = {}
    for dtype in (None, torch.bfloat16):
        compute = Compute(CPU, dtype)
        trainer = Trainer(model, asked.split.train, asked.split.val, asked.config, asked.state, {}, compute=compute)
        trainer.strategy.start_epoch(model)
        seen: set[torch.dtype] = set()
        hooks = [
            part.register_forward_hook(lambda part, given, out, seen=seen: seen.add(out.dtype))
            for part in model.modules()
            if isinstance(part, torch.nn.Conv2d)
        ]
        torch.manual_seed(1)
        loss = trainer._loss(model, batch, None)
        model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for hook in hooks:
            hook.remove()
        assert seen == {dtype or torch.float32}
        assert loss.dtype is torch.float32
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        assert all(g.dtype is torch.float32 and torch.isfinite(g).all() for g in gradients)
        found[dtype] = float(loss.detach())
    assert found[torch.bfloat16] != found[None]
    assert found[torch.bfloat16] == pytest.approx(found[None], rel=0.1)


def trainer_of(data: Path, output: Path, compute: Compute, **config: Any) -> Trainer:
    asked = TrainingRequest.of(MODELS["seaformer-tiny"], data, output, config={**CONFIG, **config})
    return Trainer(
        asked.model(), asked.split.train, asked.split.val, asked.config, asked.state, asked.identity(), compute=compute
    )


def test_float16_scales_its_gradients_and_keeps_the_scale(data: Path, tmp_path: Path) -> None:
    trainer = trainer_of(data, tmp_path / "w.safetensors", Compute(CPU, torch.float16))
    run = trainer.run()
    assert run.scaler.get_scale() > 1
    assert all(math.isfinite(point["loss"]) for point in run.curve)
    assert run.computed == [{"device": "cpu", "precision": "float16", "epochs": 2}]
    content = torch.load(trainer.state, weights_only=True)
    assert content["scaler"]["scale"] == run.scaler.get_scale()
    # A run in float16 is resumed in any precision, and one of another in float16.
    for dtype in (torch.float16, None):
        again = Run(trainer.model, trainer.config, 2, Compute(CPU, dtype))
        again.resume(trainer.state, trainer.identity)
        assert again.scaler.is_enabled() is (dtype is not None)
        again.save(trainer.state, trainer.identity)
    fresh = Run(trainer.model, trainer.config, 2, Compute(CPU, torch.float16))
    fresh.resume(trainer.state, trainer.identity)


def test_gradients_that_are_too_large_for_float16_cost_a_step_and_no_run(data: Path, tmp_path: Path) -> None:
    trainer = trainer_of(data, tmp_path / "w.safetensors", Compute(CPU, torch.float16), epochs=1)
    before = {key: value.clone() for key, value in trainer.model.named_parameters()}
    loader = TrainingLoader(ExampleStore(trainer.training), trainer.config, (0.0,) * 3, (1.0,) * 3)
    run = Run(trainer.model, trainer.config, loader.steps, trainer.compute)
    run.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)
    trainer._epoch(run, loader, None)
    assert run.scaler.get_scale() == 2.0**58
    assert all(torch.equal(value, before[key]) for key, value in trainer.model.named_parameters())


def test_a_run_that_diverges_in_mixed_precision_ends(data: Path, tmp_path: Path) -> None:
    for dtype in (torch.float16, torch.bfloat16):
        trainer = trainer_of(data, tmp_path / f"{dtype}.safetensors", Compute(CPU, dtype), lr=1e30, warmup=0, epochs=20)
        with pytest.raises(GateError, match=r"finite (gradient|numbers).*with --no-amp, with a lower --lr"):
            trainer.run()


def test_the_record_says_what_was_used(data: Path, tmp_path: Path) -> None:
    spec, output = MODELS["seaformer-tiny"], tmp_path / "w.safetensors"
    asked = TrainingRequest.of(spec, data, output, config={**CONFIG, "epochs": 2, "amp": True})
    assert asked.compute == Compute(CPU, torch.bfloat16)
    # The first epoch was computed otherwise: before the run was resumed.
    plain = dataclasses.replace(asked, compute=Compute())

    def stop(report: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(plain, stop)
    train(asked)
    record = json.loads((tmp_path / "w.json").read_text())
    assert record["computed"] == [
        {"device": "cpu", "precision": "float32", "epochs": 1}, {"device": "cpu", "precision": "bfloat16", "epochs": 1}
    ]  # fmt: skip
    assert record["config"]["amp"] is True
    assert {value.dtype for value in load_file(output).values() if value.is_floating_point()} == {torch.float16}


def test_int8_is_trained_in_float32(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"--no-amp with --int8.*leave --amp out"):
        TrainingConfig.of({"int8": True, "amp": True})
    with pytest.raises(RequestError, match="--no-amp with --int8"):
        TrainingRequest.of(
            MODELS["seaformer-tiny"], data / "nowhere", tmp_path / "w.safetensors", config={"int8": True, "amp": True}
        )
