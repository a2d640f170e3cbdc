"""mobileseg: segmentation networks from their authors' checkpoints to verified files on phones.

``import mobileseg`` is cheap: torch is imported when a model is made.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from mobileseg.errors import MobilesegError
from mobileseg.models.registry import MODELS
from mobileseg.registry import choose
from mobileseg.weights.resolve import RANDOM

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from mobileseg.models.deploy import DeployedModel
    from mobileseg.weights.importer import LoadReport

__version__ = "0.1.0"
__all__ = ["MobilesegError", "create_model", "deploy", "list_models", "load_weights"]


def list_models(pattern: str = "*") -> list[str]:
    """Names in the zoo that match a shell pattern, in the zoo's order."""
    return [name for name in MODELS if fnmatch.fnmatchcase(name, pattern)]


def create_model(
    name: str, num_classes: int | None = None, weights: str | Path | None = None, seed: int = 0
) -> nn.Module:
    """The reference model of a model, in evaluation mode, float32 on the CPU.

    ``weights``: a bundled name, a path or an https URL; without it (or with ``random``) the model is random, from ``seed``. The
    number of classes is read from the weights where there are any (a different ``num_classes`` is then refused), else it is the
    model's default. Raises ``UnknownNameError``, ``CheckpointError``.
    """
    spec = choose(MODELS, name, "model")
    if weights is None or weights == RANDOM:
        from mobileseg.models.factory import build

        return build(spec, spec.num_classes if num_classes is None else num_classes, seed)
    from mobileseg.weights.importer import model_from_weights

    return model_from_weights(spec, weights, num_classes, seed)[0]


def load_weights(model: nn.Module, weights: str | Path) -> LoadReport:
    """See ``mobileseg.weights.importer.load_weights``."""
    from mobileseg.weights import importer

    return importer.load_weights(model, weights)


def deploy(module: nn.Module, height: int, width: int, emit: str | None = None) -> DeployedModel:
    """See ``mobileseg.models.factory.deploy``."""
    from mobileseg.models import factory

    return factory.deploy(module, height, width, emit)
