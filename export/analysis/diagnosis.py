"""From a model and a folder of images to the ranking of its layers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from mobileseg.data.dataset import LabelledFolder, data_folder, open_labelled
from mobileseg.data.images import evenly, read_batch
from mobileseg.data.labels import read_labels
from mobileseg.errors import DatasetError, RequestError
from mobileseg.export.analysis.probe import Bench, Probe
from mobileseg.export.analysis.sensitivity import Progress, Sensitivity, Subject, rank
from mobileseg.export.quantization.calibration import ImageSet, read_calibration
from mobileseg.export.quantization.quantize import fake_quantized
from mobileseg.export.quantization.recipes import DEFAULT, RECIPES, Recipe, default_recipe
from mobileseg.models.checks import check_size
from mobileseg.models.factory import deploy, num_classes_of, spec_of
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec
from mobileseg.quiet import quiet
from mobileseg.registry import choose
from mobileseg.weights.importer import model_from_weights
from mobileseg.weights.resolve import Weights, default_weights, resolve

PROBES = 16  # images
BUDGET_S = 600.0


@dataclass(frozen=True)
class Diagnosis:
    """A checked request. ``data``: labelled images to probe with; None: the calibration images, without labels."""

    spec: ModelSpec
    weights: Weights
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
    ) -> Diagnosis:
        """Look up and check. ``most_drop``: of mIoU, 0..1, that the list of layers shall reach; needs ``data``.

        Raises ``RequestError`` and its kinds.
        """
        spec = choose(MODELS, name, "model")
        if not budget_s > 0 or probes < 1:
            raise RequestError(
                expected="a time and a number of images above 0", found=f"{budget_s:g} s, {probes}", fix="correct it"
            )
        if most_drop is not None and (data is None or not 0 <= most_drop <= 1):
            raise RequestError(
                expected="--drop in points of mIoU, and --data with labels",
                found=f"{100 * most_drop:g} points {'without --data' if data is None else 'of mIoU'}",
                fix="give labelled images, or leave --drop out",
            )
        if size is not None:
            check_size(spec, *size)
        source = resolve(weights or default_weights(spec), spec)
        size = size or (source.record.size if source.record else None) or spec.size
        images = read_calibration(Path(calibration) if calibration is not None else None)
        folder = open_labelled(data_folder(str(data))) if data is not None else None
        return cls(spec, source, size, images, folder, probes, budget_s, most_drop, progress)

    def run(self) -> Sensitivity:
        """Rank the layers. Raises ``DatasetError`` where the data's classes are not the model's."""
        self.progress("weights")
        model, _ = model_from_weights(self.spec, self.weights, None, 0)
        probes, source = image_probes(self.images, self.size, self.probes), self.images.source
        if self.data is not None:
            _check_classes(model, self.data)
            probes, source = labelled_probes(self.data, self.size, self.probes), self.data.title
        self.progress(f"calibrate on {len(self.images.images)} images ({self.images.source})")
        recipe = default_recipe(self.spec.family, self.weights.record)
        bench = bench_of(model, self.size, self.images, probes, recipe=recipe)
        subject = Subject(self.spec.name, self.weights.name, self.images.source, source)
        return rank(bench, subject, self.budget_s, self.most_drop, self.progress)


def diagnose(
    model: nn.Module, weights: str, size: tuple[int, int], images: ImageSet, budget_s: float, recipe: Recipe
) -> Sensitivity:
    """The ranking of a reference model in memory, probed with its calibration images."""
    bench = bench_of(model, size, images, image_probes(images, size), recipe=recipe)
    return rank(bench, Subject(spec_of(model).name, weights, images.source, images.source), budget_s)


def bench_of(
    model: nn.Module,
    size: tuple[int, int],
    images: ImageSet,
    probes: Sequence[Probe],
    emit: str | None = None,
    recipe: Recipe = RECIPES[DEFAULT],
    keep_float: Collection[str] = (),
) -> Bench:
    """The quantized graph of a reference model, calibrated on ``images``, with ``probes`` to look at it. ``keep_float``: see
    ``fake_quantized``."""
    deployed = deploy(model, *size, emit=emit)
    with quiet():
        return Bench(deployed, fake_quantized(deployed, images.batches(*size), recipe, keep_float), probes)


def image_probes(images: ImageSet, size: tuple[int, int], most: int = PROBES) -> list[Probe]:
    """At most so many of the images, evenly chosen, without labels."""
    few = replace(images, images=tuple(images.images[i] for i in evenly(len(images.images), most)))
    return [Probe(batch) for batch in few.batches(*size)]


def labelled_probes(data: LabelledFolder, size: tuple[int, int], most: int = PROBES) -> list[Probe]:
    """At most so many of the images, evenly chosen, with class maps at their own size."""
    classes = data.classes
    chosen = [data.items[i] for i in evenly(len(data.items), most)]
    return [Probe(read_batch(i.image, *size), read_labels(i, classes), classes.ignore_index) for i in chosen]


def _check_classes(model: nn.Module, data: LabelledFolder) -> None:
    wanted, found = num_classes_of(model), len(data.classes.names)
    if spec_of(model).task == "classification" or wanted != found:
        raise DatasetError(
            expected=f"data with the {wanted} classes of {spec_of(model).name}",
            found=f"{found} classes in {data.path}",
            fix="give data with the model's classes, or leave --data out",
        )
