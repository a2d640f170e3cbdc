"""Models by name: list, make, load, rewrite for one input size."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from mobileseg.models.registry import MODELS
from mobileseg.registry import choose, require
from mobileseg.weights.resolve import RANDOM

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from mobileseg.models.deploy import DeployedModel
    from mobileseg.weights.importer import LoadReport

TORCH = ("torch",)


def list_models(pattern: str = "*") -> list[str]:
    """Names in the zoo that match a shell pattern such as ``seaformer-*``, in the zoo's order; an empty list where none does."""
    return [name for name in MODELS if fnmatch.fnmatchcase(name, pattern)]


def create_model(
    name: str, num_classes: int | None = None, weights: str | Path | None = None, seed: int = 0
) -> nn.Module:
    """The reference model called ``name``, in evaluation mode, float32 on the CPU.

    It takes ``(N, 3, H, W)`` float32, normalised, and gives class logits ``(N, classes, h, w)``; a classifier ``(N, classes)``,
    a panoptic model a dict of them.

    ``weights``: a bundled name, a path or an https URL. Without it, or with ``random``, the weights are random, drawn with
    ``seed``. The number of classes is read from the weights where there are any (a different ``num_classes`` is then refused);
    otherwise it is ``num_classes`` or the model's default.

    Raises ``UnknownNameError``, ``CheckpointError``, ``DownloadError``.
    """
    spec = choose(MODELS, name, "model")
    require(TORCH, "making a model", "torch")
    if weights is None or weights == RANDOM:
        from mobileseg.models.factory import build

        return build(spec, spec.num_classes if num_classes is None else num_classes, seed)
    from mobileseg.weights.importer import model_from_weights

    return model_from_weights(spec, weights, num_classes, seed)[0]


def load_weights(model: nn.Module, weights: str | Path) -> LoadReport:
    """Load ``weights`` (a bundled name, a path or an https URL) into a reference model made by ``create_model``, in place.

    Gives a report of the file's layout and of the keys that the file or the model lacks. A classifier's file may start a
    segmentation model: the report's ``head_trained`` is then False.

    Raises ``CheckpointError`` for anything that does not fit, ``DownloadError``.
    """
    require(TORCH, "loading weights", "torch")
    from mobileseg.weights import importer

    return importer.load_weights(model, weights)


def deploy(module: nn.Module, height: int, width: int, emit: str | None = None) -> DeployedModel:
    """The deploy model of a reference model at one input size, in evaluation mode; ``module`` is left as it is.

    It takes RGB ``(1, 3, height, width)`` float32 in 0..255. ``emit="logits"`` gives class logits ``(1, classes, h, w)``
    float32 at the head's stride; ``"mask"`` the class map ``(1, height, width)`` int32; ``"panoptic"`` a dict of float32
    ``semantic`` ``(1, classes, h, w)``, ``center`` ``(1, 1, h, w)`` and ``offset`` ``(1, 2, h, w)``. Default: all that the head
    gives.

    Raises ``SizeError`` for a size that the network cannot take, ``RequestError`` for an output that it does not have.
    """
    require(TORCH, "making a deploy model", "torch")
    from mobileseg.models import factory

    return factory.deploy(module, height, width, emit)
