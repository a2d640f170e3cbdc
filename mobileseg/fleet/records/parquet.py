"""The tables of a store as Parquet files, and questions to them in SQL."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mobileseg.errors import RequestError
from mobileseg.fleet.records.tables import COLUMNS, Row
from mobileseg.fleet.store.folder import INDEX, Store
from mobileseg.registry import require

EXTRA = "results"


class Answer(NamedTuple):
    """The answer to a question: names of columns, and rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def write(store: Store, tables: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    """Write all tables in place of those that are there, each whole or not at all; how many rows each has. Raises ``MissingExtraError``."""
    require(("pyarrow",), "an index of results", EXTRA)
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        "string": pa.string(), "double": pa.float64(), "int64": pa.int64(), "time": pa.timestamp("s", tz="UTC"), "bool": pa.bool_(),
    }  # fmt: skip
    folder = store.folder / INDEX
    folder.mkdir(exist_ok=True)
    for name, columns in COLUMNS.items():
        schema = pa.schema([(column, kinds[kind]) for column, kind in columns.items()])
        table = pa.Table.from_pylist([{column: row.get(column) for column in columns} for row in tables[name]], schema)
        with store.partial() as place:
            pq.write_table(table, place / "new")
            os.replace(place / "new", folder / f"{name}.parquet")
    return {name: len(rows) for name, rows in tables.items()}


def query(store: Store, sql: str) -> Answer:
    """Ask DuckDB, with a view for each table. Raises ``RequestError`` without an index, and for what DuckDB does not understand."""
    require(("duckdb",), "questions to results", EXTRA)
    import duckdb

    missing = [name for name in COLUMNS if not (store.folder / INDEX / f"{name}.parquet").is_file()]
    if missing:
        raise RequestError(
            expected=f"an index in {store.folder}",
            found="none",
            fix="run `mobileseg results index` with the same --store",
        )
    with duckdb.connect(":memory:") as connection:
        for name in COLUMNS:
            path = str(store.folder / INDEX / f"{name}.parquet").replace("'", "''")
            connection.execute(f"create view {name} as select * from read_parquet('{path}')")
        try:
            found = connection.execute(sql)
            columns = tuple(str(column[0]) for column in found.description or ())
            return Answer(columns, tuple(tuple(row) for row in found.fetchall()))
        except duckdb.Error as error:
            first = str(error).strip().splitlines()[0]
            raise RequestError(
                expected=f"SQL about the tables {', '.join(COLUMNS)}",
                found=first,
                fix="`mobileseg results query 'describe series'` shows a table's columns",
            ) from error


def csv_text(columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    """RFC 4180 with a header; None is empty."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return stream.getvalue()
