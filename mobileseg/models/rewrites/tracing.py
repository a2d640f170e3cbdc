"""From a module to a rewritten graph at one size, and back to a module with constants.

The graph is kept without the module's weights: training computes the constants anew in every step.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from mobileseg.models.blocks.rewrites import constant
from mobileseg.models.rewrites.apply import rewrite
from mobileseg.models.rewrites.program import Formula, Program
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from torch.fx import GraphModule

aten = torch.ops.aten
Run = Callable[[Tensor], Tensor]
Module = TypeVar("Module", bound=nn.Module)


class Traced(NamedTuple):
    """``program``: rewritten, for RGB pixels minus their mean; ``places``: the paths of the modules that its operators lie in."""

    program: Program
    places: tuple[str, ...]


class _Bare(nn.Module):
    """What is exported: ``run``, which calls ``network``."""

    def __init__(self, network: nn.Module, run: Run) -> None:
        super().__init__()
        self.network, self.run = network, run

    def forward(self, image: Tensor) -> Tensor:
        return self.run(image)


def probe(size: tuple[int, int], kind: str = "noise") -> Tensor:
    """A normalised image ``(1, 3, height, width)``: seeded noise, or one colour, black or white."""
    if kind != "noise":
        return torch.full((1, 3, *size), -2.1 if kind == "black" else 2.6)
    return torch.randn((1, 3, *size), generator=torch.Generator().manual_seed(0))


@contextlib.contextmanager
def to_trace(module: Module) -> Iterator[Module]:
    """``module``, or a copy of it, as it is traced: on the CPU, where graphs are exported and rewrites may look at numbers in float64; in
    evaluation mode for the block."""
    device = next((tensor.device for tensor in tensors_of(module).values()), torch.device("cpu"))
    here = module if device.type == "cpu" else copy.deepcopy(module).cpu()
    training = [part for part in here.modules() if part.training]
    here.eval()
    try:
        with torch.device("cpu"), torch.no_grad():
            yield here
    finally:
        for part in training:
            part.training = True


def exported(module: nn.Module, run: Run, image: Tensor) -> Program:
    """The graph of ``run``, a function of an image that calls ``module``. Raises what ``torch.export`` raises."""
    with quiet():
        graph = torch.export.export(_Bare(module, run), (image,), strict=False).module()
    return _program(graph, tensors_of(module))


def rewritten(
    program: Program, image: Tensor, wanted: Tensor, std: tuple[float, float, float], reverse: bool = False
) -> Traced:
    """``program`` for pixels that are not divided by ``std`` yet, in the ``reverse`` order of channels where asked, with all rewrites.
    ``image``: normalised, in the network's own order; ``wanted``: the output for its pixels."""
    _scale_input(program, std, reverse)
    done = rewrite(program, image * torch.tensor(std).reshape(1, 3, 1, 1), wanted)
    return Traced(done, tuple(sorted({path for node in done.graph.nodes for path in _paths(node)})))


def built(traced: Traced, module: nn.Module) -> GraphModule:
    """A module of the graph for the tensors of ``module``: a function of its parameters where gradients are on (``deploy_live``), else
    with constants of its own."""
    tensors = tensors_of(module)
    values = {target: _kept(formula.evaluate(tensors)) for target, formula in traced.program.formulas.items()}
    return traced.program.module(values, traced.places)


def _kept(value: Tensor) -> Tensor:
    """As a constant of the graph; numbers that are no floats stay what they are."""
    return constant(value) if value.is_floating_point() else value.detach().clone()


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by all their names."""
    return dict(_named(module, "_parameters")) | dict(_named(module, "_buffers"))


def _named(module: nn.Module, kind: str) -> list[tuple[str, Tensor]]:
    """Parameters or buffers by all their names, also where a plain tensor with gradient stands for a parameter."""
    return [
        (f"{path}.{name}" if path else name, value)
        for path, part in module.named_modules(remove_duplicate=False)
        for name, value in getattr(part, kind).items()
        if value is not None
    ]


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
            key = names.get(id(value)) or _key(str(node.target), tensors)
            node.target = key or str(node.target).rpartition(".")[2]
            formulas[node.target] = Formula(key=key) if key else Formula(value=value.detach().clone())
            node.meta["val"] = value.detach().to("meta")
        _strip_paths(node)
    output = next(node for node in graph.graph.nodes if node.op == "output")
    graph.graph.set_codegen(torch.fx.graph.CodeGen())
    (out,) = output.all_input_nodes
    output.args = (out,)
    return Program(graph.graph, formulas, tensors)


def _key(target: str, tensors: dict[str, Tensor]) -> str | None:
    name = target.removeprefix("network.")
    return name if name in tensors else None


def _attribute(graph: nn.Module, target: str) -> Tensor:
    *path, name = target.split(".")
    home = graph.get_submodule(".".join(path))
    value: Tensor = getattr(home, name)
    return value


def _paths(node: torch.fx.Node) -> list[str]:
    return [path for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path]


def _strip_paths(node: torch.fx.Node) -> None:
    """Paths as in the module, which is one wrapper down."""
    stack = node.meta.get("nn_module_stack")
    if stack:
        own: dict[str, tuple[str, Any]] = {}
        for key, (path, kind) in stack.items():
            inner = path.removeprefix("network").removeprefix(".")
            if inner or not own:
                own[key] = (inner, kind)
        node.meta["nn_module_stack"] = own


def _scale_input(program: Program, std: tuple[float, float, float], reverse: bool) -> None:
    """The division by the standard deviation, and the order of the channels, as one 1x1 convolution in front; a rewrite folds it into
    what follows."""
    image = next(node for node in program.graph.nodes if node.op == "placeholder")
    matrix = torch.diag(1.0 / torch.tensor(std, dtype=torch.float64))
    matrix = (matrix.flip(0) if reverse else matrix).float()[:, :, None, None]
    users = [node for node in program.graph.nodes if node in image.users]  # image.users has an order of its own
    weight = program.derive(lambda: matrix, name="input_scale")
    with contextlib.suppress(KeyError):
        image.meta["val"] = image.meta["val"].to("meta")
    scaled = program.call(aten.conv2d.default, (image, weight), like=users[0])
    for user in users:
        user.replace_input_with(image, scaled)
