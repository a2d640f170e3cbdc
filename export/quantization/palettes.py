"""Weights by palettes: in each layer 64 values, which every weight is one of, chosen for the least squared error.

The palette of a layer is found by Lloyd's algorithm (S. Lloyd, "Least Squares Quantization in PCM", IEEE Transactions on Information
Theory 28, 1982), which is k-means in one dimension, from its weights' quantiles on: nothing is drawn at random.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.fx import GraphModule, Node

from mobileseg.export.quantization.operators import WEIGHTED
from mobileseg.export.quantization.quantize import float_graph
from mobileseg.models.deploy import DeployedModel

BITS = 6  # of an index: trained SeaFormer-Tiny keeps 98.8 % of the classes at 256x256; 96.8 % with 4, 99.4 % with 8
LEAST_WEIGHTS = 2048  # in a layer: a palette of 64 saves nothing that counts below, as coremltools has it by default
MOST_STEPS = 100  # of Lloyd's algorithm


def palette_of(weights: NDArray[np.floating], bits: int = BITS) -> NDArray[np.float64]:
    """At most ``2 ** bits`` values, ascending, for ``weights`` of any shape: their own where they have no more."""
    flat = np.sort(weights, axis=None).astype(np.float64)
    if (own := np.unique(flat)).size <= 2**bits:
        return own
    totals = np.concatenate([[0.0], np.cumsum(flat)])
    palette = np.unique(np.quantile(flat, (np.arange(2**bits) + 0.5) / 2**bits))
    for _ in range(MOST_STEPS):
        ends = np.concatenate([[0], np.searchsorted(flat, (palette[1:] + palette[:-1]) / 2), [flat.size]])
        counts, sums = np.diff(ends), np.diff(totals[ends])
        moved = np.where(counts > 0, sums / np.maximum(counts, 1), palette)
        if np.array_equal(moved, palette):
            break
        palette = moved
    return palette


def nearest(weights: NDArray[np.floating], palette: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each weight's nearest value of an ascending palette."""
    return palette[np.searchsorted((palette[1:] + palette[:-1]) / 2, weights)]


def palettized(module: DeployedModel, bits: int = BITS) -> GraphModule:
    """The graph of the deploy model in which each convolution and linear layer of at least 2,048 weights has those of its palette, rounded
    to float16. ``module`` is left as it is."""
    graph = float_graph(module)
    for node in graph.graph.nodes:
        weight = node.args[1] if node.target in WEIGHTED else None
        if not isinstance(weight, Node) or weight.op != "get_attr":
            continue
        assert isinstance(weight.target, str)
        found = graph.get_parameter(weight.target).detach()
        if found.numel() >= LEAST_WEIGHTS:
            palette = palette_of(found.numpy(), bits).astype(np.float16).astype(np.float64)
            values = torch.from_numpy(nearest(found.numpy(), np.unique(palette))).to(found.dtype)
            _set(graph, weight.target, values)
    return graph


def _set(graph: GraphModule, path: str, values: torch.Tensor) -> None:
    """A parameter of its own: the graph shares its others with the deploy model."""
    owner, _, name = path.rpartition(".")
    setattr(graph.get_submodule(owner), name, torch.nn.Parameter(values, requires_grad=False))
