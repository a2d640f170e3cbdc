"""``mobileseg.fleet.index``, ``query`` and ``trend``: a store of results, asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError
from mobileseg.fleet.interface.sweeping import STORE

if TYPE_CHECKING:
    from mobileseg.fleet.records.parquet import Answer
    from mobileseg.fleet.records.trend import Trends
    from mobileseg.fleet.store.folder import Store


def index(files: Sequence[str | Path] = (), *, store: str | Path = STORE) -> dict[str, int]:
    """Write the tables of a store as Parquet files, and return how many rows each has: ``runs``, ``cells``, ``series``, ``samples``.

    ``store``: the folder of ``sweep``. ``files``: results of ``latency --json`` and ``compare --json`` to take into it first, each once;
    for them a store is created where there is none. The JSON stays the truth: an index can be made again at any time.

    Raises ``RequestError`` for a file that is no result, ``MissingExtraError`` without pyarrow.
    """
    from mobileseg.fleet.records import parquet
    from mobileseg.fleet.records.adopting import adopt
    from mobileseg.fleet.records.tables import tables

    opened = open_store(store, create=bool(files))
    for file in files:
        adopt(opened, Path(file))
    return parquet.write(opened, tables(opened))


def query(sql: str, *, store: str | Path = STORE) -> Answer:
    """The answer of DuckDB to ``sql`` about the tables of the index, as names of columns and rows. ``store``: as for ``index``.

    Raises ``RequestError`` without an index and for what DuckDB does not understand, ``MissingExtraError`` without DuckDB.
    """
    from mobileseg.fleet.records import parquet

    return parquet.query(open_store(store), sql)


def trend(*, store: str | Path = STORE) -> Trends:
    """The figure of every cell that was measured twice or more, from measurement to measurement, and where it changed by more than its
    protocol takes for no change. ``store``: as for ``index``; what is not in the index yet is seen, too.

    Raises ``RequestError``.
    """
    from mobileseg.fleet.records.tables import tables
    from mobileseg.fleet.records.trend import trends

    return trends(tables(open_store(store))["series"])


def open_store(store: str | Path, create: bool = False) -> Store:
    """The store in a folder. ``create``: also where there is none. Raises ``RequestError``."""
    from mobileseg.fleet.store.folder import FORMAT, Store

    folder = Path(store)
    if not create and not (folder / FORMAT).is_file():
        raise RequestError(
            expected="a store of results", found=f"none at {folder}", fix="name the --store of `mobileseg sweep`"
        )
    return Store(folder)
