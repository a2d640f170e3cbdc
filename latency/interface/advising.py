"""``mobileseg.latency.advise``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError
from mobileseg.files import check_output, publish, staging
from mobileseg.models.registry import MODELS
from mobileseg.progress import silent
from mobileseg.provenance import command
from mobileseg.registry import choose

if TYPE_CHECKING:
    from mobileseg.latency.advice.advice import Advice


def advise(
    model: str,
    *,
    precisions: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
    weights: str | Path | None = None,
    num_classes: int | None = None,
    calibration: str | Path | None = None,
    data: str | Path | None = None,
    classes: str | Path | None = None,
    output: str | Path | None = None,
    force: bool = False,
    progress: Callable[[str], None] = silent,
) -> Advice:
    """Which precision for which phone: exports a model to ExecuTorch in every precision, compares the files with the reference model, and
    counts the instructions of one inference on an emulated core of every kind of device.

    ``precisions``: default all that ExecuTorch has. ``size`` (height, width), ``weights``, ``num_classes``, ``calibration``,
    ``classes``: as for ``export_model``. ``data``: labelled images, as for ``compare``; without, the accuracy is that of the export's
    verification, and verdicts are UNKNOWN. ``output``: a folder that keeps the files; ``force`` replaces one that is there. ``progress``
    is called with each stage.

    A precision that fails its gates is a row with the reason. A kind of device for which nothing could be counted has no
    recommendation: UNKNOWN, with the reason. The result's ``check()`` raises ``NotMeasuredError`` where no kind has one.

    Raises ``RequestError`` and ``EnvironmentLackError`` and their subclasses, and ``GateError`` where no precision passes.
    """
    choose(MODELS, model, "model")
    from mobileseg.latency.advice.advise import advise as found
    from mobileseg.latency.advice.advise import precisions_of

    chosen = precisions_of(precisions)
    if len(set(chosen)) < len(chosen):
        raise RequestError(expected="each precision once", found=", ".join(chosen), fix="leave one of them out")
    target = None if output is None else Path(output)
    if target is not None:
        check_output(target, force, folder_wanted=True)
    options = {
        "size": size, "weights": weights, "num_classes": num_classes, "calibration": calibration, "classes": classes,
    }  # fmt: skip
    with _folder(target) as folder:
        advice = found(
            model,
            chosen,
            folder,
            None if data is None else str(data),
            options,
            command("mobileseg.latency.advise"),
            progress,
        )
        if target is not None:
            publish([(folder, target)])
    return advice


@contextlib.contextmanager
def _folder(target: Path | None) -> Iterator[Path]:
    """Where the files are made: beside ``target``, to be moved there whole, or nowhere that stays."""
    if target is None:
        with tempfile.TemporaryDirectory(prefix="mobileseg-advise-") as name:
            yield Path(name)
        return
    with staging(target) as beside:
        made = beside / target.name
        made.mkdir()
        yield made
