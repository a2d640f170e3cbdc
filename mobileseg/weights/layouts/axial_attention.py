"""Conversion of an axial attention layer from deeplab2's TensorFlow layout to the PyTorch layout of ``AxialAttention``."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

STATISTICS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def axial_attention_from_tensorflow(variables: Mapping[str, Tensor], heads: int = 8) -> dict[str, Tensor]:
    """The state_dict of one ``AxialAttention`` from the variables of deeplab2's ``.../height_axis`` or ``.../width_axis``.

    ``variables``: tensors by their names below that scope (``qkv_kernel``, ``batch_norm_qkv/gamma``, ``query_rpe/embeddings``, ...).
    Raises ``KeyError`` where one is missing. TensorFlow's layout becomes PyTorch's as follows:

    * channels: all queries, all keys, all values (each head-major) -> head after head, each with its q, k, v;
    * three tables with rows by ``j - i`` (key minus query) -> columns of one table; those of queries and values run with ``i - j`` and
      are flipped, those of keys are not;
    * BatchNorm of the outputs: ``[2, 1, heads, 1, d]`` -> channel (head, c, {content, position}).
    """
    tables = [variables[f"{part}_rpe/embeddings"].T for part in ("query", "key", "value")]
    dims = [table.shape[0] for table in tables]
    state = {
        "relative": torch.cat((tables[0].flip(1), tables[1], tables[2].flip(1))),
        "qkv_transform.weight": _by_head(variables["qkv_kernel"].T, dims, heads).unsqueeze(2),
    }
    for theirs, ours in STATISTICS.items():
        qkv, similarity, output = (
            variables[f"batch_norm_{part}/{theirs}"] for part in ("qkv", "similarity", "retrieved_output")
        )
        state[f"bn_qkv.{ours}"] = _by_head(qkv, dims, heads)
        state[f"bn_similarity.{ours}"] = similarity.flatten()
        state[f"bn_output.{ours}"] = output.permute(1, 2, 3, 4, 0).flatten()
    return {key: value.contiguous() for key, value in state.items()}


def _by_head(channels: Tensor, dims: list[int], heads: int) -> Tensor:
    """Reorder the first dimension from ``q of all heads | k of all heads | v of all heads`` to ``q, k, v`` of each head in turn."""
    parts = torch.split(channels, [heads * dim for dim in dims])
    return torch.cat([torch.unflatten(part, 0, (heads, -1)) for part in parts], 1).flatten(0, 1)
