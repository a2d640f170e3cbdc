"""Weights and inputs that depend on nothing but names, shapes and a salt, so that two implementations with equal keys compute the
same function. Every entry is drawn by its own PCG64 generator, seeded with the CRC-32 of its key plus the salt, in float64."""

import zlib

import numpy as np
import torch
from torch import Tensor, nn

# Gains that keep residual sums and attention logits in range: the first key ending that fits counts.
GAINS = {
    "to_q.c.weight": 0.7,
    "to_k.c.weight": 0.7,
    "fc2.c.weight": 0.5,
    "pwconv.c.weight": 0.5,
    "bn_similarity.weight": 0.25,
    "qkv_transform.weight": 0.5,
    "conv_up.weight": 0.5,
    "conv_qkv.weight": 0.5,
    "conv3.weight": 0.5,
}
POSITION_STD = {"pos_embed": 1.5, "relative": 0.5, "relative_h": 0.5, "relative_w": 0.5}


def draw(key: str, shape: tuple[int, ...], normalised: bool, salt: int) -> np.ndarray:
    """The float32 value of one entry; ``normalised``: the key belongs to a BatchNorm."""
    generator = np.random.default_rng(zlib.crc32(key.encode()) + salt)
    last = key.rpartition(".")[2]
    gain = next((g for ending, g in GAINS.items() if key.endswith(ending)), 1.0)
    if last in ("running_mean", "bias"):
        value = 0.1 * generator.standard_normal(shape)
    elif last == "running_var":
        value = 0.5 + generator.random(shape)
    elif last == "weight" and normalised:
        value = gain * (0.5 + generator.random(shape))
    elif last.startswith("layer_scale"):
        value = 0.01 + 0.03 * generator.random(shape)
    elif last in POSITION_STD:
        value = POSITION_STD[last] * generator.standard_normal(shape)
    elif last == "weight" and len(shape) == 1:  # LayerNorm
        value = 0.5 + generator.random(shape)
    elif last == "weight":
        value = gain * generator.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
    else:
        raise ValueError(f"no rule for {key}")
    return np.asarray(value).astype(np.float32)


@torch.no_grad()
def fill(module: nn.Module, salt: int = 0) -> nn.Module:
    """Overwrite every floating-point entry of the state_dict in place."""
    state = module.state_dict()
    for key, tensor in state.items():
        if tensor.is_floating_point():
            normalised = f"{key.rpartition('.')[0]}.running_mean" in state
            tensor.copy_(torch.from_numpy(draw(key, tuple(tensor.shape), normalised, salt)))
    return module


def make_input(shape: tuple[int, int, int, int], seed: int = 0) -> Tensor:
    """White noise plus four slow waves a channel, so that the means of rows and of columns differ; ``(N, C, H, W)`` float32."""
    images, channels, height, width = shape
    generator = np.random.default_rng(seed)
    x = 0.5 * generator.standard_normal(shape)
    down, across = np.arange(height)[:, None] / height, np.arange(width)[None, :] / width
    for i in range(images * channels):
        plane = x[i // channels, i % channels]
        for _ in range(4):
            fy, fx = generator.integers(0, 4, 2)
            amplitude, phase = generator.random(2)
            plane[:] += (0.5 + amplitude) * np.sin(2 * np.pi * (fy * down + fx * across + phase))
    return torch.from_numpy(x.astype(np.float32))
