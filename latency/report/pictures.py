"""The worst images of comparisons, embedded into the page as data URIs."""

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
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.export.evaluation.worst import Picture, WorstImage

KINDS = ("input", "label", "float", "artifact", "difference")
# Wordings in licence records that forbid or restrict sharing the images.
RESTRICTED = re.compile(
    r"not for redistribution|no redistribution|research (use )?only|\bBY-N[CD]\b|non-?commercial", re.I
)


@dataclass(frozen=True)
class Shown:
    """One picture. ``uri``: data URI, None if there is no such picture (no labels); ``alt``: its text alternative."""

    kind: str
    uri: str | None
    alt: str


@dataclass(frozen=True)
class Row:
    """One image: its name, a line on how much the file's output differs on it, and its pictures."""

    name: str
    summary: str
    pictures: tuple[Shown, ...]


@dataclass(frozen=True)
class Gallery:
    """The worst images of one file. ``record``: the text of the data set's SOURCE.txt, None if there is none."""

    title: str
    precision: str
    record: str | None
    rows: tuple[Row, ...]

    @property
    def restricted(self) -> bool:
        """Whether the record forbids or restricts sharing the images."""
        return self.record is not None and RESTRICTED.search(self.record) is not None


def galleries(compared: Sequence[tuple[Path, Comparison]]) -> tuple[Gallery, ...]:
    """The galleries of all comparisons made with ``--worst``. ``compared``: each with the path of its JSON; the pictures are beside it.

    Raises ``RequestError`` if a picture is missing or has changed.
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
        for what, value in (("mIoU reference", image.float_miou), ("file", image.artifact_miou))
        if value is not None
    )
    summary = f"pixel agreement {percent(image.agreement).text}; {accuracy or f'mIoU {NOT_MEASURED}: no label'}"
    shown = []
    for kind in KINDS:
        picture = by_kind.get(kind)
        uri = _data_uri(folder, picture) if picture is not None else None
        shown.append(Shown(kind, uri, f"{image.image}: {kind}"))
    return Row(image.image, summary, tuple(shown))


def _data_uri(folder: Path, picture: Picture) -> str:
    path = folder / picture.file
    fix = "copy the pictures together with the JSON, or compare again with --worst"
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
