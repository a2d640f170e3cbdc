"""``finetune``: options, progress, what came out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mobileseg.cli import interrupt
from mobileseg.cli.console import percent, say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import (
    Classes,
    DataFormat,
    Force,
    Groups,
    Json,
    Model,
    Refresh,
    complete_training_devices,
    parse_size,
)
from mobileseg.cli.progress import stages
from mobileseg.progress import count

if TYPE_CHECKING:
    from mobileseg.training.loop import Report
    from mobileseg.training.record import Outcome
    from mobileseg.training.request import TrainingRequest


def finetune(
    model: Model,
    data: Annotated[
        str,
        typer.Option(
            help="Labelled images with the splits train and val (and test), or one folder, which is then split."
        ),
    ],
    data_format: DataFormat = None,
    classes: Classes = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="To start from: a bundled name, a path, an https or hf:// address, or 'official'. Where the classes are "
            "others, the last layer is trained anew. Default: random."
        ),
    ] = None,
    weights_ema: Annotated[
        bool | None,
        typer.Option(
            "--weights-ema/--no-weights-ema",
            help="Of --weights with plain and averaged ones take the averaged or the plain ones. Default: the averaged ones.",
            show_default=False,
        ),
    ] = None,
    refresh: Refresh = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Default: MODEL_NAME.safetensors in the working folder."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the new weights. Default: the data folder's.")] = None,
    licence: Annotated[
        str | None, typer.Option(help="What the data's licence allows, for the record. Default: not stated.")
    ] = None,
    groups: Groups = None,
    config: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Training config: TOML with the names of the options below (batch_size = 8), or the .json that an earlier run "
            "wrote. Options that are given win.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data. Default: 100; with --int8 10.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Crops in a step. Default: 8.")] = None,
    lr: Annotated[float | None, typer.Option(help="Largest learning rate. Default: 0.002; with --int8 0.0002.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Of AdamW. Default: 0.02.")] = None,
    power: Annotated[float | None, typer.Option(help="Of the polynomial decay of the rate. Default: 0.9.")] = None,
    warmup: Annotated[float | None, typer.Option(help="Epochs of linear warm-up. Default: 1; with --int8 0.5.")] = None,
    clip: Annotated[float | None, typer.Option(help="Largest norm of the gradient. Default: 5.")] = None,
    ema: Annotated[
        float | None, typer.Option(help="Decay of the averaged weights. Default: 0.999; with --int8 0.99.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="HxW", help="Of images in evaluation, in pixels. Default: 384x512.")
    ] = None,
    crop: Annotated[
        str | None, typer.Option(metavar="HxW", help="Of training crops. Default: 192x256; with --int8 --size.")
    ] = None,
    scale: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="LOW HIGH", help="Range of random scales. Default: 0.5 1.5; with --int8 0.75 1.5."),
    ] = None,
    flip: Annotated[float | None, typer.Option(help="Probability of a horizontal flip. Default: 0.5.")] = None,
    color: Annotated[float | None, typer.Option(help="Strength of the colour jitter, 0..1. Default: 0.4.")] = None,
    blur: Annotated[float | None, typer.Option(help="Largest Gaussian blur, in pixels. Default: 0, off.")] = None,
    gamma: Annotated[
        float | None,
        typer.Option(help="Values are raised to a power of up to 1 + this, or its inverse. Default: 0, off."),
    ] = None,
    noise: Annotated[float | None, typer.Option(help="Largest noise, in grey levels of 255. Default: 0, off.")] = None,
    cutout: Annotated[
        float | None, typer.Option(help="Largest share of a crop that a rectangle hides, 0..1. Default: 0, off.")
    ] = None,
    jpeg: Annotated[
        int | None, typer.Option(help="JPEG compression of a quality up to this much below 100. Default: 0, off.")
    ] = None,
    balanced: Annotated[
        bool | None, typer.Option("--balanced/--no-balanced", help="Rarer classes weigh more. Default: --balanced.")
    ] = None,
    ohem: Annotated[
        float | None,
        typer.Option(help="Share of the pixels, those of largest loss, that count, 0..1. Default: 1, all."),
    ] = None,
    eval_interval: Annotated[
        int | None, typer.Option(help="Epochs between evaluations. Default: 5; with --int8 1.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the random numbers. Default: 0.")] = None,
    int8: Annotated[
        bool | None,
        typer.Option(
            "--int8/--no-int8",
            help="Adapt trained --weights to the int8 file of --size (quantization-aware). Default: --no-int8.",
            show_default=False,
        ),
    ] = None,
    amp: Annotated[
        bool | None,
        typer.Option(
            "--amp/--no-amp",
            help="Mixed precision (bfloat16, or float16) in training. Default: on accelerators, not with --int8.",
            show_default=False,
        ),
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="With --int8: images that set the ranges. Default: a third of the bundled street images.",
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            metavar="DEVICE",
            help="cpu, cuda, cuda:N or mps. Default: auto, an accelerator where there is one.",
            show_default=False,
            autocompletion=complete_training_devices,
        ),
    ] = "auto",
    threads: Annotated[int | None, typer.Option(help="Threads of the CPU. Default: all.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes that read and augment images. Default: none where the CPU trains on images that fit into memory, "
            "else half of the cores."
        ),
    ] = None,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Train or fine-tune a model on a folder of labelled images.

    The labels are masks or instances. An interrupted run is resumed when the command is repeated.
    """
    import mobileseg

    figures = json_output(json_file, force)
    progress = _Progress()
    outcome = mobileseg.finetune(
        model, data, data_format=data_format, classes=classes, output=output, weights=weights, name=name, licence=licence,
        groups=groups, config=config, epochs=epochs, batch_size=batch_size, lr=lr, weight_decay=weight_decay, power=power, warmup=warmup,
        clip=clip, ema=ema, size=parse_size(size), crop=parse_size(crop), scale=scale, flip=flip, color=color, blur=blur,
        gamma=gamma, noise=noise, cutout=cutout, jpeg=jpeg, balanced=balanced, ohem=ohem, eval_interval=eval_interval,
        seed=seed, int8=int8, amp=amp, calibration=calibration, device=device, threads=threads, workers=workers,
        weights_ema=weights_ema, refresh=refresh, force=force,
        progress=stages(), on_start=progress.start, on_epoch=progress.epoch,
    )  # fmt: skip
    if figures is not None:
        figures.write(_json(outcome))
    for title, figure in outcome.measured.items():
        say(f"{title.replace('_', ' '):36} {percent(figure)}")
    say(f"wrote {outcome.weights}, {outcome.record.name} and {outcome.picture.name}")


class _Progress:
    """A line and a step of the bar for each epoch; what Ctrl-C leaves behind is said at the end."""

    _metric = "score"
    _word = ""

    def start(self, request: TrainingRequest) -> None:
        self._metric = request.metric
        self._word = (
            f"interrupted; {request.state} keeps the run up to its last whole epoch: repeat the command to resume it"
        )
        if request.state.exists():
            interrupt.leave_word(self._word)
        count("train", 0, request.config.epochs, "epochs")

    def epoch(self, found: Report) -> None:
        interrupt.leave_word(self._word)
        score = "" if found.score is None else f", {self._metric} {percent(found.score)}, best {percent(found.best)}"
        left = f"; {found.remaining_s / 60:.0f} min left" if found.epoch < found.epochs else ""
        stages()(f"epoch {found.epoch} of {found.epochs}: loss {found.loss:.3f}{score}{left}")
        count("train", found.epoch, found.epochs, "epochs")


def _json(outcome: Outcome) -> str:
    files = {"weights": outcome.weights, "record": outcome.record, "picture": outcome.picture}
    content = {**{key: str(path) for key, path in files.items()}, "measured": outcome.measured}
    return json.dumps(content, indent=1)
