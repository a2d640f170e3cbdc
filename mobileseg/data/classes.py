"""Class names and colours, and the file ``classes.json`` that holds them."""

from __future__ import annotations

import colorsys
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mobileseg.data.encoding import Encoding, encoding_of
from mobileseg.data.groups import Groups
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import DatasetError

PALETTE = "palette"  # as label_map: labels are in the colours of the palette
IGNORED = 255  # of pixels to ignore, where the class list names no value that is free

Color = tuple[int, int, int]
Channel = Annotated[int, Field(ge=0, le=255)]


class ClassSet(BaseModel):
    """``classes.json``: names in the order of the class numbers, RGB colours in 0..255, and how label files write them.

    ``things``: names of the classes with instances. In a file with ``things`` and ``stuff`` but no ``names``, stuff classes come
    first. ``panoptic``: how outputs become instances of this data. ``groups``: which images belong together (``mobileseg.data.groups``).
    ``source``: where the list is from. ``folders``: for classifiers, what a folder of each class is called, where that is not its name.

    Label files hold class numbers unless one of these says otherwise: ``ignore_index``, the value of pixels to ignore, which may be a
    class number, too; ``reduce_zero_label``: 0 is ignored, and class 0 is written as 1; ``label_map``: from values (``"7"``), or from
    colours (``"128,64,128"`` or ``"#804080"``), to class names, class numbers or ``"ignore"``, ``"*"`` for all others, or
    ``"palette"`` where the colours are those of the palette.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    names: tuple[str, ...] = Field(min_length=1)
    palette: tuple[tuple[Channel, Channel, Channel], ...] = ()
    ignore_index: int | None = Field(default=None, ge=0, le=65535)
    things: tuple[str, ...] = ()
    panoptic: PanopticSettings | None = None
    groups: Groups | None = None
    reduce_zero_label: bool = False
    label_map: dict[str, str | int] = Field(default_factory=dict)
    source: str | None = None
    folders: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _names(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or "names" in fields or "things" not in fields:
            return fields
        parts = fields.get("stuff", ()), fields["things"]
        if not all(isinstance(part, list | tuple) for part in parts):
            raise ValueError("things and stuff are lists of names")
        return {**fields, "names": [name for part in parts for name in part]}

    @model_validator(mode="before")
    @classmethod
    def _palette_as_map(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or fields.get("label_map") != PALETTE:
            return fields
        palette = fields.get("palette") or ()
        if not isinstance(palette, list | tuple) or not palette:
            raise ValueError("label_map is the palette, and there is no palette")
        keys = [",".join(map(str, color)) for color in palette if isinstance(color, list | tuple)]
        if len(set(keys)) < len(palette):
            raise ValueError("label_map is the palette, which has a colour twice")
        return {**fields, "label_map": {key: number for number, key in enumerate(keys)}}

    @model_validator(mode="after")
    def _fits(self) -> ClassSet:
        if self.folders and len(self.folders) != len(self.names):
            raise ValueError(f"{len(self.folders)} folders for {len(self.names)} names")
        if broken := [number for number, name in enumerate(self.names) if not is_text(name)]:
            raise ValueError(f"names.{broken[0]}: half of a letter, which JSON can write and no text can hold")
        if self.palette and len(self.palette) != len(self.names):
            raise ValueError(f"{len(self.palette)} colours for {len(self.names)} names")
        unknown = [name for name in self.things if name not in self.names]
        if unknown:
            raise ValueError(f"things {', '.join(unknown)} are not among the names")
        twice = [name for name, count in Counter(self.names).items() if count > 1]
        if twice:
            raise ValueError(f"the name {twice[0]!r} occurs twice")
        if self.reduce_zero_label and self.label_map:
            raise ValueError("reduce_zero_label and label_map exclude each other: map 0 to ignore in label_map")
        _ = self.encoding
        return self

    @property
    def encoding(self) -> Encoding:
        """How label files write the classes."""
        return encoding_of(self.names, self.ignored, self.ignore_index, self.reduce_zero_label, self.label_map)

    @property
    def ignored(self) -> int:
        """The number of ignored pixels in labels as they are read: ``ignore_index``, unless that is a class's number or not set."""
        if self.ignore_index is not None and self.ignore_index >= len(self.names):
            return self.ignore_index
        return IGNORED if len(self.names) <= IGNORED else len(self.names)

    @property
    def thing_numbers(self) -> tuple[int, ...]:
        """Class numbers of the things, ascending."""
        return tuple(i for i, name in enumerate(self.names) if name in self.things)

    @property
    def colors(self) -> tuple[Color, ...]:
        """The palette, or generated colours where the file has none."""
        return self.palette or generated_palette(len(self.names))


def is_text(name: str) -> bool:
    """Whether a name can be written to a file: the halves of letters that UTF-16 has cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_classes(path: Path) -> ClassSet:
    """Read a ``classes.json``, in any Unicode encoding, with or without a byte order mark. Raises ``DatasetError`` where it cannot be
    read or does not fit the schema."""
    try:
        return ClassSet.model_validate(json.loads(path.read_bytes()))
    except ValidationError as error:
        raise DatasetError(
            expected='{"names": [...], "palette": [[r, g, b], ...], "ignore_index": n}',
            found=f"{path}: {reason(error)}",
            fix="fix this entry of the file",
        ) from error
    except OSError as error:
        raise DatasetError(expected="a classes.json", found=f"{path}: {error}", fix="check the path") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            expected="a classes.json", found=f"{path}, which is no JSON: {error}", fix="check the file in an editor"
        ) from error


def reason(error: Exception) -> str:
    """What an error says, in a line; of several faults that pydantic found the first, and where it is."""
    if not isinstance(error, ValidationError):
        return str(error).partition("\n")[0] or type(error).__name__
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where + ': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"


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
