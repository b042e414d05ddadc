"""The archive room, differences: what was deleted is taken out of where a database keeps it after deletion."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine

from archive.dialect.transactions import driver_of, translated, writing

MERGE_PAGES = 500  # of the search index, merged in one transaction: a fraction of a second
MERGES_MAX = 100_000
MERGED_ALL = 2  # rows changed by a merge that had nothing to do are fewer (SQLite's documentation of FTS5, "merge")


def secure_deletion(connection: Connection) -> None:
    """From here on what this connection deletes is overwritten in the file, not only let go."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def scrub(engine: Engine) -> None:
    """Take deleted text out of where databases keep it after deletion: index segments, the write-ahead log, dead rows.
    In short transactions; nobody waits long for it.
    """
    if engine.dialect.name == "postgresql":
        with translated(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("revisions", "search", "visits", "articles", "files", "file_links", "search_files"):
                connection.exec_driver_sql(f"VACUUM {table}")
        return
    for table in ("search", "search_files"):
        _merge(engine, table)
    with driver_of(engine) as driver:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _merge(engine: Engine, table: str) -> None:
    """An index is a log of segments; a deleted word goes when all of them are merged into one, a piece at a time."""
    for number in range(MERGES_MAX):
        with writing(engine) as connection:
            secure_deletion(connection)
            before = _total_changes(connection)
            pages = MERGE_PAGES if number else -MERGE_PAGES
            connection.exec_driver_sql(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', {pages})")  # noqa: S608
            if number and _total_changes(connection) - before < MERGED_ALL:
                return


def _total_changes(connection: Connection) -> int:
    driver: Any = connection.connection.dbapi_connection
    return int(driver.total_changes)
