"""What is known of a model without making it: size, cost, published figures, weights. No torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from mobileseg.models.lookup import find_model
from mobileseg.models.registry import measured
from mobileseg.models.spec import Published
from mobileseg.weights.licences import forbids
from mobileseg.weights.records import bundled
from mobileseg.weights.resolve import OFFICIAL


@dataclass(frozen=True)
class ModelInfo:
    """One model of the zoo.

    ``size``: height, width of the input in pixels, by default. ``num_classes``: by default; weights say their own. ``parameters``
    and ``multiply_adds``: counted, the latter of one image of ``size``; None: not measured. ``published``: the authors' figures.
    ``bundled_weights``: name to licence. ``official_weights``: where the authors' are, or that there are none;
    ``official_licence``: theirs. ``forbidden``: what the licence of each forbids, by a bundled name or
    ``official``; "not stated" where it is not known.
    """

    name: str
    family: str
    task: str
    size: tuple[int, int]
    num_classes: int
    parameters: int | None
    multiply_adds: int | None
    published: tuple[Published, ...]
    bundled_weights: dict[str, str]
    official_weights: str
    official_licence: str | None
    forbidden: dict[str, str]
    note: str | None

    def to_json(self) -> str:
        """Indented JSON with a final newline."""
        return json.dumps(asdict(self), indent=1) + "\n"


def model_info(name: str) -> ModelInfo:
    """What is known of the model called ``name``. Raises ``UnknownNameError``."""
    spec = find_model(name)
    counted = measured().get(spec.name, {})
    licences = {name: record.licence for name, record in bundled(spec.name).items()}
    official = spec.official.licence if spec.official else None
    released = {OFFICIAL: official} if official else {}
    return ModelInfo(
        name=spec.name,
        family=spec.family,
        task=spec.task,
        size=spec.size,
        num_classes=spec.num_classes,
        parameters=counted.get("parameters"),
        multiply_adds=counted.get("multiply_adds"),
        published=spec.published,
        bundled_weights=licences,
        official_weights=spec.official_weights,
        official_licence=official,
        forbidden={name: forbids(text) for name, text in (licences | released).items()},
        note=spec.note,
    )
