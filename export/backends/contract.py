"""The contract between the pipeline and the targets: the input and output of lowering, and how files are run and timed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mobileseg.data.classes import ClassSet
from mobileseg.data.images import Batch
from mobileseg.export.form import Form
from mobileseg.export.manifest import DelegationPart
from mobileseg.postprocess.class_map import Outputs

if TYPE_CHECKING:  # torch is heavy, and running an ONNX file does not need it
    from torch import Tensor, nn

    from mobileseg.models.deploy import DeployedModel

INPUT_NAME = "image"


@dataclass(frozen=True)
class Lowering:
    """The input of a target's ``lower``.

    ``module``: what to lower: the float deploy model ``deployed``, or its quantized graph. ``file_name``: of the file to write.
    ``essentials``: metadata, which goes into the file where the format has room for it. ``form``: the target's options. ``classes``:
    names and colours, None where they are not known.
    """

    module: nn.Module
    deployed: DeployedModel
    precision: str
    file_name: str
    essentials: dict[str, str] = field(default_factory=dict)
    form: Form = field(default_factory=Form)
    classes: ClassSet | None = None

    @property
    def example(self) -> Tensor:
        """A contiguous example input ``(1, 3, height, width)`` float32. A channels-last one makes a .pte that misreads contiguous
        tensors."""
        import torch

        return torch.zeros(1, 3, self.deployed.height, self.deployed.width)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in order."""
        return self.deployed.output_names


@dataclass(frozen=True)
class Lowered:
    """The output of a target's ``lower``: the file in the staging folder, and its delegation (None where the format has none)."""

    path: Path
    delegation: DelegationPart | None = None


class Runtime(Protocol):
    """Runs one file. Implementations are constructed with its path and, optionally, a number of threads."""

    def run(self, batch: Batch) -> Outputs:
        """All outputs, in the file's order, for ``(1, 3, H, W)`` float32 in 0..255."""
        ...


class TimeRatio(NamedTuple):
    """Time of one file over that of another, with its 95 % ``interval`` (None where there is not enough to say). ``device``: in
    words, where and how both were timed."""

    value: float
    interval: tuple[float, float] | None
    device: str


class Timer(Protocol):
    """Times two files of one target in turns. Export measures nothing itself: ``mobileseg.latency`` has the timer."""

    def __call__(self, file: Path, base: Path, batch: Batch) -> TimeRatio:
        """The time of ``file`` over that of ``base``, both run on ``batch``, ``(1, 3, H, W)`` float32."""
        ...
