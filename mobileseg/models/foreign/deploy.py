"""The deploy model of a network that is not ours: its exported graph, rewritten."""

from __future__ import annotations

from torch import nn

from mobileseg.models.foreign.network import ForeignNetwork
from mobileseg.models.foreign.skeleton import network_at


def deploy(module: nn.Module, height: int, width: int, std: tuple[float, float, float]) -> nn.Module:
    """See ``mobileseg.models.spec.ModelSpec.deploy``. Raises ``NetworkError``."""
    assert isinstance(module, ForeignNetwork)
    return network_at(module, height, width, std)
