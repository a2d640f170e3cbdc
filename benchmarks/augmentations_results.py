"""results/augmentations.json: what ``benchmarks/augmentations.py`` writes and a table in docs/guides/training.md is made of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from mobileseg.document import Document, Part, parse_document
from mobileseg.errors import RequestError

SCHEMA_VERSION: Final = 1


class AugmentationRow(Part):
    """One training. ``name``: of the augmentation, ``none`` for the training that the others are held against. ``options``: of the config,
    beside those of all. ``val_miou``: of the last epoch, ``test_miou``: of images that played no part, in 0..1. ``gain``: test mIoU less
    that of ``none``, ``interval``: 95 %, from resampling the test images; None for ``none`` itself."""

    name: str
    options: dict[str, Any]
    val_miou: float
    test_miou: float
    gain: float | None = None
    interval: tuple[float, float] | None = None


class Augmentations(Document):
    """``start``: the weights that every training begins from; ``config``: what all have in common; ``images``, ``tested``: how many images
    they were trained and tested on."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    model: str
    start: str
    data: str
    images: int
    tested: int
    config: dict[str, Any]
    versions: dict[str, str]
    rows: tuple[AugmentationRow, ...]


def read_augmentations(path: Path) -> Augmentations:
    """The results at ``path``. Raises ``RequestError`` for anything else."""
    text = path.read_text(encoding="utf-8")
    return parse_document(
        Augmentations, text, path, "effects of augmentations", RequestError, "python benchmarks/augmentations.py DATA"
    )
