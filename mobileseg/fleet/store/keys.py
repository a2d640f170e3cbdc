"""What a result is known by: the sha256 of everything that went into it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

Inputs = Mapping[str, object]
"""Names with plain JSON values: no paths, no times, nothing of the machine."""


def key_of(stage: str, inputs: Inputs) -> str:
    """Hex sha256 of a stage's name and inputs; the order of the names has no part in it. Raises ``TypeError`` for what JSON has not."""
    text = json.dumps([stage, inputs], sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def short_hash(text: str, digits: int = 10) -> str:
    """The first digits of a text's sha256: names a thing without saying it, as serial numbers must not be said."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
