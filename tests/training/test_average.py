"""The averaged weights, against the formula they are documented with."""

import copy

import pytest
import torch
from torch import nn

from mobileseg.training.average import averaged_model


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 2, 1))


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.999])
def test_weights_and_buffers_follow_the_formula_bit_for_bit(decay: float) -> None:
    model = network()
    average = averaged_model(model, decay)
    wanted = copy.deepcopy(model).state_dict()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    for step in range(1, 31):
        model(torch.randn(4, 3, 8, 8)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        average.update_parameters(model)
        d = min(decay, (1 + step) / (10 + step))
        for key, value in model.state_dict().items():
            if value.is_floating_point():
                wanted[key].lerp_(value, 1 - d)
            else:
                wanted[key].copy_(value)
        found = average.module.state_dict()
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    assert int(average.module[1].num_batches_tracked) == 30


def test_the_average_is_in_evaluation_mode_and_is_not_trained() -> None:
    model = network().train()
    average = averaged_model(model, 0.9)
    assert not any(part.training for part in average.modules())
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


@torch.no_grad()
def _shift(model: nn.Module) -> None:
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter))


def test_a_stored_average_continues_bit_for_bit() -> None:
    model = network()
    average = averaged_model(model, 0.999)
    _shift(model)
    average.update_parameters(model)
    resumed = averaged_model(network(), 0.999)
    resumed.load_state_dict(average.state_dict())
    _shift(model)
    for each in (average, resumed):
        each.update_parameters(model)
    assert all(
        torch.equal(a, b) for a, b in zip(average.state_dict().values(), resumed.state_dict().values(), strict=True)
    )
