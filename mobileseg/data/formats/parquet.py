"""Data sets of Hugging Face: parquet files with a column of encoded images and one of encoded masks, read without unpacking them."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mobileseg.data.classes import ClassSet, reason
from mobileseg.data.formats.contract import SPLIT_NAMES, SPLITS, Listing
from mobileseg.data.formats.pairing import files_below
from mobileseg.data.formats.pairs import no_classes
from mobileseg.data.labels import Item
from mobileseg.errors import DatasetError
from mobileseg.registry import require

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

SUFFIX = ".parquet"
# What columns are called, the usual first.
IMAGES = ("image", "pixel_values", "img", "picture")
MASKS = (
    "mask",
    "label",
    "annotation",
    "labels",
    "masks",
    "annotations",
    "segmentation_mask",
    "semantic_mask",
    "segmentation",
    "seg",
)
KEPT_GROUPS = 4  # row groups in memory: datasets writes a hundred rows into one


@dataclass(frozen=True)
class Cell:
    """An encoded image in a parquet file: an ``ImageSource``. ``group``, ``row``: of the file, and within the group."""

    path: Path
    column: str
    group: int
    row: int
    name: str

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    def read_bytes(self) -> bytes:
        with _damage(self.path):
            value = _column(self.path, _stamp(self.path), self.column, self.group)[self.row].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if data is None:
            raise FileNotFoundError(f"no bytes in {self}")  # a reference to a file that is elsewhere
        return bytes(data)

    def __str__(self) -> str:
        return f"{self.path}, {self.column} of {self.name}"


@dataclass(frozen=True)
class ParquetReader:
    """Implements ``Reader``. ``columns``: of images and of masks; None finds them by name."""

    columns: tuple[str, str] | None = None

    def recognises(self, root: Path) -> bool:
        return any(file.suffix == SUFFIX for file in _files(root))

    def splits(self, root: Path) -> tuple[str, ...]:
        found = {_split_of(file) for file in _files(root)}
        # A data set with a single part is not split: it is up to us.
        return tuple(split for split in SPLITS if split in found) if len(found) > 1 else ()

    def read(self, root: Path, split: str | None, classes: ClassSet | None) -> Listing:
        require(("pyarrow",), "reading parquet files", "parquet")
        if classes is None:
            raise no_classes(root)
        items = []
        for file in _files(root):
            if split is None or _split_of(file) == split:
                with _damage(file):
                    items += self._items(file)
        return Listing(tuple(items), classes)

    def with_options(self, text: str) -> ParquetReader:
        """For ``IMAGES,MASKS``: the names of the columns. Raises ``DatasetError``."""
        names = [name.strip() for name in text.split(",")]
        if len(names) != 2 or not all(names):
            raise DatasetError(
                expected="two columns, as in parquet:image,mask", found=f"parquet:{text}", fix="name images and masks"
            )
        return ParquetReader((names[0], names[1]))

    def _items(self, path: Path) -> list[Item]:
        file = _open(path)
        image, mask = self.columns or _columns(file, path)
        for column in (image, mask):
            if column not in _pictures(file):
                raise DatasetError(
                    expected=f"columns of images, such as {', '.join(_pictures(file)) or 'image and mask'}",
                    found=f"{column!r} in {path}",
                    fix="name others: --data-format parquet:IMAGES,MASKS",
                )
        items = []
        for group in range(file.num_row_groups):
            for row, name in enumerate(_names(file, image, group)):
                title = name or f"{path.stem}-{group}-{row}"
                items.append(Item(Cell(path, image, group, row, title), Cell(path, mask, group, row, title), None))
        return items


PARQUET = ParquetReader()


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root] if root.suffix == SUFFIX else []
    return [file for file in files_below(root) if file.suffix == SUFFIX]


def _split_of(file: Path) -> str:
    """The split in the name of a file, as in ``train-00000-of-00002.parquet``, or of its folder; "" for none."""
    for text in (file.name, file.parent.name):
        word = re.split(r"[^a-z]", text.lower())[0]
        for split, names in SPLIT_NAMES.items():
            if word in names:
                return split
    return ""


def _open(path: Path) -> ParquetFile:
    from pyarrow.parquet import ParquetFile

    return ParquetFile(path)


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """What pyarrow raises of a file becomes a ``DatasetError``."""
    from pyarrow import ArrowException

    try:
        yield
    except (OSError, ValueError, LookupError, ArrowException) as error:
        raise DatasetError(
            expected="a parquet file", found=f"{path}: {reason(error)}", fix="download it again"
        ) from error


def _pictures(file: ParquetFile) -> list[str]:
    """The columns that hold encoded images: bytes, or a struct with bytes in it."""
    import pyarrow as pa

    def binary(kind: Any) -> bool:
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    found = []
    for field in file.schema_arrow:
        kind = field.type
        if binary(kind) or (pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0):
            found.append(field.name)
    return found


def _columns(file: ParquetFile, path: Path) -> tuple[str, str]:
    """The columns of images and of masks."""
    pictures = _pictures(file)
    image = next((name for name in IMAGES if name in pictures), None)
    others = [name for name in pictures if name != image]
    mask = next((name for name in MASKS if name in others), others[0] if len(others) == 1 else None)
    if image is None or mask is None:
        raise DatasetError(
            expected=f"a column of images ({', '.join(IMAGES)}) and one of masks ({', '.join(MASKS[:4])}, ...)",
            found=f"columns {', '.join(file.schema_arrow.names)} in {path}",
            fix="name them: --data-format parquet:IMAGES,MASKS",
        )
    return image, mask


def _names(file: ParquetFile, column: str, group: int) -> list[str | None]:
    """What the rows of a group call their images; None for those without a name."""
    import pyarrow as pa

    kind = file.schema_arrow.field(column).type
    if not pa.types.is_struct(kind) or kind.get_field_index("path") < 0:
        return [None] * int(file.metadata.row_group(group).num_rows)
    rows = file.read_row_group(group, columns=[f"{column}.path"]).column(column).to_pylist()
    return [PurePosixPath(str(row["path"])).name if row and row["path"] else None for row in rows]


def _stamp(path: Path) -> tuple[int, ...]:
    """Another one where a file was written again, or where a relative path means another one."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@functools.lru_cache(maxsize=KEPT_GROUPS)
def _column(path: Path, stamp: tuple[int, ...], column: str, group: int) -> Any:
    del stamp  # of the key
    return _open(path).read_row_group(group, columns=[column], use_threads=False).column(column)
