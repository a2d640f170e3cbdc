"""The TensorFlow layout of an axial attention layer (deeplab2), brought to the PyTorch layout that ``AxialAttention`` has."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

STATISTICS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def axial_attention_from_tensorflow(variables: Mapping[str, Tensor], heads: int = 8) -> dict[str, Tensor]:
    """State of one ``AxialAttention`` from the variables of deeplab2's ``.../height_axis`` or ``.../width_axis``.

    ``variables``: the names after that scope (``qkv_kernel``, ``batch_norm_qkv/gamma``, ``query_rpe/embeddings``, ...) with their
    arrays as tensors. The two layouts differ so:

    * channels: all queries, all keys, all values (each head-major) - head after head, each with its q, k, v;
    * three tables of rows ``j - i`` (key after query) - columns of one table, the queries' and values' running with ``i - j``:
      those two are flipped, the keys' is not;
    * the outputs' BatchNorm: ``[2, 1, heads, 1, d]`` - channel (head, c, {content, position}).
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
    """Channels first: ``q of all heads | k of all heads | v of all heads`` to ``q, k, v`` of one head after the other."""
    parts = torch.split(channels, [heads * dim for dim in dims])
    return torch.cat([torch.unflatten(part, 0, (heads, -1)) for part in parts], 1).flatten(0, 1)
