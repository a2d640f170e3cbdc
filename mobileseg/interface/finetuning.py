"""``mobileseg.finetune``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.errors import RequestError
from mobileseg.models.lookup import find_model
from mobileseg.progress import silent
from mobileseg.quiet import quiet
from mobileseg.registry import require

if TYPE_CHECKING:
    from mobileseg.training.config import TrainingConfig
    from mobileseg.training.loop import Report
    from mobileseg.training.record import Outcome
    from mobileseg.training.request import TrainingRequest

PACKAGES = ("torch", "torchvision", "matplotlib")
MPS_FALLBACK = (
    "PYTORCH_ENABLE_MPS_FALLBACK"  # "1": what MPS lacks is computed on the CPU; torch reads it when it is imported
)


def finetune(
    model: str,
    data: str | Path,
    *,
    data_format: str | None = None,
    classes: str | Path | None = None,
    output: str | Path | None = None,
    weights: str | Path | None = None,
    name: str | None = None,
    licence: str | None = None,
    groups: str | None = None,
    config: str | Path | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    weight_decay: float | None = None,
    power: float | None = None,
    warmup: float | None = None,
    clip: float | None = None,
    ema: float | None = None,
    size: tuple[int, int] | None = None,
    crop: tuple[int, int] | None = None,
    scale: tuple[float, float] | None = None,
    flip: float | None = None,
    color: float | None = None,
    blur: float | None = None,
    gamma: float | None = None,
    noise: float | None = None,
    cutout: float | None = None,
    jpeg: int | None = None,
    balanced: bool | None = None,
    ohem: float | None = None,
    eval_interval: int | None = None,
    seed: int | None = None,
    int8: bool | None = None,
    amp: bool | None = None,
    calibration: str | Path | None = None,
    device: str = "auto",
    threads: int | None = None,
    workers: int | None = None,
    weights_ema: bool | None = None,
    refresh: bool = False,
    force: bool = False,
    progress: Callable[[str], None] = silent,
    on_start: Callable[[TrainingRequest], None] = lambda request: None,
    on_epoch: Callable[[Report], None] = lambda report: None,
) -> Outcome:
    """Train a segmentation model on a folder of images with masks or instances, or fine-tune trained weights.

    ``data``: a data set with the splits train and val (and test), such as a folder with ``train/`` and ``val/``, each with
    ``images/``, ``masks/`` or ``instances/``, and a classes.json; or one such folder, which is then split by its file names.
    ``data_format``: how it lies on disk; default: recognised. ``classes``: the name of a class list, or a classes.json; default:
    the data's own, else the format's. ``output``: a ``.safetensors`` path (default: ``MODEL_NAME.safetensors`` in the working
    folder); the record (JSON) and the curve (PNG) are written beside it. An interrupted run leaves ``OUTPUT.state`` and is resumed
    when the same call is repeated.

    ``weights``: to start from (a bundled name, a path, an https or ``hf://`` address, ``official``); default: random. Where they
    have another number of classes, all but the last layer is taken, and that is trained anew (not with ``int8``). ``weights_ema``:
    of a file with plain and averaged weights take the averaged (True, and by default) or the plain ones. ``refresh``: download again
    what is in the cache. ``name``: of the new weights; default: the data folder's. ``licence``: what the data's licence allows, for the
    record. ``groups``: a regular expression that finds in an image's name which images belong together, such as frames of one video,
    and stay on one side of the split; default: as classes.json says.

    Training config, where None is what the file ``config`` says (TOML, or the JSON record of an earlier run), else the default of
    ``mobileseg.training.config.TrainingConfig``: ``epochs``; ``batch_size`` in
    crops; ``lr``, the largest learning rate of AdamW; ``weight_decay``; ``power`` of the polynomial decay; ``warmup`` in epochs;
    ``clip``, the largest norm of the gradient; ``ema``, decay of the averaged weights; ``size`` and ``crop``, height and width in
    pixels of evaluated images and of training crops; ``scale``, the range of random scales; ``flip``, probability of a horizontal
    flip; ``color``, strength of the colour jitter; up to ``blur`` pixels of Gaussian blur, a gamma of up to ``1 + gamma`` or its
    inverse, ``noise`` of up to so many grey levels, a ``cutout`` of up to this share of the crop, and ``jpeg`` compression of a
    quality up to so much below 100, all off by default; ``balanced``, rarer classes weigh more; ``ohem``, share of the pixels,
    those of largest loss, that count; ``eval_interval`` in epochs; ``seed``.

    ``int8``: adapt trained ``weights`` to the int8 file of ``size`` (quantization-aware training), with activation ranges from
    ``calibration`` (a folder of images; default: the bundled street images). ``amp``: mixed precision, bfloat16 or float16, as the
    device has it; default: on an accelerator, but not with ``int8``.

    ``device``: ``cpu``, ``cuda``, ``cuda:N``, ``mps``, or ``auto`` for an accelerator where there is one; an interrupted run can be
    resumed on another. ``threads``: of the CPU; default: all. ``workers``: processes that read and augment images ahead of the
    training; default: none where the CPU trains on images that fit into memory (1 GiB decoded), else half of the cores, at most 8.
    The result does not depend on it.

    ``progress`` is called with each stage, ``on_start`` with the checked request, ``on_epoch`` after each epoch. Gives the paths
    written and the figures measured on the val and test splits, in 0..1.

    Raises ``RequestError`` and its subclasses, ``MissingExtraError``, ``EnvironmentLackError`` for a device that is not there or has
    too little memory, ``GateError`` where the loss is no longer a number.
    """
    spec = find_model(model)
    require(PACKAGES, "training", "train")
    if threads is not None and threads < 1:
        raise RequestError(expected="--threads of at least 1", found=str(threads), fix="leave it out for all cores")
    if workers is not None and workers < 0:
        raise RequestError(expected="--workers of at least 0", found=str(workers), fix="leave it out")
    asked: dict[str, Any] = {
        "epochs": epochs, "batch_size": batch_size, "lr": lr, "weight_decay": weight_decay, "power": power,
        "warmup": warmup, "clip": clip, "ema": ema, "size": size, "crop": crop, "scale": scale, "flip": flip,
        "color": color, "blur": blur, "gamma": gamma, "noise": noise, "cutout": cutout, "jpeg": jpeg,
        "balanced": balanced, "ohem": ohem, "eval_interval": eval_interval, "seed": seed, "int8": int8, "amp": amp,
    }  # fmt: skip
    chosen = training_config(config, {key: value for key, value in asked.items() if value is not None})
    if calibration is not None and not chosen.int8:
        raise RequestError(expected="--calibration with --int8", found="--calibration alone", fix="leave it out")
    os.environ.setdefault(MPS_FALLBACK, "1")
    with quiet():
        import torch

        from mobileseg.training.request import TrainingRequest, train

    if threads is not None:
        torch.set_num_threads(threads)
    trained = None
    if chosen.int8:
        require(("torchao",), "quantization-aware training", "executorch")
        with quiet():
            from mobileseg.export.quantization.calibration import read_calibration
            from mobileseg.export.quantization.training import Int8Training
        trained = Int8Training(read_calibration(None if calibration is None else Path(calibration)))
    folder = Path(data)
    target = Path(output) if output is not None else Path(f"{spec.name}_{name or folder.resolve().name}.safetensors")
    start = None if weights is None else str(weights)
    request = TrainingRequest.of(
        spec, folder, target, start, name, licence, chosen, trained, groups=groups, force=force, progress=progress,
        weights_ema=weights_ema, refresh=refresh, workers=workers, data_format=data_format, classes=classes, device=device,
    )  # fmt: skip
    on_start(request)
    return train(request, on_epoch)


def training_config(file: str | Path | None, asked: dict[str, Any]) -> TrainingConfig:
    """What is ``asked`` for, over what the file says, over the defaults."""
    from mobileseg.training.config import TrainingConfig
    from mobileseg.training.config_file import read_config

    return TrainingConfig.of({**({} if file is None else read_config(Path(file))), **asked})
