"""``mobileseg.predict``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError
from mobileseg.models.lookup import find_model, is_model
from mobileseg.models.registry import MODELS
from mobileseg.quiet import quiet
from mobileseg.registry import require

if TYPE_CHECKING:
    from mobileseg.export.artifact import Artifact
    from mobileseg.export.evaluation.pictures import Predictions


def draws_pictures(source: str) -> bool:
    """Whether there is a picture to draw of what ``source``, the name of a model or the path of a file, gives: not so of a classifier.
    Raises ``ArtifactError``."""
    if source in MODELS and not Path(source).exists():
        return MODELS[source].task != "classification"
    if source.endswith(".toml") or not Path(source).exists():
        return True  # `predict` says what is wrong
    from mobileseg.export.manifest import read_manifest

    return read_manifest(Path(source)).model.task != "classification"


def predict(
    source: str | Path | Artifact,
    images: str | Path | Sequence[str | Path],
    *,
    weights: str | Path | None = None,
    size: tuple[int, int] | None = None,
    output: str | Path | None = None,
    masks: bool = False,
    center_threshold: float | None = None,
    nms_kernel: int | None = None,
    top_k: int | None = None,
    stuff_area: int | None = None,
    force: bool = False,
    any_version: bool = False,
    ema: bool | None = None,
    refresh: bool = False,
) -> Predictions:
    """Segment images with an exported file in its own runtime, or with a reference model in PyTorch.

    ``source``: an artifact, the path of one, or the name of a model in the zoo. ``images``: paths of images or of folders of
    images; ``samples`` is the bundled set. Every image is decoded before the first one is segmented.

    ``weights`` (default: the bundled ones) and ``size`` (height, width in pixels; default: the weights' own) go with a model's
    name only, and so do ``ema`` and ``refresh`` (see ``create_model``). ``output``: a folder, made if need be, for one picture
    per image: an overlay, or with ``masks`` a palette PNG of class numbers (and a 16-bit PNG of instance numbers for panoptic
    models). ``center_threshold``, ``nms_kernel``, ``top_k``, ``stuff_area``: how the outputs of a panoptic model become
    instances; default: as the manifest or the weights' record says. ``force`` overwrites. ``any_version`` accepts a file that
    was verified with another release of its runtime.

    Of a classifier, which has no pictures to write, it gives each image's five most likely classes with their probabilities.

    Gives for each image the share of each class, and the class map ``(H, W)`` int32 at the image's own size, with instance
    numbers where the model has them. The maps are left out where pictures were written: a folder of them may not fit in memory.

    Raises ``ImageError``, ``OutputError``, ``RequestError`` (pictures of a classifier, options that do not go together), ``ArtifactError``,
    ``CheckpointError``, ``EnvironmentLackError``, and ``GateError`` where an output is not a finite number.
    """
    with quiet():
        from mobileseg.data.panoptic_settings import PanopticSettings
        from mobileseg.export.artifact import Artifact
        from mobileseg.export.evaluation import pictures
        from mobileseg.export.evaluation.predictor import from_artifact, from_reference
        from mobileseg.export.interface import open_artifact

    listed = [images] if isinstance(images, str | Path) else list(images)
    asked = PanopticSettings.of(center_threshold, nms_kernel, top_k, stuff_area)
    job = pictures.Job.of(listed, output, masks, force)
    if isinstance(source, str) and _is_name(source):
        spec = find_model(source, "model, or exported file,")
        require(("torch",), "running a reference model", "torch")
        predictor = from_reference(spec, None if weights is None else str(weights), size, asked, ema, refresh)
    elif weights is not None or size is not None or ema is not None or refresh:
        raise RequestError(
            expected="--weights, --ema, --refresh and --size with the name of a model only",
            found=str(source.path if isinstance(source, Artifact) else source),
            fix="leave them out: an exported file has its own",
        )
    else:
        predictor = from_artifact(
            source if isinstance(source, Artifact) else open_artifact(source, any_version=any_version), asked
        )
    return job.run(predictor)


def _is_name(source: str) -> bool:
    """Whether it is the name of a model, known or not, and no path."""
    path = Path(source)
    return (source.endswith(".toml") or not path.exists()) and is_model(source)
