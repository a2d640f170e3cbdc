"""What a resumed run must have in common with the interrupted one, and how a difference is said.

The device is no part of it: a run that began on a CPU is resumed on a GPU, and the other way round.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mobileseg.data.classes import ClassSet
from mobileseg.data.dataset import LabelledFolder
from mobileseg.errors import RequestError
from mobileseg.training.config import option_of

Identity = dict[str, Any]
READ = {"ignore_index", "reduce_zero_label", "label_map"}  # of the classes: how labels are read
INSTANCES = {"things", "panoptic"}  # these count where instances are trained
MOST_NAMED = 3


def classes_identity(classes: ClassSet, panoptic: bool) -> Identity:
    """What decides the meaning of the labels: neither colours nor sources."""
    chosen = {"names"} | READ | (INSTANCES if panoptic else set())
    return classes.model_dump(mode="json", include=chosen)


def data_identity(data: LabelledFolder) -> Identity:
    """Number of images, and digest of the names and contents of images and labels."""
    return {"images": len(data.items), "sha256": data.sha256}


def check_same(found: Identity, wanted: Identity, state: Path) -> None:
    """Raise ``RequestError`` with the first difference between an interrupted run (``found``) and this one (``wanted``)."""
    for key, value in wanted.items():
        before = found.get(key)
        if before != value:
            said = SAID.get(key, _plainly)(value, before)
            raise RequestError(
                expected=f"the {key} of the interrupted run in {state}",
                found=said,
                fix=f"repeat the command of the interrupted run, choose another --output, or remove {state.name} to start again",
            )


def _plainly(value: Any, before: Any) -> str:
    return f"{_shown(value)}, before {_shown(before)}"


def _classes(value: Any, before: Any) -> str:
    names, old = value["names"], before["names"]
    if sorted(names) == sorted(old) and names != old:
        return f"the same names in another order: {', '.join(names)}; before {', '.join(old)}"
    if len(names) != len(old):
        return f"{len(names)} classes, before {len(old)}"
    if names != old:
        pairs = [f"{new!r} for {was!r}" for new, was in zip(names, old, strict=True) if new != was]
        return _listed(pairs)
    return _listed(
        [
            f"{key} {_shown(value[key])}, before {_shown(before.get(key))}"
            for key in value
            if value[key] != before.get(key)
        ]
    )


def _data(value: Any, before: Any) -> str:
    if value["images"] != before["images"]:
        return f"{value['images']} images, before {before['images']}"
    return f"{value['images']} images, some with other contents or names"


def _config(value: Any, before: Any) -> str:
    changed = [name for name in value if value[name] != before.get(name)]
    return _listed([f"{option_of(name)} {_shown(value[name])}, before {_shown(before.get(name))}" for name in changed])


def _start(value: Any, before: Any) -> str:
    now, then = (start if isinstance(start, str) else start["name"] for start in (value, before))
    return f"{now}, before {then}" if now != then else f"another file of the name {now}"


def _calibration(value: Any, before: Any) -> str:
    return "other images"


def _listed(parts: list[str]) -> str:
    return "; ".join(parts[:MOST_NAMED]) + ("; ..." if len(parts) > MOST_NAMED else "")


def _shown(value: Any) -> str:
    """As it is written on the command line, where it is a size or a number."""
    if isinstance(value, list):
        return "x".join(map(str, value)) if all(isinstance(part, int) for part in value) else " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


SAID: dict[str, Callable[[Any, Any], str]] = {
    "classes": _classes,
    "training data": _data,
    "validation data": _data,
    "config": _config,
    "initial weights": _start,
    "calibration": _calibration,
}
