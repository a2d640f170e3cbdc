"""Convolution and pooling, by their sums written out."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mil_programs import Array, evaluate

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(3)
Pads = tuple[tuple[int, int], ...]


def bordered(x: Array, pads: Pads, value: float) -> Array:
    return np.pad(x, ((0, 0), (0, 0), *pads), constant_values=value)


def windows(x: Array, kernel: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]) -> Array:
    """``(N, C, *outputs, *kernel)``."""
    axes = range(len(kernel))
    size = [(x.shape[2 + i] - (kernel[i] - 1) * dilations[i] - 1) // strides[i] + 1 for i in axes]
    found = np.empty((*x.shape[:2], *size, *kernel))
    for at in product(*map(range, size)):
        cut = tuple(
            slice(at[i] * strides[i], at[i] * strides[i] + (kernel[i] - 1) * dilations[i] + 1, dilations[i])
            for i in axes
        )
        found[(..., *at, *(slice(None),) * len(kernel))] = x[(slice(None), slice(None), *cut)]
    return found


def convolved(
    x: Array, weight: Array, groups: int, pads: Pads, strides: tuple[int, ...], dilations: tuple[int, ...]
) -> Array:
    axes, places = "def"[: weight.ndim - 2], "xyz"[: weight.ndim - 2]
    parts = []
    for part, filters in zip(np.split(x, groups, 1), np.split(weight, groups), strict=True):
        seen = windows(bordered(part, pads, 0), weight.shape[2:], strides, dilations)
        parts.append(np.einsum(f"nc{places}{axes},oc{axes}->no{places}", seen, filters))
    return np.concatenate(parts, 1)


CONVOLUTIONS: list[tuple[dict[str, Any], tuple[int, ...], tuple[int, ...], int, Pads]] = [
    ({}, (7, 8), (3, 2), 1, ((0, 0), (0, 0))),
    ({"pad_type": "valid", "strides": [2, 3]}, (7, 8), (3, 3), 1, ((0, 0), (0, 0))),
    ({"pad_type": "custom", "pad": [1, 1, 2, 2]}, (7, 8), (3, 3), 1, ((1, 1), (2, 2))),
    ({"pad_type": "custom", "pad": [0, 2, 3, 1], "strides": [2, 1]}, (7, 8), (3, 3), 1, ((0, 2), (3, 1))),
    ({"pad_type": "same"}, (7, 8), (3, 5), 1, ((1, 1), (2, 2))),
    ({"pad_type": "same", "strides": [2, 2]}, (7, 8), (3, 3), 1, ((1, 1), (0, 1))),
    ({"pad_type": "same_lower", "strides": [2, 2]}, (7, 8), (3, 3), 1, ((1, 1), (1, 0))),
    ({"pad_type": "same", "dilations": [2, 3]}, (7, 8), (3, 3), 1, ((2, 2), (3, 3))),
    ({"pad_type": "custom", "pad": [9, 9, 9, 9], "dilations": [3, 3], "groups": 4}, (10, 9), (7, 7), 4, ((9, 9), (9, 9))),
    ({"pad_type": "custom", "pad": [1, 1, 1, 1], "groups": 2}, (7, 8), (3, 3), 2, ((1, 1), (1, 1))),
    ({"pad_type": "same"}, (9,), (3,), 1, ((1, 1),)),
    ({"pad_type": "custom", "pad": [1, 0, 0, 1, 1, 1], "strides": [1, 2, 1]}, (4, 5, 3), (2, 3, 3), 1, ((1, 0), (0, 1), (1, 1))),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "size", "kernel", "groups", "pads"), CONVOLUTIONS)
def test_convolution(
    parameters: dict[str, Any], size: tuple[int, ...], kernel: tuple[int, ...], groups: int, pads: Pads, tmp_path: Path
) -> None:
    x = RNG.normal(size=(2, 4, *size)).astype(np.float32)
    weight = RNG.normal(size=(8, 4 // groups, *kernel)).astype(np.float32)
    bias = RNG.normal(size=8).astype(np.float32)
    (found,) = evaluate(lambda mb, v: mb.conv(x=v, weight=weight, bias=bias, **parameters), x, tmp_path)
    ones = (1,) * len(size)
    strides, dilations = (tuple(parameters.get(key, ones)) for key in ("strides", "dilations"))
    wanted = convolved(x, weight, groups, pads, strides, dilations) + bias.reshape(-1, *ones)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_a_weight_that_is_computed(tmp_path: Path) -> None:
    x = RNG.normal(size=(1, 4, 6, 6)).astype(np.float32)
    weight = RNG.normal(size=(4, 4, 1, 1)).astype(np.float32)

    def build(mb: Any, v: Any) -> Any:
        first = mb.slice_by_size(x=v, begin=[0, 0, 0, 0], size=[1, 4, 1, 1])
        return mb.conv(x=v, weight=mb.mul(x=first, y=weight))

    (found,) = evaluate(build, x, tmp_path)
    ones = (1, 1)
    np.testing.assert_allclose(
        found, convolved(x, x[:, :, :1, :1] * weight, 1, ((0, 0), (0, 0)), ones, ones), rtol=1e-4, atol=1e-4
    )


POOLS: list[tuple[dict[str, Any], tuple[int, ...], tuple[int, ...], Pads]] = [
    ({"pad_type": "valid"}, (7, 8), (2, 3), ((0, 0), (0, 0))),
    ({"pad_type": "valid", "strides": [2, 2]}, (7, 8), (3, 3), ((0, 0), (0, 0))),
    ({"pad_type": "custom", "pad": [1, 1, 0, 1], "strides": [2, 1]}, (7, 8), (3, 2), ((1, 1), (0, 1))),
    ({"pad_type": "same", "strides": [2, 2]}, (7, 8), (3, 3), ((1, 1), (0, 1))),
    ({"pad_type": "same_lower", "strides": [2, 2]}, (7, 8), (3, 3), ((1, 1), (1, 0))),
    ({"pad_type": "custom", "pad": [1, 1]}, (9,), (3,), ((1, 1),)),
]


@pytest.mark.parametrize(("parameters", "size", "kernel", "pads"), POOLS)
def test_pooling(
    parameters: dict[str, Any], size: tuple[int, ...], kernel: tuple[int, ...], pads: Pads, tmp_path: Path
) -> None:
    x = RNG.normal(size=(2, 3, *size)).astype(np.float32)

    def build(mb: Any, v: Any) -> Any:
        common = {"x": v, "kernel_sizes": kernel, **parameters}
        means = (mb.avg_pool(exclude_padding_from_average=alone, **common) for alone in (False, True))
        return (mb.max_pool(**common), *means)

    largest, mean, own_mean = evaluate(build, x, tmp_path)
    ones = (1,) * len(size)
    strides = tuple(parameters.get("strides", ones))
    over = tuple(range(-len(size), 0))
    lowest, seen, there = (
        windows(bordered(values, pads, value), kernel, strides, ones)
        for values, value in ((x, -np.inf), (x, 0.0), (np.ones_like(x), 0.0))
    )
    np.testing.assert_allclose(largest, lowest.max(over), rtol=1e-5)
    np.testing.assert_allclose(mean, seen.mean(over), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(own_mean, seen.sum(over) / there.sum(over), rtol=1e-4, atol=1e-6)


def test_ceil_mode_is_pytorchs(tmp_path: Path) -> None:
    import torch
    import torch.nn.functional as F

    x = RNG.normal(size=(1, 2, 6, 7)).astype(np.float32)
    common: dict[str, Any] = {"kernel_sizes": [3, 3], "strides": [2, 2], "pad_type": "custom", "ceil_mode": True}

    def build(mb: Any, v: Any) -> Any:
        pad = [1, 1, 0, 0]
        return mb.max_pool(x=v, pad=pad, **common), mb.avg_pool(x=v, pad=pad, **common)

    largest, mean = evaluate(build, x, tmp_path)
    np.testing.assert_allclose(largest, F.max_pool2d(torch.from_numpy(x), 3, 2, (1, 0), ceil_mode=True).numpy())
    wanted = F.avg_pool2d(torch.from_numpy(x), 3, 2, (1, 0), ceil_mode=True).numpy()
    np.testing.assert_allclose(mean, wanted, rtol=1e-5, atol=1e-6)


TRANSPOSITIONS: list[tuple[dict[str, Any], tuple[int, ...], tuple[int, ...], int, Pads]] = [
    ({}, (3, 4), (2, 3), 1, ((0, 0), (0, 0))),
    ({"strides": [2, 3], "pad_type": "custom", "pad": [1, 0, 2, 1]}, (3, 4), (3, 4), 1, ((1, 0), (2, 1))),
    ({"strides": [2, 2], "dilations": [1, 2], "groups": 2}, (3, 4), (3, 2), 2, ((0, 0), (0, 0))),
    ({"strides": [2, 2], "pad_type": "custom", "pad": [1, 1, 1, 1], "output_shape": [1, 6, 6, 8]}, (3, 4), (3, 3), 1, ((1, 0), (1, 0))),
]  # fmt: skip


@pytest.mark.parametrize("case", TRANSPOSITIONS, ids=[str(case[0]) for case in TRANSPOSITIONS])
def test_a_transposed_convolution_adds_its_kernel_at_every_place(case: Any, tmp_path: Path) -> None:
    options, size, kernel, groups, cuts = case
    x, weight = (RNG.normal(size=shape).astype(np.float32) for shape in ((1, 4, *size), (4, 6 // groups, *kernel)))
    bias = RNG.normal(size=6).astype(np.float32)
    (steps, spread) = options.get("strides", [1, 1]), options.get("dilations", [1, 1])
    whole = np.zeros((1, 6, *((size[i] - 1) * steps[i] + (kernel[i] - 1) * spread[i] + 1 for i in (0, 1))))
    for row, column, down, right, source, target in product(*map(range, (*size, *kernel, 4, 6 // groups))):
        channel = source // (4 // groups) * (6 // groups) + target
        at = row * steps[0] + down * spread[0], column * steps[1] + right * spread[1]
        whole[0, channel, *at] += x[0, source, row, column] * weight[source, target, down, right]
    (top, bottom), (left, right) = cuts
    wanted = whole[:, :, top : whole.shape[2] - bottom, left : whole.shape[3] - right] + bias.reshape(-1, 1, 1)
    (found,) = evaluate(lambda mb, v: mb.conv_transpose(x=v, weight=weight, bias=bias, **options), x, tmp_path)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
