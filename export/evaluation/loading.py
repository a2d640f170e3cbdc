"""The reference model of a name and its weights, with what is known of its classes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from mobileseg.data.class_lists import authors_classes
from mobileseg.data.classes import Color, generated_palette
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.models.factory import build, num_classes_of
from mobileseg.models.reference import state_digest
from mobileseg.models.spec import ModelSpec
from mobileseg.weights.importer import model_from_weights
from mobileseg.weights.reading.checkpoint import digest
from mobileseg.weights.resolve import OWN, RANDOM, default_weights, resolve


@dataclass(frozen=True)
class Loaded:
    """``names``: of the classes, None where nobody says them; ``things``: numbers of those with instances. ``size``: height, width that the
    weights were trained at, else the model's. ``note``: a warning about the weights. ``settings``: how outputs become instances, as
    their record says. ``weights``, ``sha256``, ``licence``: of the file; no digest for random ones."""

    module: nn.Module
    names: tuple[str, ...] | None
    palette: tuple[Color, ...]
    things: tuple[int, ...]
    size: tuple[int, int]
    note: str | None
    settings: PanopticSettings | None
    weights: str
    sha256: str | None
    licence: str

    @property
    def shown_names(self) -> tuple[str, ...]:
        """``class 0``, ``class 1``, ... where they have no names."""
        return self.names or tuple(f"class {i}" for i in range(num_classes_of(self.module)))


def load(spec: ModelSpec, weights: str | None, ema: bool | None = None, refresh: bool = False) -> Loaded:
    """Load a reference model. ``weights``: default the bundled ones; ``ema``, ``refresh``: see ``resolve``. Raises ``CheckpointError``,
    ``DownloadError``."""
    if weights == RANDOM:
        module, count = build(spec, spec.num_classes), spec.num_classes
        note = "RANDOM WEIGHTS: the result means nothing"
        return Loaded(module, None, generated_palette(count), spec.things, spec.size, note, None, RANDOM, None, "none")
    chosen = default_weights(spec) if weights is None else weights
    if chosen == OWN and spec.card is not None:
        module, count = build(spec, spec.num_classes), spec.num_classes
        found = state_digest(module)
        return Loaded(module, None, generated_palette(count), (), spec.size, None, None, OWN, found, spec.card.licence)
    source = resolve(chosen, spec, ema=ema, refresh=refresh)
    module, report = model_from_weights(spec, source)
    note = "" if report.head_trained else "UNTRAINED HEAD: the result means nothing"
    facts = source.name, digest(source.path), source.licence
    count = num_classes_of(module)
    if record := source.record:
        things = tuple(record.classes.index(thing) for thing in record.things)
        return Loaded(
            module, record.classes, record.palette, things, record.size, note or None, record.settings, *facts
        )
    known = report.labels or (None if spec.card else authors_classes(spec.task, count))
    palette = (known.palette if known else ()) or generated_palette(count)
    things = spec.things if count == spec.num_classes else ()
    return Loaded(module, known.names if known else None, palette, things, spec.size, note or None, None, *facts)
