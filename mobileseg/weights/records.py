"""Bundled weights: a provenance record (JSON) and a safetensors file each."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """The bundled weights of one model, by name."""
    return {record.name: record for record in records() if record.model == model}


def find_bundled(model: str, name: str) -> WeightsRecord | None:
    """The bundled weights of a model called ``name``, with a version (``camvid11-v1``) or without: then the latest."""
    own = bundled(model)
    if name in own:
        return own[name]
    same = [record for record in own.values() if record.plain_name == name]
    return max(same, key=lambda record: int(record.name.rpartition("-v")[2]), default=None)


def record_beside(weights: Path, model: str | None = None) -> WeightsRecord | None:
    """The record that ``finetune`` wrote beside a weights file; None where there is none, or one of another file or another model."""
    place = weights.with_suffix(".json")
    try:
        fields = json.loads(place.read_text(encoding="utf-8"))
        return (
            _record(fields) if (fields["file"], model or fields["model"]) == (weights.name, fields["model"]) else None
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # an unrelated JSON file
