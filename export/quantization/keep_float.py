"""The list of layers that stay float in an int8 file: a TOML file that ``sensitivity`` writes and ``export`` reads."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import ValidationError

from mobileseg.document import Part
from mobileseg.errors import RequestError
from mobileseg.export.manifest import KeptLayer, RequestPart
from mobileseg.provenance import public_text

if TYPE_CHECKING:
    from mobileseg.models.deploy import DeployedModel

AUTO: Final = "auto"


class KeepFloat(Part):
    """The list itself. ``keep``: layers of the deploy model of ``model``, or modules, which stand for everything inside them.

    ``size``: height, width in pixels that the list was made for. ``latency_ratio``: latency of the file with these layers float over
    that of the file with all layers in int8, on ``device``, with its 95 % ``latency_interval``; None where not measured.
    """

    schema_version: Literal[1] = 1
    model: str
    size: tuple[int, int] | None = None
    source: str = "written by hand"
    latency_ratio: float | None = None
    latency_interval: tuple[float, float] | None = None
    device: str | None = None
    keep: tuple[KeptLayer, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the layers."""
        return tuple(layer.layer for layer in self.keep)

    def part(self) -> RequestPart:
        """The manifest's record of this list."""
        return RequestPart(
            source=public_text(self.source),  # lists of older versions hold whole paths
            layers=self.keep,
            latency_ratio=self.latency_ratio,
            latency_interval=self.latency_interval,
            device=self.device,
        )

    def to_toml(self) -> str:
        """The content of the TOML file."""
        import tomli_w

        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def read_keep_float(path: Path, model: str) -> KeepFloat:
    """Read the list at ``path``. Raises ``RequestError`` where it cannot be read, is not such a list, or is for another model."""
    try:
        found = KeepFloat.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise RequestError(
            expected=f"a list of layers at {path}, or '{AUTO}'",
            found=error.strerror or "it cannot be read",
            fix="make one with `mobileseg sensitivity`",
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ValidationError) as error:
        what = error.errors()[0] if isinstance(error, ValidationError) else None
        raise RequestError(
            expected=f"a list of layers as `mobileseg sensitivity` writes it, at {path}",
            found=f"{'.'.join(map(str, what['loc']))}: {what['msg']}" if what else str(error),
            fix="make one with `mobileseg sensitivity`, or fix the entry",
        ) from error
    if found.model != model:
        raise RequestError(
            expected=f"a list for {model}", found=f"one for {found.model} at {path}", fix="make one for this model"
        )
    return found


def check_names(names: tuple[str, ...], deployed: DeployedModel) -> None:
    """Raise ``RequestError`` for a name that is not a module of the deploy model (the part after a slash names an operator)."""
    modules = [name for name, _ in deployed.named_modules()]
    for name in names:
        if name.rsplit("/", 1)[0] not in modules:
            near = difflib.get_close_matches(name, modules, n=3)
            raise RequestError(
                expected=f"a layer of the deploy model of {deployed.mobileseg_spec.name}",
                found=repr(name),
                fix=f"did you mean {', '.join(near)}?" if near else "see `mobileseg sensitivity` for their names",
            )
