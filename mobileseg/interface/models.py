"""Models by name: list, make, load, rewrite for one input size."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from mobileseg.models.lookup import find_model
from mobileseg.models.names import other_names
from mobileseg.models.registry import MODELS
from mobileseg.registry import require
from mobileseg.weights.resolve import RANDOM

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from mobileseg.models.deploy import DeployedModel
    from mobileseg.weights.importer import LoadReport

TORCH = ("torch",)


def list_models(pattern: str = "*") -> list[str]:
    """Names that match a shell pattern such as ``seaformer-*``: of the zoo, in its order, then those that packages and this program added;
    an empty list where none does. Nothing is imported for it."""
    return [name for name in (*MODELS, *other_names()) if fnmatch.fnmatchcase(name, pattern)]


def create_model(
    name: str,
    num_classes: int | None = None,
    weights: str | Path | None = None,
    seed: int = 0,
    *,
    ema: bool | None = None,
    refresh: bool = False,
) -> nn.Module:
    """The reference model called ``name``, in evaluation mode, float32 on the CPU.

    It takes ``(N, 3, H, W)`` float32, normalised, and gives class logits ``(N, classes, h, w)``; a classifier ``(N, classes)``,
    a panoptic model a dict of them.

    ``weights``: a bundled name, a path, an https or ``hf://`` address, or ``official`` for the authors' file. Without it, or with
    ``random``, the weights are random, drawn with ``seed``. The number of classes is that of the weights, or ``num_classes``: where
    they differ all but the last layer is loaded, and that is random (a warning of the logger ``mobileseg.weights`` says so). Without
    weights it is ``num_classes`` or the model's default.

    ``ema``: of a file with plain and averaged weights take the averaged (True, and by default) or the plain ones (False).
    ``refresh``: download again what is in the cache.

    Raises ``UnknownNameError``, ``CheckpointError``, ``DownloadError``.
    """
    spec = find_model(name)
    require(TORCH, "making a model", "torch")
    if weights is None or weights == RANDOM:
        from mobileseg.models.factory import build

        return build(spec, spec.num_classes if num_classes is None else num_classes, seed)
    from mobileseg.weights.importer import model_from_weights
    from mobileseg.weights.resolve import resolve

    source = resolve(weights, spec, ema=ema, refresh=refresh)
    return model_from_weights(spec, source, num_classes, seed, other_classes=True)[0]


def load_weights(
    model: nn.Module,
    weights: str | Path,
    *,
    ema: bool | None = None,
    refresh: bool = False,
    other_classes: bool = False,
) -> LoadReport:
    """Load ``weights``, as ``create_model`` takes them, into a reference model made by it, in place.

    Gives a report: the file's layout, the keys that the file or the model lacks, what was left out, and the names of the classes
    where the file has them. A classifier's file may start a segmentation model: the report's ``head_trained`` is then False. With
    ``other_classes`` a file with another number of classes is loaded but for the last layer, too. ``ema``, ``refresh``: see
    ``create_model``.

    Raises ``CheckpointError`` for anything that does not fit, ``DownloadError``.
    """
    require(TORCH, "loading weights", "torch")
    from mobileseg.models.factory import spec_of
    from mobileseg.weights import importer
    from mobileseg.weights.resolve import resolve

    source = resolve(weights, spec_of(model), ema=ema, refresh=refresh)
    return importer.load_weights(model, source, other_classes=other_classes)


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
