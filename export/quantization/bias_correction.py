"""Bias correction: biases compensate the mean error that quantization causes in every output channel.

Rounding the weights shifts the mean of a channel, most of all in depthwise layers, whose channels sum few products. Noise averages
out through the network; a shift accumulates. Nagel et al. 2019 (arXiv 1906.04721), section 4.2, with the mean measured on the
calibration images: b += E[float output] - E[quantized output], in execution order, with all earlier layers already corrected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Interpreter, Node

from mobileseg.data.images import Batch, evenly
from mobileseg.export.quantization.fake_quant import DEQUANTIZE, Rounding
from mobileseg.export.quantization.operators import WEIGHTED
from mobileseg.models.reference import device_of

aten = torch.ops.aten
MOST_IMAGES = 32  # memory: the live activations of every image are kept at once


@torch.no_grad()
def bias_shifts(graph: GraphModule, reference: GraphModule, batches: Sequence[Batch]) -> dict[str, Tensor]:
    """Corrections that give every operator with rounded weights the mean output that it has in the float graph ``reference``.

    ``graph`` is the converted or the fake-quantized graph of the same operators. Returns float32 ``(channels,)`` by operator name. At
    most ``MOST_IMAGES`` of ``batches``, ``(1, 3, H, W)`` float32 each, evenly chosen, are run.
    """
    device = device_of(graph)
    images = [torch.from_numpy(batches[i]).to(device) for i in evenly(len(batches), MOST_IMAGES)]
    wanted = dict(_means(reference, images))
    shifts: dict[str, Tensor] = {}
    for node, mean, outputs in _lockstep(graph, images):
        if not _rounded(graph, node):
            continue
        shift = wanted[node.name] - mean
        for place, output in enumerate(outputs):
            outputs[place] = output + _on_channels(node, shift, output.ndim)
        shifts[node.name] = shift
    return shifts


def correct_biases(graph: GraphModule, shifts: Mapping[str, Tensor]) -> None:
    """Add the corrections of ``bias_shifts`` to the biases of a converted graph, in place."""
    for node in [node for node in graph.graph.nodes if node.name in shifts]:
        _add_to_bias(graph, node, shifts[node.name])
    graph.graph.lint()
    graph.recompile()


def _rounded(graph: GraphModule, node: Node) -> bool:
    """Whether the weights of an operator are rounded; in a fake-quantized graph, whether they are right now."""
    weight = node.args[1]
    assert isinstance(weight, Node)
    if weight.op == "call_module":
        rounding = graph.get_submodule(str(weight.target))
        return isinstance(rounding, Rounding) and rounding.active
    return weight.target in DEQUANTIZE


def _means(graph: GraphModule, images: Sequence[Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Mean output of every channel of every weighted operator."""
    for node, mean, _ in _lockstep(graph, images):
        yield node.name, mean


def _lockstep(graph: GraphModule, images: Sequence[Tensor]) -> Iterator[tuple[Node, Tensor, list[Any]]]:
    """Run all images through one operator after the other. Yields every weighted operator with the mean of each channel and its
    outputs, which the caller may replace before the next operator runs."""
    runs = [_Run(graph, image) for image in images]
    of_image: set[Node] = set()  # the other nodes, such as rounded weights, are the same for every image
    for node in graph.graph.nodes:
        if node.op == "placeholder" or not of_image.isdisjoint(node.all_input_nodes):
            of_image.add(node)
            outputs = [run.step(node) for run in runs]
        else:
            outputs = [runs[0].step(node)] * len(runs)
            for run, output in zip(runs[1:], outputs[1:], strict=True):
                run.env[node] = output
        if node.target in WEIGHTED:
            mean = torch.stack([_channel_mean(node, output) for output in outputs]).mean(0)
            yield node, mean, outputs
            for run, output in zip(runs, outputs, strict=True):
                run.env[node] = output


class _Run(Interpreter):
    """The partial run of one image through a graph; values are freed after their last use."""

    def __init__(self, graph: GraphModule, image: Tensor) -> None:
        super().__init__(graph)
        self.args_iter = iter((image,))

    @torch.no_grad()
    def step(self, node: Node) -> Any:
        """Run one operator."""
        if node.op == "output":
            return None
        self.env[node] = self.run_node(node)
        for done in self.user_to_last_uses.get(node, ()):
            del self.env[done]
        return self.env.get(node)


def _channel_mean(node: Node, output: Tensor) -> Tensor:
    """Channels are the second dimension of a convolution's output, the last of a linear layer's."""
    axis = 1 if node.target is aten.conv2d.default else output.ndim - 1
    return output.mean([d for d in range(output.ndim) if d != axis])


def _on_channels(node: Node, values: Tensor, dimensions: int) -> Tensor:
    return values.reshape(1, -1, *(1,) * (dimensions - 2)) if node.target is aten.conv2d.default else values


def _add_to_bias(graph: GraphModule, node: Node, shift: Tensor) -> None:
    """Give the operator its own bias: it may have had none, or shared one."""
    old = node.args[2] if len(node.args) > 2 else None
    before = graph.get_parameter(str(old.target)) if isinstance(old, Node) else torch.zeros_like(shift)
    name = f"corrected_bias_{node.name}"
    graph.register_parameter(name, torch.nn.Parameter(before.detach() + shift, requires_grad=False))
    with graph.graph.inserting_before(node):
        bias = graph.graph.get_attr(name)
    node.args = (*node.args[:2], bias, *node.args[3:])
