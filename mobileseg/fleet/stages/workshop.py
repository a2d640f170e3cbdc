"""What the inputs of all cells have in common, looked up once: weights, data, devices as they are."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from mobileseg.files import sha256
from mobileseg.fleet.plan.axes import DEFAULT
from mobileseg.fleet.plan.schema import Plan
from mobileseg.fleet.store.digests import data_digest
from mobileseg.fleet.store.keys import short_hash

HOST = "host"


@dataclass
class Workshop:
    """``devices``: what each device said that it is, by its name in the plan; filled as they answer."""

    plan: Plan
    devices: dict[str, dict[str, JsonValue]] = field(default_factory=dict)

    def alias(self, device: str) -> str:
        """What results call the device: the plan's alias, else its kind and a hash of the rest."""
        if device in self.plan.alias:
            return self.plan.alias[device]
        kind, colon, rest = device.partition(":")
        return f"{kind}-{short_hash(rest)}" if colon and kind in ("adb", "ssh") else device.replace(":", "-")

    @functools.cached_property
    def samples(self) -> str:
        """Digest of the bundled images."""
        from mobileseg.data.dataset import samples_folder

        return data_digest(samples_folder())

    def data(self, name: str | None) -> str:
        """Digest of a folder of images, by its name in the plan; of the bundled ones for None."""
        if name is None:
            return self.samples
        known = self._digests
        if name not in known:
            from mobileseg.data.dataset import data_folder

            known[name] = data_digest(data_folder(name))
        return known[name]

    @functools.cached_property
    def _digests(self) -> dict[str, str]:
        return {}

    def weights(self, model: str, name: str) -> dict[str, JsonValue]:
        """What a model's weights are: their digest, or the seed. Raises ``CheckpointError`` and ``DownloadError``."""
        known = self._weights
        if (model, name) not in known:
            known[model, name] = self._find(model, name)
        return known[model, name]

    @functools.cached_property
    def _weights(self) -> dict[tuple[str, str], dict[str, JsonValue]]:
        return {}

    def _find(self, model: str, name: str) -> dict[str, JsonValue]:
        from mobileseg.models.registry import MODELS
        from mobileseg.weights.resolve import RANDOM, default_weights, resolve

        spec = MODELS[model]
        chosen = default_weights(spec) if name == DEFAULT else name
        if chosen == RANDOM:
            return {"random": self.plan.options.seed}
        found = resolve(chosen, spec)
        record = found.path.with_suffix(".json")
        digest = found.sha256 or sha256(Path(found.path))
        return {"sha256": digest, "record": sha256(record) if found.record and record.is_file() else None}


def none_for_default(text: str) -> str | None:
    """What a single verb is given: None where the plan says ``default``."""
    return None if text == DEFAULT else text
