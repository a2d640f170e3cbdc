"""mobileseg: segmentation networks from their authors' checkpoints to verified files on phones.

``import mobileseg`` is cheap: torch is imported when a model is made.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from mobileseg.errors import MobilesegError
from mobileseg.models.registry import MODELS

if TYPE_CHECKING:
    from torch import nn

    from mobileseg.models.deploy import DeployedModel
    from mobileseg.weights.importer import LoadReport

__version__ = "0.1.0"
__all__ = ["MobilesegError", "create_model", "deploy", "list_models", "load_weights"]


def list_models(pattern: str = "*") -> list[str]:
    """Names in the zoo that match a shell pattern, in the zoo's order."""
    return [name for name in MODELS if fnmatch.fnmatchcase(name, pattern)]


def create_model(name: str, num_classes: int | None = None, weights: str | None = None, seed: int = 0) -> nn.Module:
    """See ``mobileseg.models.factory.create_model``."""
    from mobileseg.models import factory

    return factory.create_model(name, num_classes, weights, seed)


def load_weights(model: nn.Module, weights: str) -> LoadReport:
    """See ``mobileseg.weights.importer.load_weights``."""
    from mobileseg.weights import importer

    return importer.load_weights(model, weights)


def deploy(module: nn.Module, height: int, width: int, emit: str = "logits") -> DeployedModel:
    """See ``mobileseg.models.factory.deploy``."""
    from mobileseg.models import factory

    return factory.deploy(module, height, width, emit)
