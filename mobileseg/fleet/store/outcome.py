"""The outcome of one stage: what was done with which inputs, when and where, and what came of it. A failure is an outcome, too."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from pydantic import Field, JsonValue

from mobileseg.document import Document, Part
from mobileseg.errors import MobilesegError
from mobileseg.provenance import public_text

SCHEMA_VERSION: Final = 1


class Blob(Part):
    """A file or folder, by its content. ``folder``: its files count with their names."""

    sha256: str
    size_bytes: int
    folder: bool = False


class Failure(Part):
    """What went wrong, as ``mobileseg.errors`` says it. ``kind``: the error's class; ``exit_code``: the single verb's."""

    kind: str
    expected: str
    found: str
    fix: str
    exit_code: int

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The failure that an error is; of one that nobody expected its type and text."""
        name = type(error).__name__
        if isinstance(error, MobilesegError):
            texts = (public_text(text) for text in (error.expected, error.found, error.fix))
            expected, found, fix = texts
            return cls(kind=name, expected=expected, found=found, fix=fix, exit_code=error.exit_code)
        found = public_text(f"{name}: {error}")
        return cls(kind=name, expected="no unexpected error", found=found, fix="report it with this text", exit_code=70)

    def __str__(self) -> str:
        return f"expected {self.expected}; found {self.found}; fix: {self.fix}"


class Context(Part):
    """Where a sweep comes from. ``run``: a new id for each start of it; ``commit``: of the user's repository, with ``+`` where that had
    changes, None outside of one."""

    run: str
    sweep: str
    round: str = ""
    commit: str | None = None
    tags: tuple[str, ...] = ()


class Outcome(Document):
    """``key``: the hash of ``stage`` and ``inputs``. ``files``: by name, what the stage made. ``figures``: those that tables show.

    ``host``: a hash of the name of the machine that did it; ``device``: the alias of the device, for measurements.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    stage: str
    key: str
    inputs: dict[str, JsonValue]
    status: Literal["done", "failed"]
    failure: Failure | None = None
    files: dict[str, Blob] = Field(default={})
    figures: dict[str, JsonValue] = Field(default={})
    created: datetime
    seconds: float
    host: str
    device: str | None = None
    context: Context
