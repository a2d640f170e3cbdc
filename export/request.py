"""Export requests: every check that needs no lowering happens here, within seconds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mobileseg.data.class_lists import authors_classes, class_list
from mobileseg.data.classes import ClassSet
from mobileseg.data.fit import SQUASH, Fit, ResizeMode, check_resize
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import RequestError
from mobileseg.export.evaluation.floors import floor_of
from mobileseg.export.form import Form
from mobileseg.export.manifest import Floor, manifest_path
from mobileseg.export.quantization.calibration import ImageSet, read_images
from mobileseg.export.quantization.keep_float import AUTO, KeepFloat, read_keep_float
from mobileseg.export.quantization.recipes import RECIPES, Recipe, default_recipe
from mobileseg.export.targets import CALIBRATED, QUANTIZED, TARGETS, TargetSpec, is_halved
from mobileseg.files import check_output
from mobileseg.models.checks import check_emit, check_num_classes, check_size
from mobileseg.models.lookup import find_model
from mobileseg.models.spec import Emit, ModelSpec
from mobileseg.provenance import command
from mobileseg.registry import choose
from mobileseg.weights.resolve import OWN, RANDOM, Weights, default_weights, resolve

if TYPE_CHECKING:
    from torch import nn

    from mobileseg.export.backends.contract import Timer
    from mobileseg.weights.importer import LoadReport

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Held:
    """A network that is not ours and is in memory: its row, and the reference model around it."""

    spec: ModelSpec
    module: nn.Module


@dataclass(frozen=True)
class ExportRequest:
    """A checked request, with the model in memory. ``size``: height, width in pixels. ``loaded``: None for random weights.
    ``calibration``: images that set the int8 ranges or show what float16 does not hold, None where neither is needed;
    ``verification``: others. ``floor``: what the file must reach; ``asked``: the names of its bounds that were asked for, which a figure
    that was not measured fails. ``panoptic``: how outputs become instances."""

    spec: ModelSpec
    target: TargetSpec
    precision: str
    size: tuple[int, int]
    emit: Emit
    output: Path
    model: nn.Module
    loaded: LoadReport | None
    classes: ClassSet | None
    calibration: ImageSet | None
    verification: ImageSet
    keep_float: KeepFloat | Literal["auto"] | None
    recipe: Recipe
    require_delegation: float | None
    floor: Floor
    asked: frozenset[str]
    panoptic: PanopticSettings | None
    resize: ResizeMode
    form: Form
    seed: int
    table_scale: float | None  # factor by which the position tables were stretched, None where they were not
    command: str
    progress: Progress
    timer: Timer | None = None
    random: bool = False  # said to be so

    @property
    def fit(self) -> Fit:
        """How pictures become the file's input."""
        return Fit(self.size, self.resize, self.spec.mean)

    @property
    def quantized(self) -> bool:
        """Whether the file is lowered from a quantized graph."""
        return self.precision in QUANTIZED

    @property
    def calibrated(self) -> bool:
        """Whether its activation ranges are calibrated on images."""
        return self.precision in CALIBRATED

    @property
    def halved(self) -> bool:
        """Whether the file is lowered from a float16 graph."""
        return is_halved(self.target, self.precision)

    @classmethod
    def of(
        cls,
        name: str | Held,
        target: str,
        precision: str | None = None,
        size: tuple[int, int] | None = None,
        output: str | Path | None = None,
        weights: str | Path | None = None,
        num_classes: int | None = None,
        emit: str | None = None,
        calibration: str | Path | None = None,
        verify_data: str | Path | None = None,
        keep_float: str | Path | None = None,
        recipe: str | None = None,
        classes: str | Path | None = None,
        require_delegation: float | None = None,
        require_agreement: float | None = None,
        require_sqnr: float | None = None,
        panoptic: PanopticSettings | None = None,
        force: bool = False,
        seed: int = 0,
        resample_tables: bool = False,
        progress: Progress = lambda stage: None,
        timer: Timer | None = None,
        ema: bool | None = None,
        refresh: bool = False,
        resize: str = SQUASH,
        batch: int | str | None = None,
        opset: int | None = None,
        symmetric: bool = False,
        input: str | None = None,
        min_ios: int | None = None,
    ) -> ExportRequest:
        """Look up and check the request, cheap checks first.

        ``name``: what ``find_model`` takes, or a network in memory. ``precision``: default the target's first.
        ``size``: height, width; default the weights' own, else the model's. ``output``:
        default ``<model>-<precision><suffix>`` in the working folder; ``force`` replaces an existing one. ``weights``: a bundled name,
        a path, an address, ``official`` or ``random``; default the bundled ones; ``ema``, ``refresh``: see
        ``mobileseg.weights.resolve``. ``num_classes``: for weights without a head. ``emit``: see
        ``mobileseg.models.factory.deploy``. ``calibration``: a folder of images, default the bundled ones, of which some do not
        calibrate but verify; ``verify_data``: a folder of images to verify on instead. ``keep_float``: path of a list of layers that stay
        float in int8, or ``auto`` to find them on the calibration images. ``recipe``: calibration recipe, a key of ``RECIPES``; default
        the family's. ``classes``: a class list's name or a classes.json, for weights without class names. ``require_delegation`` (percent),
        ``require_agreement`` (0..1) and ``require_sqnr`` (dB): gates that the file must pass, the latter two in place of those of
        ``mobileseg.export.evaluation.floors``. ``panoptic``: how outputs become instances, in place of what ``classes`` or the weights'
        record say. ``seed``: of random weights. ``resample_tables``: stretch position tables that do not reach ``size``; the exported
        function then differs from the trained one, and the manifest says so. ``progress`` is called with the current stage in words.
        ``resize``: how pictures become the input, see ``mobileseg.data.fit``. ``batch``, ``opset``,
        ``symmetric``, ``input``, ``min_ios``: see ``mobileseg.export.form``; default: one picture at a time, 18, ``tensor`` and 17.
        ``timer``: measures the latency cost of ``keep_float``, such as ``mobileseg.latency.measuring.pair.time_pair``; without it that
        cost is "not measured".

        Raises ``RequestError``, ``EnvironmentLackError`` and their subclasses.
        """
        aim = choose(TARGETS, target, "target")
        spec = find_model(name) if isinstance(name, str) else name.spec
        precision = precision or next(iter(aim.precisions))
        _check_precision(aim, precision)
        _check_gate("--require-delegation", require_delegation, 100.0)
        _check_gate("--require-agreement", require_agreement, 1.0)
        _check_gate("--require-sqnr", require_sqnr, math.inf)
        output_kind = check_emit(spec, emit)
        _check_logits(output_kind, require_sqnr)
        _check_panoptic(output_kind, panoptic)
        mode = check_resize(resize)
        form = Form.of(aim, precision, batch, opset, symmetric, input, min_ios)
        if num_classes is not None:
            check_num_classes(num_classes)
        aim.require(aim.packages, f"exporting to {aim.title}")
        path = _output(spec, aim, precision, output, force)
        if size is not None:
            check_size(replace(spec, largest=None) if resample_tables else spec, *size)
        kept = _keep_float(keep_float, spec, precision)
        how = _recipe(recipe, precision)
        names = class_list(classes) if classes is not None else None
        chosen = default_weights(spec) if weights is None else weights
        source = None if chosen in (OWN, RANDOM) else resolve(chosen, spec, ema=ema, refresh=refresh)
        record = source.record if source else None
        how = replace(how or default_recipe(spec.family, record), symmetric=form.symmetric)
        if size is None:
            size = record.size if record else spec.size
        folder = Path(calibration) if calibration is not None else None
        seen, others = read_images(folder, verify_data, precision in CALIBRATED or is_halved(aim, precision))
        from mobileseg.models.factory import spec_of, stretch_tables

        if spec.card is not None:
            progress(f"{spec.name}: {spec.note}")
        progress("weights")
        held = None if isinstance(name, str) else name.module
        model, loaded = _model(spec, source, num_classes, seed, held)
        scale = stretch_tables(model, *size) if resample_tables else None
        wanted = {"agreement": require_agreement, "sqnr_db": require_sqnr}
        floor, asked = (
            floor_of(precision, spec.task, **wanted),
            {name for name, bound in wanted.items() if bound is not None},
        )
        labels = _class_set(names, source, model, loaded)
        return cls(
            spec_of(model), aim, precision, size, output_kind, path, model, loaded, labels, seen, others, kept,
            how, require_delegation, floor, frozenset(asked), panoptic, mode, form, seed, scale,
            command("mobileseg.export.export_model"), progress, timer, chosen == RANDOM,
        )  # fmt: skip


def _check_precision(target: TargetSpec, precision: str) -> None:
    if precision not in target.precisions:
        raise RequestError(
            expected=f"a precision of {target.name}: {', '.join(target.precisions)}",
            found=f"{precision!r}{': ' + why if (why := target.refused.get(precision)) else ''}",
            fix=f"choose one of them, or omit the precision for {next(iter(target.precisions))}",
        )


def _keep_float(asked: str | Path | None, spec: ModelSpec, precision: str) -> KeepFloat | Literal["auto"] | None:
    if asked is None:
        return None
    if precision not in CALIBRATED:
        raise RequestError(
            expected=f"--keep-float with precision {', '.join(CALIBRATED)}",
            found=f"precision {precision}",
            fix="omit --keep-float, or choose that precision",
        )
    return AUTO if asked == AUTO else read_keep_float(Path(asked), spec.name)


def _recipe(name: str | None, precision: str) -> Recipe | None:
    if name is None:
        return None
    if precision not in CALIBRATED:
        raise RequestError(
            expected=f"--recipe with precision {', '.join(CALIBRATED)}",
            found=f"precision {precision}",
            fix="omit --recipe, or choose that precision",
        )
    return choose(RECIPES, name, "recipe")


def _check_gate(flag: str, figure: float | None, largest: float) -> None:
    if figure is not None and not 0 <= figure <= largest:
        raise RequestError(
            expected=f"{flag} from 0 to {largest:g}", found=f"{figure:g}", fix="give a number in this range"
        )


def _check_logits(emit: Emit, require_sqnr: float | None) -> None:
    if require_sqnr is not None and emit == "mask":
        raise RequestError(
            expected="--require-sqnr of a file that gives logits",
            found="a file that gives the mask",
            fix="use --require-agreement",
        )


def _check_panoptic(emit: Emit, panoptic: PanopticSettings | None) -> None:
    if panoptic is not None and emit != "panoptic":
        raise RequestError(
            expected=f"{panoptic.options} of a panoptic file", found=f"a file that gives {emit}", fix="leave it out"
        )


def _output(spec: ModelSpec, target: TargetSpec, precision: str, output: str | Path | None, force: bool) -> Path:
    path = Path(output) if output is not None else Path(f"{spec.name}-{precision}{target.suffix}")
    if path.suffix != target.suffix:
        raise RequestError(
            expected=f"an output name that ends in {target.suffix}",
            found=str(path),
            fix=f"rename it to {path.name}{target.suffix}",
        )
    check_output(path, force, folder_wanted=target.package)
    check_output(manifest_path(path), force)
    return path


def _model(
    spec: ModelSpec, source: Weights | None, num_classes: int | None, seed: int, held: nn.Module | None
) -> tuple[nn.Module, LoadReport | None]:
    from mobileseg.models.factory import attach, build
    from mobileseg.weights.importer import load_weights, model_from_weights

    if held is not None:
        attach(held, spec, spec.num_classes if num_classes is None else num_classes)
        return held, None if source is None else load_weights(held, source)
    if source is None:
        return build(spec, spec.num_classes if num_classes is None else num_classes, seed), None
    return model_from_weights(spec, source, num_classes, seed)


def _class_set(
    names: ClassSet | None, source: Weights | None, model: nn.Module, loaded: LoadReport | None
) -> ClassSet | None:
    """Names and colours, from ``--classes``, the weights' record or the file itself; None where none has them."""
    if names is not None:
        if len(names.names) != model.mobileseg_classes:
            raise RequestError(
                expected=f"{model.mobileseg_classes} class names, as the weights have",
                found=f"{len(names.names)} in --classes",
                fix="give the classes.json of the data that the weights were trained on",
            )
        return names
    from mobileseg.models.factory import num_classes_of, spec_of

    record = source.record if source else None
    if record:
        return ClassSet(names=record.classes, palette=record.palette, things=record.things, panoptic=record.settings)
    labels = loaded.labels if loaded else None
    if labels or loaded is None or spec_of(model).card is not None:  # nobody says that 21 classes are VOC's
        return ClassSet(names=labels.names, palette=labels.palette) if labels else None
    return authors_classes(spec_of(model).task, num_classes_of(model))
