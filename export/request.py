"""What is asked for, checked: everything that can be wrong without computing anything is found here, in seconds."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mobileseg.data.classes import ClassSet, read_classes
from mobileseg.errors import RequestError
from mobileseg.export.calibration import ImageSet, read_calibration, read_image_set
from mobileseg.export.targets import INT8, TARGETS, TargetSpec
from mobileseg.files import check_output
from mobileseg.models.registry import MODELS, ModelSpec
from mobileseg.registry import choose, require
from mobileseg.weights.resolve import RANDOM, Weights, default_weights, resolve

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ExportRequest:
    """A checked request: everything that can be wrong without computing anything has been looked at."""

    spec: ModelSpec
    target: TargetSpec
    precision: str
    size: tuple[int, int]
    emit: str
    output: Path
    weights: Weights | None  # None is random
    num_classes: int | None
    classes: ClassSet | None
    images: ImageSet
    calibrated: bool
    require_delegation: float | None
    require_agreement: float | None
    seed: int
    command: str
    progress: Progress

    @classmethod
    def of(
        cls,
        name: str,
        target: str,
        precision: str | None = None,
        size: tuple[int, int] | None = None,
        output: str | Path | None = None,
        weights: str | None = None,
        num_classes: int | None = None,
        emit: str = "logits",
        calibration: str | Path | None = None,
        classes: str | Path | None = None,
        require_delegation: float | None = None,
        require_agreement: float | None = None,
        force: bool = False,
        seed: int = 0,
        progress: Progress = lambda stage: None,
    ) -> ExportRequest:
        """Look up and check. ``size``: height, width; default the weights' own, else the model's. ``output``: default
        ``<model>-<precision><suffix>`` in the working folder. ``calibration``: a folder of images, default the bundled ones; they
        serve the verification too. Raises ``RequestError``, ``EnvironmentLackError`` and their kinds."""
        spec, aim = choose(MODELS, name, "model"), choose(TARGETS, target, "target")
        precision = precision or next(iter(aim.precisions))
        if precision not in aim.precisions:
            raise RequestError(
                expected=f"a precision of {aim.name}: {', '.join(aim.precisions)}",
                found=repr(precision),
                todo=f"give one of them, or leave it out for {next(iter(aim.precisions))}",
            )
        for figure, flag, largest in ((require_delegation, "--require-delegation", 100.0), (require_agreement, "--require-agreement", 1.0)):
            if figure is not None and not 0 <= figure <= largest:
                raise RequestError(expected=f"{flag} from 0 to {largest:g}", found=f"{figure:g}", todo="correct it")
        require(aim.packages, f"exporting to {aim.title}", aim.extra)
        path = Path(output) if output is not None else Path(f"{spec.name}-{precision}{aim.suffix}")
        if path.suffix != aim.suffix:
            raise RequestError(expected=f"an output name that ends in {aim.suffix}", found=str(path), todo=f"call it {path.name}{aim.suffix}")
        check_output(path, force)
        check_output(path.with_name(path.name + ".json"), force)
        source = None if weights == RANDOM else resolve(weights or default_weights(spec), spec)
        if size is None:
            size = source.record.size if source and source.record else spec.size
        from mobileseg.models.factory import check_size  # imports torch: after everything that answers at once

        check_size(spec, *size)
        folder = Path(calibration) if calibration is not None else None
        calibrated = precision == INT8
        return cls(
            spec, aim, precision, size, emit, path, source, num_classes, read_classes(Path(classes)) if classes else None,
            read_calibration(folder) if calibrated else read_image_set(folder), calibrated,
            require_delegation, require_agreement, seed, _command(), progress,
        )  # fmt: skip


def _command() -> str:
    program = Path(sys.argv[0]).name or "python"
    return shlex.join([program, *sys.argv[1:]]) if program == "mobileseg" else "mobileseg.export.export_model"
