"""JSON documents with a schema: what their sections have in common, and how they are read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError
from pydantic_core import PydanticSerializationError

from mobileseg.errors import EnvironmentLackError, MobilesegError

# JSON has no infinity; a file that equals its reference exactly has an infinite SQNR.
Decibel = Annotated[
    float,
    PlainSerializer(lambda v: v if math.isfinite(v) else str(v), when_used="json"),
    BeforeValidator(lambda v: float(v) if v in ("inf", "-inf") else v),
]


class Part(BaseModel):
    """Base of every section: frozen, and strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(Part):
    """A section that is written to its own file."""

    def to_json(self) -> str:
        """Indented JSON with a final newline. Of names of files that are no text, "?" stands for what cannot be written."""
        try:
            return self.model_dump_json(indent=1, by_alias=True) + "\n"
        except PydanticSerializationError:
            again = self.model_validate(_readable(self.model_dump(by_alias=True)))
            return again.model_dump_json(indent=1, by_alias=True) + "\n"


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_readable(key): _readable(one) for key, one in value.items()}
    return [_readable(one) for one in value] if isinstance(value, list | tuple) else value


Kind = TypeVar("Kind", bound=Document)


def parse_document(kind: type[Kind], text: str, path: Path, what: str, error: type[MobilesegError], again: str) -> Kind:
    """A document of the schema ``kind`` from its JSON ``text``, read from ``path``. ``what``: its name, and ``again``: how to make it
    again, both for messages.

    Raises ``error`` for anything else, ``EnvironmentLackError`` for another schema version.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as found:
        first = found.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if where == "schema_version":
            raise EnvironmentLackError(
                expected=f"a {what} in schema version {kind.model_fields['schema_version'].default}",
                found=f"{path}: version {first['input']!r}",
                fix=f"install the mobileseg that wrote it, or {again} with this one",
            ) from found
        raise error(expected=f"a {what}", found=f"{path}: {where or 'root'}: {first['msg']}", fix=again) from found
