"""The images that changed most, embedded: a page brings everything that it shows."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError
from mobileseg.latency.report.cells import NOT_MEASURED, percent

if TYPE_CHECKING:
    from mobileseg.export.evaluation.comparison import Comparison
    from mobileseg.export.evaluation.worst import Picture, WorstImage

KINDS = ("input", "label", "float", "artifact", "difference")
# How the records of data sets say that their pictures are not to be passed on, or on conditions alone.
FORBIDS = re.compile(
    r"not for redistribution|no redistribution|research (use )?only|\bBY-N[CD]\b|non-?commercial", re.I
)


@dataclass(frozen=True)
class Shown:
    """One picture. ``uri`` is None where there is none: no labels."""

    kind: str
    uri: str | None
    words: str


@dataclass(frozen=True)
class Row:
    """One image: its name, how much the file changed on it, and its pictures."""

    name: str
    words: str
    pictures: tuple[Shown, ...]


@dataclass(frozen=True)
class Gallery:
    """The worst images of one file. ``record``: what the data set's SOURCE.txt says; ``forbids``: it restricts passing pictures on."""

    title: str
    precision: str
    record: str | None
    rows: tuple[Row, ...]

    @property
    def forbids(self) -> bool:
        """Whether the record's own words restrict passing on."""
        return self.record is not None and FORBIDS.search(self.record) is not None


def galleries(compared: Sequence[tuple[Path, Comparison]]) -> tuple[Gallery, ...]:
    """Of every comparison made with ``--worst``. ``compared``: with the JSON's path, beside which the pictures lie.

    Raises ``RequestError`` where a picture is gone or another.
    """
    found = []
    for path, one in compared:
        if one.worst is not None:
            folder = path.parent / one.worst.folder
            rows = tuple(_row(folder, image) for image in one.worst.images)
            found.append(Gallery(f"{one.artifact_file} on {one.data}", one.precision, one.worst.source_record, rows))
    return tuple(found)


def _row(folder: Path, image: WorstImage) -> Row:
    by_kind: dict[str, Picture] = {picture.kind: picture for picture in image.pictures}
    accuracy = ", ".join(
        f"{what} {percent(value).text}"
        for what, value in (("mIoU float", image.float_miou), ("file", image.artifact_miou))
        if value is not None
    )
    words = (
        f"same class in {percent(image.agreement).text} of the pixels; {accuracy or f'mIoU {NOT_MEASURED}: no label'}"
    )
    shown = []
    for kind in KINDS:
        picture = by_kind.get(kind)
        uri = _data_uri(folder, picture) if picture is not None else None
        shown.append(Shown(kind, uri, f"{image.image}: {kind}"))
    return Row(image.image, words, tuple(shown))


def _data_uri(folder: Path, picture: Picture) -> str:
    path = folder / picture.file
    fix = "bring the folder along with its JSON, or compare again with --worst"
    if path.resolve().parent != folder.resolve():
        raise RequestError(expected=f"pictures in {folder}", found=picture.file, fix=fix)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RequestError(
            expected=f"the picture {path}", found=error.strerror or "it cannot be read", fix=fix
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != picture.sha256:
        raise RequestError(expected=f"{path} with sha256 {picture.sha256}", found=found, fix=fix)
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
