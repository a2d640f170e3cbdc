"""Requests for a sensitivity analysis: from a model and a folder of images to the ranking of its layers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from mobileseg.data.dataset import LabelledFolder, data_folder
from mobileseg.data.fit import Fit
from mobileseg.data.images import evenly, read_batch
from mobileseg.data.labels import read_labels
from mobileseg.data.split import open_one
from mobileseg.errors import DatasetError, RequestError
from mobileseg.export.analysis.probe import LayerEvaluator, Probe
from mobileseg.export.analysis.sensitivity import Progress, RunDescription, Sensitivity, rank_layers
from mobileseg.export.quantization.calibration import ImageSet, read_calibration
from mobileseg.export.quantization.quantize import fake_quantized
from mobileseg.export.quantization.recipes import DEFAULT, RECIPES, Recipe, default_recipe
from mobileseg.models.checks import check_size
from mobileseg.models.factory import build, deploy, num_classes_of, spec_of
from mobileseg.models.lookup import find_model
from mobileseg.models.spec import ModelSpec
from mobileseg.quiet import quiet
from mobileseg.weights.importer import model_from_weights
from mobileseg.weights.resolve import OWN, Weights, default_weights, resolve

PROBES = 16  # images
BUDGET_S = 600.0


@dataclass(frozen=True)
class Diagnosis:
    """A checked request for a sensitivity analysis.

    ``weights``: None for those that the factory of a network that is not ours gives. ``images``: for calibration.
    ``data``: labelled probe images; None takes the calibration images, without labels. ``probes``: at most so
    many of them. ``most_drop``: see ``of``.
    """

    spec: ModelSpec
    weights: Weights | None
    size: tuple[int, int]
    images: ImageSet
    data: LabelledFolder | None
    probes: int
    budget_s: float
    most_drop: float | None
    progress: Progress

    @classmethod
    def of(
        cls,
        name: str,
        weights: str | None = None,
        size: tuple[int, int] | None = None,
        calibration: str | Path | None = None,
        data: str | Path | None = None,
        probes: int = PROBES,
        budget_s: float = BUDGET_S,
        most_drop: float | None = None,
        progress: Progress = lambda stage: None,
        ema: bool | None = None,
        refresh: bool = False,
        data_format: str | None = None,
        classes: str | Path | None = None,
    ) -> Diagnosis:
        """Look up and check the request.

        ``weights``: default the bundled ones; ``ema``, ``refresh``: see ``mobileseg.weights.resolve``. ``size``: height, width; default the
        weights' own, else the model's. ``calibration``: a
        folder of images, default the bundled ones. ``budget_s``: time limit in seconds. ``most_drop``: stop adding layers to the list
        when the mIoU is at most this far, 0..1, below the float model's; needs ``data``. ``progress`` is called with the current stage.

        Raises ``RequestError`` and its subclasses.
        """
        if not budget_s > 0 or probes < 1:
            raise RequestError(
                expected="a time budget and a number of probe images above 0",
                found=f"{budget_s:g} s, {probes} images",
                fix="give positive numbers",
            )
        if most_drop is not None and (data is None or not 0 <= most_drop <= 1):
            raise RequestError(
                expected="--drop from 0 to 100 points of mIoU, with labelled images in --data",
                found=f"{100 * most_drop:g} points{' without --data' if data is None else ''}",
                fix="give labelled images, or omit --drop",
            )
        spec = find_model(name)
        if size is not None:
            check_size(spec, *size)
        chosen = default_weights(spec) if weights is None else weights
        source = None if chosen == OWN else resolve(chosen, spec, ema=ema, refresh=refresh)
        record = source.record if source else None
        size = size or (record.size if record else None) or spec.size
        images = read_calibration(Path(calibration) if calibration is not None else None)
        folder = None
        if data is not None:
            folder = open_one(data_folder(str(data)), None, data_format=data_format, classes=classes, most=probes)
        return cls(spec, source, size, images, folder, probes, budget_s, most_drop, progress)

    def run(self) -> Sensitivity:
        """Rank the layers. Raises ``DatasetError`` where the data has not the model's classes, and ``CheckpointError``."""
        self.progress("weights")
        if self.weights is None:
            model = build(self.spec, self.spec.num_classes)
        else:
            model, _ = model_from_weights(self.spec, self.weights, None, 0)
        probes, source = image_probes(self.images, Fit(self.size), self.probes), self.images.source
        if self.data is not None:
            _check_classes(model, self.data)
            probes, source = labelled_probes(self.data, self.size, self.probes), self.data.title
        self.progress(f"calibrate on {len(self.images)} images ({self.images.source})")
        recipe = default_recipe(self.spec.family, self.weights.record if self.weights else None)
        evaluator = layer_evaluator(model, Fit(self.size), self.images, probes, recipe=recipe)
        run = RunDescription(self.spec.name, self.weights.name if self.weights else OWN, self.images.source, source)
        return rank_layers(evaluator, run, self.budget_s, self.most_drop, self.progress)


def diagnose(
    model: nn.Module, weights: str, fit: Fit, images: ImageSet, budget_s: float, recipe: Recipe
) -> Sensitivity:
    """The layer ranking of a reference model in memory, with its calibration images as probe images. ``weights``: their name, for the
    record."""
    evaluator = layer_evaluator(model, fit, images, image_probes(images, fit), recipe=recipe)
    return rank_layers(evaluator, RunDescription(spec_of(model).name, weights, images.source, images.source), budget_s)


def layer_evaluator(
    model: nn.Module,
    fit: Fit,
    images: ImageSet,
    probes: Sequence[Probe],
    emit: str | None = None,
    recipe: Recipe = RECIPES[DEFAULT],
    keep_float: Collection[str] = (),
) -> LayerEvaluator:
    """An evaluator of the fake-quantized graph of a reference model, calibrated on ``images``, on the images ``probes``. ``fit``:
    how images become the input. ``keep_float``: see ``fake_quantized``."""
    deployed = deploy(model, *fit.size, emit=emit)
    with quiet():
        return LayerEvaluator(deployed, fake_quantized(deployed, images.batches(fit), recipe, keep_float), probes)


def image_probes(images: ImageSet, fit: Fit, most: int = PROBES) -> list[Probe]:
    """At most ``most`` of the images, evenly chosen, without labels."""
    few = images.chosen(evenly(len(images), most))
    return [Probe(batch) for batch in few.batches(fit)]


def labelled_probes(data: LabelledFolder, size: tuple[int, int], most: int = PROBES) -> list[Probe]:
    """At most ``most`` of the images, evenly chosen, with class maps at their original size."""
    classes = data.classes
    chosen = [data.items[i] for i in evenly(len(data.items), most)]
    return [Probe(read_batch(i.image, *size), read_labels(i, classes), classes.ignored) for i in chosen]


def _check_classes(model: nn.Module, data: LabelledFolder) -> None:
    wanted, found = num_classes_of(model), len(data.classes.names)
    if spec_of(model).task == "classification" or wanted != found:
        raise DatasetError(
            expected=f"data with the {wanted} classes of {spec_of(model).name}",
            found=f"{found} classes in {data.path}",
            fix="give data with the model's classes, or omit --data",
        )
