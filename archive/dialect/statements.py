"""The archive room, differences: SQL that each of the two spells in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from archive.schema import Utc, aware, write_moment

_POSTGRESQL: Any = postgresql.dialect()  # type: ignore[no-untyped-call]


def moment(connection: Connection) -> datetime:
    """What time it is for all who use this database: its server's time, or this machine's where it is a file."""
    if connection.dialect.name == "postgresql":
        at: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return at.astimezone(UTC)
    return datetime.now(UTC)


def is_postgresql(connection: Connection) -> bool:
    """For `archive.search` and its index alone, which ask each of the two in its own language."""
    return connection.dialect.name == "postgresql"


def insert(connection: Connection, table: Table) -> Any:
    """INSERT with ON CONFLICT, which both databases have and SQLAlchemy keeps apart."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], conflict: str = "") -> None:
    """INSERT of rows with the same columns, past SQLAlchemy's handling of each value: a third of a batch's time.
    `conflict`: ON CONFLICT … as both databases read it. The rows may not be used afterwards.
    """
    if not rows:
        return
    names = tuple(rows[0])
    _, moments = _insert_sql(connection.dialect.name, table, names, conflict)
    write = aware if connection.dialect.name == "postgresql" else write_moment
    for name in moments:
        for row in rows:
            row[name] = write(row[name])
    values = list(map(itemgetter(*names), rows)) if len(names) > 1 else [(row[names[0]],) for row in rows]
    insert_values(connection, table, names, values, conflict)


def insert_values(
    connection: Connection, table: Table, names: tuple[str, ...], values: Sequence[tuple[Any, ...]], conflict: str = ""
) -> None:
    """The same of tuples, for columns that hold no moment."""
    if not values:
        return
    sql, _ = _insert_sql(connection.dialect.name, table, names, conflict)
    if connection.dialect.name == "postgresql":
        # One statement for all of them: a column is an array.
        connection.exec_driver_sql(sql, tuple(map(list, zip(*values, strict=True))))
    else:
        connection.exec_driver_sql(sql, values)


@cache
def _insert_sql(dialect: str, table: Table, names: tuple[str, ...], conflict: str) -> tuple[str, tuple[str, ...]]:
    columns = ", ".join(f'"{name}"' for name in names)
    moments = tuple(name for name in names if isinstance(table.c[name].type, Utc))
    head = f"INSERT INTO {table.name} ({columns})"
    if dialect == "postgresql":
        types = [table.c[name].type.compile(_POSTGRESQL).partition(" COLLATE")[0] for name in names]
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        return f"{head} SELECT * FROM unnest({arrays}) {conflict}", moments  # noqa: S608
    return f"{head} VALUES ({', '.join('?' * len(names))}) {conflict}", moments


def listing(connection: Connection, numbers: Sequence[int]) -> tuple[str, Any]:
    """Many numbers as one parameter `:listed`: a table of one column `value`, and the parameter's value."""
    if connection.dialect.name == "postgresql":
        return "(SELECT unnest(CAST(:listed AS bigint[])) AS value)", list(numbers)
    return "json_each(:listed)", f"[{','.join(map(str, numbers))}]"


def rows_among(connection: Connection, statement: str, numbers: Sequence[int]) -> Sequence[Any]:
    """What a statement finds of these numbers, which it names as `SELECT value FROM {listed}`. Past SQLAlchemy's reading of
    statements and types, which costs more than the look-up where there are few numbers.
    """
    if not numbers:
        return ()
    if connection.dialect.name == "postgresql":
        listed = "(SELECT unnest(%s::bigint[]) AS value)"
        return connection.exec_driver_sql(statement.format(listed=listed), (list(numbers),)).all()
    numbered = f"[{','.join(map(str, numbers))}]"
    return connection.exec_driver_sql(statement.format(listed="json_each(?)"), (numbered,)).all()


def rows_said(connection: Connection, statement: str, values: Sequence[Any]) -> Sequence[Any]:
    """The same of values of any type, no more than one statement takes: `{said}` is a row of one for each."""
    mark = "(%s)" if connection.dialect.name == "postgresql" else "(?)"
    return connection.exec_driver_sql(statement.format(said=", ".join([mark] * len(values))), tuple(values)).all()


def create_search(connection: Connection) -> None:
    """The search index: words of articles by their shelves (`archive.words` makes them)."""
    # Nothing is ever read from the view: its name tells Datasette and its like that this is the index of its rows.
    _create_search(connection, "search", "shelf", of='"articles_v1", content_rowid="number"')


def create_file_search(connection: Connection) -> None:
    """The same of what is written in files, by their numbers."""
    _create_search(connection, "search_files", "file", of="''")


def _create_search(connection: Connection, name: str, key: str, *, of: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE TABLE {name} ({key} BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        connection.exec_driver_sql(f"CREATE INDEX ix_{name}_words ON {name} USING gin (words)")
        return
    # The words are made from the text again whenever they are needed. Which article has which word, and
    # neither where nor how often (`archive.search` reads that off the texts): a third of an index that knows it.
    # Words come folded already; remove_diacritics is for those who query the file with other tools.
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {name} USING fts5(words, content={of}, detail=none, columnsize=0, "
        "tokenize='unicode61 remove_diacritics 2')"
    )


def broken_pages(connection: Connection, *, thorough: bool) -> Iterator[str]:
    """What the database itself says is wrong with how it is kept."""
    if connection.dialect.name == "postgresql":
        asked = "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()"
        if failures := connection.exec_driver_sql(asked).scalar():
            yield f"the server has counted {failures} pages whose checksum is wrong"
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check" if thorough else "PRAGMA quick_check"):
        if said != "ok":
            yield str(said)
    for table, row, other, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} refers to a row of {other} that is not there"
