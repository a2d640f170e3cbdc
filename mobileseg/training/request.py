"""A checked training request, and ``train``, which carries it out: train, measure, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import torch
from torch import nn

from mobileseg.data.split import Split, open_split
from mobileseg.errors import DatasetError, RequestError
from mobileseg.files import check_output
from mobileseg.models.checks import check_size
from mobileseg.models.factory import build
from mobileseg.models.spec import Emit, ModelSpec
from mobileseg.training.compute import PLAIN, Compute, mixed_precision
from mobileseg.training.config import TrainingConfig
from mobileseg.training.device import choose_device
from mobileseg.training.evaluate import position_baseline
from mobileseg.training.identity import Identity, classes_identity, data_identity
from mobileseg.training.loop import Report, Trainer
from mobileseg.training.record import Outcome, stored, write
from mobileseg.training.strategy import FloatStrategy, Int8Training, TrainingStrategy
from mobileseg.weights.importer import load_weights
from mobileseg.weights.reading.checkpoint import digest
from mobileseg.weights.resolve import OWN, RANDOM, Weights, resolve

MOST_CLASSES = 255  # labels are bytes, and one value is void


@dataclass(frozen=True)
class TrainingRequest:
    """A request whose model, data, config and output were checked; made by ``of``."""

    spec: ModelSpec
    split: Split
    config: TrainingConfig
    output: Path
    start: Weights | None  # initial weights, None for random ones
    name: str
    licence: str
    int8: Int8Training | None
    progress: Callable[[str], None]
    workers: int | None = None  # that read and augment images
    compute: Compute = PLAIN

    @property
    def panoptic(self) -> bool:
        """Whether the instance branch is trained as well."""
        return self.spec.task == "panoptic" and self.split.train.panoptic

    @property
    def metric(self) -> str:
        """The validation score that the weights are chosen by."""
        return "PQ" if self.panoptic else "mIoU"

    @property
    def state(self) -> Path:
        """The file beside the output that an interrupted run resumes from."""
        return self.output.with_suffix(".state")

    @classmethod
    def of(
        cls,
        spec: ModelSpec,
        data: Path,
        output: Path,
        start: str | None = None,
        name: str | None = None,
        licence: str | None = None,
        config: dict[str, Any] | TrainingConfig | None = None,
        int8: Int8Training | None = None,
        groups: str | None = None,
        force: bool = False,
        progress: Callable[[str], None] = lambda stage: None,
        weights_ema: bool | None = None,
        refresh: bool = False,
        workers: int | None = None,
        data_format: str | None = None,
        classes: str | Path | None = None,
        device: str = "cpu",
    ) -> TrainingRequest:
        """Check a request; the cheap checks come first, nothing is trained or written.

        ``data``: a folder with train/, val/ and perhaps test/, or one folder, which is then split. ``output``: a .safetensors
        path; the record (.json) and the plot (.png) are written beside it. ``start``: initial weights: a bundled name, a path,
        an address, "official", "random" or None; ``weights_ema``: its averaged (True) or plain (False) ones; ``refresh``:
        download them again. ``name``, ``licence``: of the data, for the record. ``config``: fields of ``TrainingConfig`` that
        differ from the defaults. ``int8``: given if and only if the config has ``int8``. ``groups``: see
        ``mobileseg.data.groups``; default: as classes.json says. ``force``: overwrite the output. ``progress`` is called with
        one line of text when a stage begins. ``workers``: processes that read and augment images; None for a number that suits
        the data. ``data_format``, ``classes``: see ``list_labelled``. ``device``: see ``choose_device``.

        Raises ``RequestError`` (``SizeError``, ``OutputError``, ``DatasetError``, ``ImageError``, ``CheckpointError``),
        ``DownloadError``, ``EnvironmentLackError`` for a device that is not there.
        """
        if spec.task == "classification":
            raise RequestError(
                expected="a segmentation model",
                found=f"{spec.name}, a classifier",
                fix="choose a segmentation model: mobileseg list",
            )
        checked = config if isinstance(config, TrainingConfig) else TrainingConfig.of(config or {})
        if checked.int8 != (int8 is not None):
            raise RequestError(
                expected="int8 in the config together with an Int8Training",
                found="one without the other",
                fix="call mobileseg.finetune(..., int8=True)",
            )
        own = spec.card is not None and start is None  # what the factory gives may be trained
        if checked.int8 and start in (None, RANDOM) and not own:
            raise RequestError(
                expected="trained --weights with --int8, which adapts them to int8",
                found="none" if start is None else RANDOM,
                fix=f"train in float first: mobileseg finetune {spec.name} --data {data}",
            )
        for size in (checked.size, checked.crop):
            check_size(spec, *size)
        if output.suffix != ".safetensors":
            raise RequestError(
                expected="an output name that ends in .safetensors",
                found=str(output),
                fix=f"--output {output.name}.safetensors",
            )
        for path in (output, output.with_suffix(".json"), output.with_suffix(".png")):
            check_output(path, force)
        found = choose_device(device)
        compute = Compute(found, mixed_precision(found, checked.amp, checked.int8))
        progress(f"check {data}")
        split = open_split(data, groups, data_format, classes)
        checked.check(len(split.train.items))
        names = split.train.classes.names
        if len(names) > MOST_CLASSES:
            raise DatasetError(expected=f"at most {MOST_CLASSES} classes", found=str(len(names)), fix="merge classes")
        source = None
        if start not in (None, RANDOM, OWN):
            source = replace(resolve(start, spec, ema=weights_ema, refresh=refresh), ema_option="weights-ema")
        stated = licence or "not stated: that of the training data"
        title = name or data.resolve().name
        return cls(spec, split, checked, output, source, title, stated, int8, progress, workers, compute)

    def model(self) -> nn.Module:
        """The reference model with the data's classes and the initial weights; where these have another number of classes, all but
        their last layer. For int8 they are refused then: that adapts what is trained."""
        model = build(self.spec, len(self.split.train.classes.names), self.config.seed)
        if self.start is not None:
            load_weights(model, self.start, other_classes=self.int8 is None)
        return model

    def strategy(self) -> TrainingStrategy:
        """Training of the reference model in float, or through its int8 graph."""
        if self.int8 is None:
            return FloatStrategy()
        emit: Emit | None = "logits" if self.spec.task == "panoptic" and not self.panoptic else None
        return self.int8.strategy(self.config.size, emit)

    def start_weights(self) -> str | dict[str, str]:
        """Name and sha256 of the initial weights, or "random". The name of a file or URL is its last part."""
        if self.start is None:
            return RANDOM if self.spec.card is None else OWN
        source = self.start
        found = source.sha256 or digest(source.path)
        if source.kind == "url":
            return {"name": PurePosixPath(urlsplit(source.name).path).name, "sha256": found}
        return {"name": source.name if source.kind == "bundled" else source.path.name, "sha256": found}

    def identity(self) -> Identity:
        """What a resumed run must have in common with the interrupted one."""
        return {
            "model": self.spec.name,
            "config": self.config.model_dump(mode="json"),
            "classes": classes_identity(self.split.train.classes, self.panoptic),
            "training data": data_identity(self.split.train),
            "validation data": data_identity(self.split.val),
            "initial weights": self.start_weights(),
            "calibration": self.int8.sha256 if self.int8 else None,
            "torch": str(torch.__version__),
        }


def train(request: TrainingRequest, report: Callable[[Report], None] = lambda report: None) -> Outcome:
    """Train, measure the weights as they will be stored, and write them with their record and plot.

    Resumes where an interrupted run left its state beside the output, and ends with the same weights as an uninterrupted run; the state
    is removed at the end. ``report`` is called after every epoch.

    Raises ``CheckpointError``, ``DownloadError`` for the initial weights, ``RequestError`` for a state that cannot be resumed,
    ``GateError`` where the gradient is no longer finite, ``EnvironmentLackError`` where the device has too little memory.
    """
    split, state = request.split, request.state
    verb = f"resume from {state}" if state.exists() else "train"
    request.progress(f"{verb} on {request.compute.title}")
    model, identity, strategy = request.model(), request.identity(), request.strategy()
    run = Trainer(
        model,
        split.train,
        split.val,
        request.config,
        state,
        identity,
        request.panoptic,
        strategy,
        report,
        request.workers,
        request.compute,
    ).run()
    assert run.best is not None
    best: nn.Module = run.average.module
    best.load_state_dict(stored(run.best["state"]))
    with request.compute.room():
        measured = _measure(request, best, strategy)
    outcome = write(run, request.output, _facts(request, identity, measured))
    state.unlink()
    return outcome


def _measure(request: TrainingRequest, model: nn.Module, strategy: TrainingStrategy) -> dict[str, float]:
    """Scores on the validation and test data, in float, in int8 where it was trained for that, and of the baseline."""
    split = request.split
    measured: dict[str, float] = {}
    for part, folder in (("val", split.val), ("test", split.test)):
        if folder is not None:
            request.progress(f"measure on the {part} split, {len(folder.items)} images")
            for kind, each in (("", FloatStrategy()), ("int8_", strategy))[: 1 + request.config.int8]:
                found = each.evaluate(model, folder, request.config.size, request.panoptic)
                measured |= {f"{part}_{kind}{key}": value for key, value in found.measured.items()}
            guess = position_baseline(split.train, folder, request.panoptic).measured
            measured |= {f"{part}_{key}_of_position_baseline": guess[key] for key in ("miou", "pq") if key in guess}
    return measured


def _facts(request: TrainingRequest, identity: Identity, measured: dict[str, float]) -> dict[str, Any]:
    """The record without the file's own entries and the curve. It says nothing of the machine: names and digests, no paths."""
    classes, split = request.split.train.classes, request.split
    return {
        "name": request.name,
        "model": request.spec.name,
        "licence": request.licence,
        "trained_on": f"{request.name}: {len(split.train.items)} images; weights chosen by {request.metric} on "
        f"{len(split.val.items)} others; {split.how}",
        "config": request.config.model_dump(mode="json"),
        "start": identity["initial weights"],
        "calibration": request.int8.record() if request.int8 else None,
        "evaluation": "logits resized bilinearly to the label's size, argmax, ignored pixels left out, classes that occur in the labels",
        "size": request.config.size,
        "classes": classes.names,
        "palette": classes.colors,
        "things": classes.things if request.panoptic else (),
        "panoptic": classes.panoptic.model_dump(exclude_none=True) if request.panoptic and classes.panoptic else None,
        "measured": measured,
        "data_sha256": identity["training data"]["sha256"],
        "seed": request.config.seed,
        "torch": identity["torch"],
    }
