"""Bundled weights: a provenance record (JSON) and a safetensors file each."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobileseg.errors import CheckpointError
from mobileseg.weights.licences import NOTHING, forbids

if TYPE_CHECKING:
    from mobileseg.data.panoptic_settings import PanopticSettings

VERSIONED = re.compile(r"(.+)-v(\d+)")  # what is bundled; the name without a version means the latest


@dataclass(frozen=True)
class WeightsRecord:
    """The origin, licence and measured accuracy of weights.

    ``size``: height, width in pixels of the images in training and evaluation. ``config``: the fields of the ``TrainingConfig``.
    ``measured``: ratios in 0..1. A plain dataclass, because ``list`` reads these and pydantic's import would take half of its time.
    """

    name: str
    model: str
    file: str
    sha256: str
    stored_dtype: str
    licence: str
    trained_on: str
    config: dict[str, Any]
    evaluation: str
    size: tuple[int, int]
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    measured: dict[str, float]
    things: tuple[str, ...] = ()
    panoptic: dict[str, float] | None = None

    @property
    def settings(self) -> PanopticSettings | None:
        """How outputs become instances, as the data set said that they were trained on."""
        from mobileseg.data.panoptic_settings import PanopticSettings

        return None if self.panoptic is None else PanopticSettings.model_validate(self.panoptic)

    @property
    def plain_name(self) -> str:
        """The name without a version: that of the data."""
        found = VERSIONED.fullmatch(self.name)
        return found[1] if found else self.name

    @property
    def trained_rounded(self) -> bool:
        """Whether they come from quantization-aware training for int8."""
        return bool(self.config.get("int8"))

    @property
    def path(self) -> Path:
        """The weights file, for bundled weights."""
        return bundled_folder() / self.file


def bundled_folder() -> Path:
    """The package's folder of bundled weights."""
    return Path(str(resources.files("mobileseg.weights"))) / "bundled"


@functools.cache
def records() -> tuple[WeightsRecord, ...]:
    """All bundled records, sorted by file name."""
    files = sorted(bundled_folder().glob("*.json"))
    return tuple(_record(json.loads(file.read_text(encoding="utf-8"))) for file in files)


def _record(fields: dict[str, Any]) -> WeightsRecord:
    height, width = fields.pop("size")
    classes, palette = tuple(fields.pop("classes")), tuple(tuple(color) for color in fields.pop("palette"))
    things = tuple(fields.pop("things", ()))
    if "recipe" in fields:
        fields["config"] = fields.pop("recipe")  # its name in records written before the config had one
    own = {key: value for key, value in fields.items() if key in WeightsRecord.__dataclass_fields__}
    return WeightsRecord(size=(height, width), classes=classes, palette=palette, things=things, **own)


def bundled(model: str) -> dict[str, WeightsRecord]:
    """The bundled weights of one model, by name; first the default, which is what anyone may use for anything where there is such."""
    own = (record for record in records() if record.model == model)
    return {record.name: record for record in sorted(own, key=lambda record: forbids(record.licence) != NOTHING)}


def find_bundled(model: str, name: str) -> WeightsRecord | None:
    """The bundled weights of a model called ``name``, with a version (``camvid11-v1``) or without: then the latest."""
    own = bundled(model)
    if name in own:
        return own[name]
    same = [record for record in own.values() if record.plain_name == name]
    return max(same, key=lambda record: int(record.name.rpartition("-v")[2]), default=None)


def record_beside(weights: Path, model: str | None = None) -> WeightsRecord | None:
    """The record that ``finetune`` wrote beside a weights file; None where there is none, or one of another file or another model.
    Raises ``CheckpointError`` where it is of this file, and was changed to what makes no sense."""
    place = weights.with_suffix(".json")
    try:
        fields = json.loads(place.read_text(encoding="utf-8"))
        if (fields["file"], model or fields["model"]) != (weights.name, fields["model"]):
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # an unrelated JSON file
    try:
        found = _record(fields)
        _check(found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            expected=f"the record of {weights.name} as `mobileseg finetune` writes it",
            found=f"{place}: {' '.join(str(error).splitlines()[:3])}",
            fix="copy it again from where the weights are from, or remove it: the classes then have no names",
        ) from error
    return found


def _check(record: WeightsRecord) -> None:
    """Raise ``ValueError`` or ``TypeError`` for what no training writes."""
    count = len(record.classes)
    if not all(isinstance(side, int) and side > 0 for side in record.size):
        raise ValueError(f"size {record.size}")
    if not count or not all(isinstance(name, str) for name in record.classes):
        raise ValueError("classes that are no names")
    colors = [channel for color in record.palette for channel in color]
    if (
        len(record.palette) != count
        or not all(isinstance(c, int) and 0 <= c <= 255 for c in colors)
        or len(colors) != 3 * count
    ):
        raise ValueError(f"a palette that is not {count} colours of three numbers 0..255")
    if strays := [name for name in record.things if name not in record.classes]:
        raise ValueError(f"things {strays[0]!r}, which is no class")
    if not all(isinstance(part, dict) for part in (record.config, record.measured)):
        raise TypeError("config or measured is no table")
    _ = record.settings
