"""The exported and rewritten graph of a network at one size, kept without its weights: training computes the constants anew in every
step."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mobileseg.models.blocks.rewrites import constant
from mobileseg.models.foreign.refusals import NetworkError
from mobileseg.models.foreign.trial import probe, refuse_export
from mobileseg.models.rewrites.apply import rewrite
from mobileseg.models.rewrites.program import Formula, Program
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from torch.fx import GraphModule

    from mobileseg.models.foreign.network import ForeignNetwork

aten = torch.ops.aten
log = logging.getLogger("mobileseg.models")


def network_at(network: ForeignNetwork, height: int, width: int, std: tuple[float, float, float]) -> GraphModule:
    """The rewritten graph of ``network`` at one size, for RGB pixels minus their mean: a function of the network's parameters where
    gradients are on (``deploy_live``), else with constants of its own. Raises ``NetworkError``."""
    found = network.skeletons.known.get((height, width))
    if found is None:
        with torch.no_grad():
            found = _made(network, height, width, std)
        network.skeletons.known[height, width] = found
        for note in found[0].notes:
            log.warning("%s", note)
    program, places = found
    tensors = _tensors(network)
    values = {target: _kept(formula.evaluate(tensors)) for target, formula in program.formulas.items()}
    return program.module(values, places)


def _kept(value: Tensor) -> Tensor:
    """As a constant of the graph; numbers that are no floats stay what they are."""
    return constant(value) if value.is_floating_point() else value.detach().clone()


def _tensors(network: ForeignNetwork) -> dict[str, Tensor]:
    own = network.network
    found = dict(_named(own, "_parameters"))
    found |= dict(_named(own, "_buffers"))
    return found


def _named(module: nn.Module, kind: str) -> list[tuple[str, Tensor]]:
    """Parameters or buffers by all their names, also where a plain tensor with gradient stands for a parameter."""
    return [
        (f"{path}.{name}" if path else name, value)
        for path, part in module.named_modules(remove_duplicate=False)
        for name, value in getattr(part, kind).items()
        if value is not None
    ]


class _Bare(nn.Module):
    """What is exported: the network in its own order of channels, without the flip."""

    def __init__(self, network: ForeignNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network.logits(image)


def _made(
    network: ForeignNetwork, height: int, width: int, std: tuple[float, float, float]
) -> tuple[Program, tuple[str, ...]]:
    image = probe((height, width))
    bare = _Bare(network)
    with quiet():
        try:
            bare(image)  # its own error, in its own words, where it does not take this size
            graph = torch.export.export(bare, (image,), strict=False).module()
        except NetworkError:
            raise
        except Exception as error:
            raise refuse_export(error) from error
    program = _program(graph, _tensors(network))
    _scale_input(program, std, network.reverse)
    wanted = bare(image.flip(1) if network.reverse else image)
    pixels = image * torch.tensor(std).reshape(1, 3, 1, 1)
    done = rewrite(program, pixels, wanted)
    places = {path for node in done.graph.nodes for path in _paths(node)}
    return done, tuple(sorted(places))


def _program(graph: GraphModule, tensors: dict[str, Tensor]) -> Program:
    """The exported graph with formulas; tensors that are the same under several names keep one."""
    for node in list(graph.graph.nodes):
        if node.op == "call_module":  # torch's checks of the input's shape
            graph.graph.erase_node(node)
    graph.graph.eliminate_dead_code()
    names = {id(value): key for key, value in reversed(tensors.items())}
    formulas = {}
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            value = _attribute(graph, str(node.target))
            key = names.get(id(value)) or next((k for k in _keys(str(node.target)) if k in tensors), None)
            node.target = key or str(node.target).rpartition(".")[2]
            formulas[node.target] = Formula(key=key) if key else Formula(value=value.detach().clone())
            node.meta["val"] = value.detach().to("meta")
        _strip_paths(node)
    output = next(node for node in graph.graph.nodes if node.op == "output")
    graph.graph.set_codegen(torch.fx.graph.CodeGen())
    (out,) = output.all_input_nodes
    output.args = (out,)
    return Program(graph.graph, formulas, tensors)


def _keys(target: str) -> list[str]:
    return [target.removeprefix("network.").removeprefix("network.")]


def _attribute(graph: nn.Module, target: str) -> Tensor:
    *path, name = target.split(".")
    home = graph.get_submodule(".".join(path))
    value: Tensor = getattr(home, name)
    return value


def _paths(node: torch.fx.Node) -> list[str]:
    return [path for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path]


def _strip_paths(node: torch.fx.Node) -> None:
    """Paths as in the user's module, which is two wrappers down."""
    stack = node.meta.get("nn_module_stack")
    if stack:
        own: dict[str, tuple[str, Any]] = {}
        for key, (path, kind) in stack.items():
            inner = path.removeprefix("network").removeprefix(".").removeprefix("network").removeprefix(".")
            if inner or not own:
                own[key] = (inner, kind)
        node.meta["nn_module_stack"] = own


def _scale_input(program: Program, std: tuple[float, float, float], reverse: bool) -> None:
    """The division by the standard deviation, and the order of the channels, as one 1x1 convolution in front; a rewrite folds it into
    what follows."""
    image = next(node for node in program.graph.nodes if node.op == "placeholder")
    matrix = torch.diag(1.0 / torch.tensor(std, dtype=torch.float64))
    matrix = (matrix.flip(0) if reverse else matrix).float()[:, :, None, None]
    users = list(image.users)
    weight = program.derive(lambda: matrix, name="input_scale")
    with contextlib.suppress(KeyError):
        image.meta["val"] = image.meta["val"].to("meta")
    scaled = program.call(aten.conv2d.default, (image, weight), like=users[0])
    for user in users:
        user.replace_input_with(image, scaled)
