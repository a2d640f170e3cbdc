"""Class names and colours, and the file ``classes.json`` that holds them."""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mobileseg.data.groups import Groups
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import DatasetError

Color = tuple[int, int, int]
Channel = Annotated[int, Field(ge=0, le=255)]


class ClassSet(BaseModel):
    """``classes.json``: names in the order of the class numbers, RGB colours in 0..255, and the label value to ignore.

    ``things``: names of the classes with instances. In a file with ``things`` and ``stuff`` but no ``names``, stuff classes come
    first. ``panoptic``: how outputs become instances of this data. ``groups``: which images belong together (``mobileseg.data.groups``).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    names: tuple[str, ...] = Field(min_length=1)
    palette: tuple[tuple[Channel, Channel, Channel], ...] = ()
    ignore_index: int | None = Field(default=None, ge=0, le=65535)
    things: tuple[str, ...] = ()
    panoptic: PanopticSettings | None = None
    groups: Groups | None = None

    @model_validator(mode="before")
    @classmethod
    def _names(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and "names" not in fields and "things" in fields:
            return {**fields, "names": [*fields.get("stuff", ()), *fields["things"]]}
        return fields

    @model_validator(mode="after")
    def _fits(self) -> ClassSet:
        if self.palette and len(self.palette) != len(self.names):
            raise ValueError(f"{len(self.palette)} colours for {len(self.names)} names")
        if self.ignore_index is not None and self.ignore_index < len(self.names):
            raise ValueError(
                f"ignore_index {self.ignore_index} is the number of the class {self.names[self.ignore_index]!r}"
            )
        unknown = [name for name in self.things if name not in self.names]
        if unknown:
            raise ValueError(f"things {', '.join(unknown)} are not among the names")
        return self

    @property
    def thing_numbers(self) -> tuple[int, ...]:
        """Class numbers of the things, ascending."""
        return tuple(i for i, name in enumerate(self.names) if name in self.things)

    @property
    def colors(self) -> tuple[Color, ...]:
        """The palette, or generated colours where the file has none."""
        return self.palette or generated_palette(len(self.names))


def read_classes(path: Path) -> ClassSet:
    """Read a ``classes.json``. Raises ``DatasetError`` where it cannot be read or does not fit the schema."""
    try:
        return ClassSet.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(expected="a classes.json", found=f"{path}: {error}", fix="check the path") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DatasetError(
            expected='{"names": [...], "palette": [[r, g, b], ...], "ignore_index": n}',
            found=f"{path}: {where + ': ' if where else ''}{first['msg']}",
            fix="fix this entry of the file",
        ) from error


def generated_palette(count: int) -> tuple[Color, ...]:
    """``count`` RGB colours, 0..255, with neighbours far apart: hues in golden-ratio steps at three brightnesses."""
    colors = []
    for i in range(count):
        red, green, blue = colorsys.hsv_to_rgb(i * 0.618034 % 1.0, 0.55 + 0.4 * (i % 2), 1.0 - 0.25 * (i % 3))
        colors.append((round(255 * red), round(255 * green), round(255 * blue)))
    return tuple(colors)


def colorize(class_map: NDArray[np.integer], palette: tuple[Color, ...]) -> NDArray[np.uint8]:
    """The colours ``(H, W, 3)`` uint8 of class numbers ``(H, W)``."""
    colors: NDArray[np.uint8] = np.asarray(palette, dtype=np.uint8)[class_map]
    return colors
