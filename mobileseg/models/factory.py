"""Builds reference models and deploy models from rows of the registry."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from mobileseg.errors import RequestError
from mobileseg.models.checks import check_emit, check_num_classes, check_size
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.spec import ModelSpec
from mobileseg.registry import load


def build(spec: ModelSpec, num_classes: int, seed: int = 0) -> nn.Module:
    """The reference model of ``spec`` with seeded random weights, in evaluation mode. It remembers its spec and number of classes.
    Raises ``RequestError`` for an impossible number of classes."""
    check_num_classes(num_classes)
    if spec.card is not None:
        return attach(load(spec.build)(spec.card, seed), spec, num_classes)
    module: nn.Module = load(spec.build)(spec.variant, num_classes, seed)
    return attach(module, spec, num_classes)


def attach(module: nn.Module, spec: ModelSpec, num_classes: int) -> nn.Module:
    """``module`` in evaluation mode, as a reference model that remembers its row. Raises ``RequestError`` where a network that is not ours
    has another number of classes."""
    if spec.card is not None and num_classes != spec.num_classes:
        raise RequestError(
            expected=f"{spec.num_classes} classes, as {spec.name} gives",
            found=str(num_classes),
            fix="let its factory give the other number: arguments in the model.toml",
        )
    module.mobileseg_spec = spec  # type: ignore[assignment]  # a plain attribute, not a submodule
    module.mobileseg_classes = num_classes  # type: ignore[assignment]
    return module.eval()


def spec_of(module: nn.Module) -> ModelSpec:
    """The registry row from which ``module`` was built. Raises ``RequestError`` for any other module."""
    spec = getattr(module, "mobileseg_spec", None)
    if not isinstance(spec, ModelSpec):
        raise RequestError(
            expected="a model from mobileseg.create_model",
            found=type(module).__name__,
            fix="create the model with create_model, then load your weights into it",
        )
    return spec


def num_classes_of(module: nn.Module) -> int:
    """The number of classes of a reference model from ``build``."""
    return int(module.mobileseg_classes)  # type: ignore[arg-type]  # a plain attribute, set there


def stretch_tables(module: nn.Module, height: int, width: int) -> float:
    """Stretch the position tables of a reference model, in place, to reach an image of ``height`` x ``width`` pixels.

    The function then differs from the trained one, and the note of its row (``spec_of``) says so. Returns the factor. Raises
    ``RequestError`` for models without such tables, and where the tables already reach.
    """
    spec = spec_of(module)
    if spec.resample is None or spec.largest is None or max(height, width) <= spec.largest:
        reach = f"reach {spec.largest} pixels" if spec.largest else "do not limit the size"
        raise RequestError(
            expected="--resample-tables for a size that the model's position tables do not reach",
            found=f"{height}x{width}, and the tables of {spec.name} {reach}",
            fix="omit the option",
        )
    scale = max(height, width) / spec.largest
    load(spec.resample)(module, scale)
    return scale


def deploy(module: nn.Module, height: int, width: int, emit: str | None = None) -> DeployedModel:
    """The deploy model of a reference model at one input size, in evaluation mode; ``module`` is not changed.

    Its input is RGB ``(1, 3, height, width)`` float32 in 0..255. ``emit="logits"`` gives the head's output (class logits
    ``(1, classes, h, w)`` float32 at the head's stride), ``emit="mask"`` the class map ``(1, height, width)`` int32,
    ``emit="panoptic"`` a dict of float32 ``semantic`` ``(1, classes, h, w)``, ``center`` ``(1, 1, h, w)`` and ``offset``
    ``(1, 2, h, w)``. The default is all outputs of the head. Raises ``SizeError``, and ``RequestError`` for an output that the model
    lacks and for a module that is not from ``build``.
    """
    with torch.no_grad():
        return _deploy(copy.deepcopy(module), height, width, emit).requires_grad_(False)


def deploy_live(module: nn.Module, height: int, width: int, emit: str | None = None) -> DeployedModel:
    """The deploy model as a differentiable function of the parameters of ``module``, for quantization-aware training.

    It shares the parameters of ``module``; where a rewrite computes new ones from them, a plain tensor with gradient takes the place of
    the parameter. ``live_tensors`` lists both by name. BatchNorms are folded with their current statistics. Errors as for ``deploy``.
    """
    with torch.enable_grad():
        return _deploy(module, height, width, emit)


def live_tensors(deployed: nn.Module) -> dict[str, Tensor]:
    """The parameters of ``deploy_live``'s model and the tensors in place of parameters, by the names of ``deploy``'s parameters."""
    found: dict[str, Tensor] = dict(deployed.named_parameters())
    for path, part in deployed.named_modules():
        prefix = f"{path}." if path else ""
        found |= {prefix + name: value for name, value in vars(part).items() if isinstance(value, Tensor)}
    return found


def _deploy(module: nn.Module, height: int, width: int, emit: str | None) -> DeployedModel:
    spec = spec_of(module)
    check_size(spec, height, width)
    kind = check_emit(spec, emit)
    branches = {"semantic_only": kind != "panoptic"} if spec.task == "panoptic" else {}
    network = load(spec.deploy)(module, height, width, spec.std, **branches)
    return DeployedModel(network, spec, num_classes_of(module), (height, width), kind).eval()
