"""Reads a training config from a file: TOML, or the JSON record that a run writes beside its weights."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mobileseg.errors import RequestError
from mobileseg.training.config import TrainingConfig, first_mistake, unknown_fields

TABLE = "config"  # of a record


def read_config(path: Path) -> dict[str, Any]:
    """The fields of ``TrainingConfig`` that the file sets, as ``TrainingConfig.of`` takes them.

    They are at the top of the file, or in a table ``config``, which is where a run's record has them. A name that ends in ``.json`` is
    JSON, any other TOML. Raises ``RequestError`` where the file cannot be read, for an unknown field, and for a value of another type
    or outside its range.
    """
    fields = _content(path)
    if isinstance(fields.get(TABLE), dict):
        fields = fields[TABLE]
    if unknown := [name for name in fields if name not in TrainingConfig.model_fields]:
        raise unknown_fields(unknown, f" in {path}")
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    try:
        TrainingConfig.model_validate(fields, strict=True)  # "100" is no number here, and 1 is no switch
    except ValidationError as error:
        field, message, value = first_mistake(error)
        raise RequestError(
            expected=f"{field}: {message}", found=f"{value!r} in {path}", fix=f"change {field} in the file"
        ) from error
    return fields


def _content(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise RequestError(
            expected=f"a training config at {path}",
            found=error.strerror or "it cannot be read",
            fix="check --config: a TOML file, or the .json beside trained weights",
        ) from error
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise RequestError(
            expected=f"a training config in {kind} at {path}", found=str(error), fix="check the file in an editor"
        ) from error
    if not isinstance(found, dict):
        raise RequestError(
            expected=f"a training config at {path}, names with values",
            found=f"a {type(found).__name__}",
            fix="check --config: a TOML file, or the .json beside trained weights",
        )
    return found
