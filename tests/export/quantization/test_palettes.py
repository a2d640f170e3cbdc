"""Palettes: what Lloyd's algorithm promises, and which weights of a network have one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from street_net import NAME

import mobileseg
from mobileseg.data.dataset import first_sample
from mobileseg.data.images import read_batch
from mobileseg.export.quantization.palettes import BITS, LEAST_WEIGHTS, nearest, palette_of, palettized
from mobileseg.models.reference import run_module

SIZE = (64, 96)


@settings(deadline=None)
@given(st.integers(0, 1 << 20), st.integers(1, BITS), st.sampled_from(["normal", "uniform", "standard_cauchy"]))
def test_each_value_is_the_mean_of_its_weights_and_the_nearest_to_them(seed: int, bits: int, kind: str) -> None:
    weights = getattr(np.random.default_rng(seed), kind)(size=(40, 30)).astype(np.float32)
    palette = palette_of(weights, bits)
    assert palette.size <= 2**bits and (np.diff(palette) > 0).all()
    chosen = nearest(weights, palette)
    assert chosen.shape == weights.shape
    np.testing.assert_array_equal(np.abs(chosen - weights), np.abs(weights[..., None] - palette).min(-1))
    for value in palette:
        if (chosen == value).any():
            np.testing.assert_allclose(weights[chosen == value].mean(dtype=np.float64), value, rtol=0.02, atol=0.02)


@given(st.lists(st.floats(-9, 9, width=16), min_size=1, max_size=2**BITS), st.integers(1, 40))
def test_few_values_stay_as_they_are(values: list[float], times: int) -> None:
    weights = np.array(values * times)
    np.testing.assert_array_equal(nearest(weights, palette_of(weights)), weights)


def test_more_bits_round_less() -> None:
    weights = np.random.default_rng(0).normal(size=5000)
    errors = [np.square(nearest(weights, palette_of(weights, bits)) - weights).mean() for bits in range(1, 7)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == pytest.approx(
        1 - 2 / np.pi, rel=0.05
    )  # of one bit for normal numbers: the means of both halves


def test_large_layers_have_palettes_and_the_deploy_model_stays() -> None:
    deployed = mobileseg.deploy(mobileseg.create_model(NAME), *SIZE)
    before = {name: value.clone() for name, value in deployed.state_dict().items()}
    graph = palettized(deployed)
    assert all(torch.equal(value, before[name]) for name, value in deployed.state_dict().items())
    found = [value for value in graph.parameters() if value.ndim == 4]
    assert {value.numel() >= LEAST_WEIGHTS for value in found} == {True, False}
    for value in found:
        assert (value.unique().numel() <= 2**BITS) == (value.numel() >= LEAST_WEIGHTS or value.numel() <= 2**BITS)
        if value.numel() >= LEAST_WEIGHTS:
            assert torch.equal(value, value.half().float())
    batch = torch.from_numpy(read_batch(first_sample(), *SIZE))
    (wanted,), (given_,) = run_module(deployed, batch), run_module(graph, batch)
    assert 20 < 10 * np.log10((wanted**2).sum() / ((wanted - given_) ** 2).sum()) < 60
