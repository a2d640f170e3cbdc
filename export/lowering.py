"""What goes into a target's ``lower`` and what comes out: plain data between the pipeline and the targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from mobileseg.export.manifest import DelegationPart
from mobileseg.models.deploy import DeployedModel

INPUT_NAME = "image"


@dataclass(frozen=True)
class Lowering:
    """``module``: what to lower, the float deploy form or the quantized graph of it. ``essentials`` go into the file's own
    metadata where the format has any."""

    module: nn.Module
    deployed: DeployedModel
    precision: str
    file_name: str
    essentials: dict[str, str] = field(default_factory=dict)

    @property
    def example(self) -> Tensor:
        """Contiguous: a channels-last example makes a .pte that misreads contiguous tensors."""
        return torch.zeros(1, 3, self.deployed.height, self.deployed.width)

    @property
    def output_names(self) -> tuple[str, ...]:
        return self.deployed.output_names


@dataclass(frozen=True)
class Lowered:
    """The file in the staging folder, and how the delegate holds it (None where the format has no delegates)."""

    path: Path
    delegation: DelegationPart | None = None
