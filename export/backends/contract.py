"""What a target is given to lower, what it gives back, and how its files are run and timed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mobileseg.data.images import Batch
from mobileseg.export.manifest import DelegationPart
from mobileseg.postprocess.class_map import Outputs

if TYPE_CHECKING:  # torch is heavy, and running a file of ONNX needs none
    from torch import Tensor, nn

    from mobileseg.models.deploy import DeployedModel

INPUT_NAME = "image"


@dataclass(frozen=True)
class Lowering:
    """``module``: what to lower, the float deploy model or the quantized graph of it. ``essentials`` go into the file's own
    metadata where the format has any."""

    module: nn.Module
    deployed: DeployedModel
    precision: str
    file_name: str
    essentials: dict[str, str] = field(default_factory=dict)

    @property
    def example(self) -> Tensor:
        """Contiguous: a channels-last example makes a .pte that misreads contiguous tensors."""
        import torch

        return torch.zeros(1, 3, self.deployed.height, self.deployed.width)

    @property
    def output_names(self) -> tuple[str, ...]:
        return self.deployed.output_names


@dataclass(frozen=True)
class Lowered:
    """The file in the staging folder, and how the delegate holds it (None where the format has no delegates)."""

    path: Path
    delegation: DelegationPart | None = None


class Runtime(Protocol):
    """Runs one file."""

    def run(self, batch: Batch) -> Outputs: ...


class TimeRatio(NamedTuple):
    """Time of one file over that of another, with its 95 % ``interval`` (None where there is not enough to say). ``device``: in
    words, where and how both were timed."""

    value: float
    interval: tuple[float, float] | None
    device: str


class Timer(Protocol):
    """Times two files of one target in turns: ``file`` over ``base``. ``batch``: ``(1, 3, H, W)`` float32, which both take.

    Export measures nothing itself: ``mobileseg.latency`` has the timer.
    """

    def __call__(self, file: Path, base: Path, batch: Batch) -> TimeRatio: ...
