"""The learning rate of every step, against the formula it is documented with."""

import io

import pytest
import torch

from mobileseg.training.config import TrainingConfig
from mobileseg.training.schedule import lr_schedule


def formula(config: TrainingConfig, steps_per_epoch: int, step: int) -> float:
    warmup = config.warmup * steps_per_epoch
    if step < warmup:
        return config.lr * (step + 1) / max(warmup, 1)
    return float(config.lr * (1 - step / (config.epochs * steps_per_epoch)) ** config.power)


def optimizer_of(config: TrainingConfig) -> torch.optim.Optimizer:
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups = [{"params": [parameters[0]], "weight_decay": 0.1}, {"params": [parameters[1]]}]
    return torch.optim.AdamW(groups, lr=config.lr)


def learning_rates(config: TrainingConfig, steps_per_epoch: int) -> list[float]:
    optimizer = optimizer_of(config)
    schedule = lr_schedule(optimizer, config, steps_per_epoch)
    found = []
    for _ in range(config.epochs * steps_per_epoch):
        first, second = (group["lr"] for group in optimizer.param_groups)
        assert first == second
        found.append(first)
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("epochs", "warmup", "power", "steps_per_epoch"),
    [(10, 2, 1.0, 5), (10, 1, 0.9, 45), (3, 0, 0.9, 7), (10, 0.5, 0.9, 4), (1, 1, 0.9, 1), (4, 4, 0.9, 3), (2, 5, 0.9, 4),
     (5, 0.2, 0.9, 5), (6, 1, 0.0, 3), (2, 0.1, 0.9, 3), (100, 1, 0.9, 200)],
)  # fmt: skip
def test_every_step_has_the_rate_of_the_formula(epochs: int, warmup: float, power: float, steps_per_epoch: int) -> None:
    config = TrainingConfig(epochs=epochs, warmup=warmup, lr=2e-3, power=power)
    wanted = [formula(config, steps_per_epoch, step) for step in range(epochs * steps_per_epoch)]
    assert learning_rates(config, steps_per_epoch) == pytest.approx(wanted, rel=1e-9)


def test_rises_to_lr_and_falls_to_almost_zero() -> None:
    found = learning_rates(TrainingConfig(epochs=10, warmup=2, lr=0.1, power=1.0), 5)
    assert found[0] == pytest.approx(0.01)
    assert found[:10] == sorted(found[:10])
    assert found[10:] == sorted(found[10:], reverse=True)
    assert max(found) == pytest.approx(0.1)
    assert found[-1] == pytest.approx(0.1 * (1 - 49 / 50))


def test_a_warmup_is_rounded_to_whole_steps_and_stays_below_lr() -> None:
    found = learning_rates(TrainingConfig(epochs=4, warmup=0.5, lr=0.1, power=1.0), 5)  # 2.5 steps: 2
    assert found[:2] == pytest.approx([0.05, 0.1])
    assert found[2:] == pytest.approx([0.1 * (1 - step / 20) for step in range(2, 20)])


@pytest.mark.parametrize("interrupted_after", [1, 5, 6, 17])
def test_a_stored_schedule_continues_bit_for_bit(interrupted_after: int) -> None:
    config = TrainingConfig(epochs=4, warmup=1, lr=2e-3)
    whole = learning_rates(config, 6)
    optimizer = optimizer_of(config)
    schedule = lr_schedule(optimizer, config, 6)
    for _ in range(interrupted_after):
        optimizer.step()
        schedule.step()
    file = io.BytesIO()
    torch.save([optimizer.state_dict(), schedule.state_dict()], file)
    file.seek(0)
    states = torch.load(file, weights_only=True)
    optimizer = optimizer_of(config)
    schedule = lr_schedule(optimizer, config, 6)
    optimizer.load_state_dict(states[0])
    schedule.load_state_dict(states[1])
    found = []
    for _ in range(interrupted_after, 24):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert found == whole[interrupted_after:]
