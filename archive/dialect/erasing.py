"""The archive room, differences: what was deleted is taken out of where a database keeps it after deletion."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine

from archive.dialect.transactions import driver_of, translated, writing

MERGE_PAGES = 500  # of the search index, merged in one transaction: a fraction of a second
MERGES_MAX = 100_000
MERGED_ALL = 2  # rows changed by a merge that had nothing to do are fewer (SQLite's documentation of FTS5, "merge")

ZEROS = "scrubbing"  # a table that is there while free pages are overwritten
FILL_PAGES = 2_000  # overwritten in one transaction
FILLS_MAX = 1_000_000


def secure_deletion(connection: Connection) -> None:
    """From here on what this connection deletes is overwritten in the file, not only let go."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def scrub(engine: Engine) -> bool:
    """Take deleted text out of where databases keep it after deletion: index segments, free pages, the write-ahead log,
    dead rows. In short transactions; nobody waits long for it. False when a reader's snapshot keeps the log as it is.
    """
    if engine.dialect.name == "postgresql":
        with translated(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("revisions", "search", "visits", "articles", "files", "file_links", "search_files"):
                connection.exec_driver_sql(f"VACUUM {table}")
        return True
    for table in ("search", "search_files"):
        _merge(engine, table)
    _fill_free_pages(engine)
    with driver_of(engine) as driver:
        busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _fill_free_pages(engine: Engine) -> None:
    """What an update or a merge let go long ago lies in free pages still: all of them are taken, filled with zeros, and
    given back.
    """
    with writing(engine) as connection:
        connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {ZEROS} (zeros BLOB)")
    for _ in range(FILLS_MAX):
        with writing(engine) as connection:
            free = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
            if free == 0:
                break
            size = int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
            # One page is left to the row itself, when there is one.
            filled = max(1, min(free, FILL_PAGES) - 1) * size
            connection.exec_driver_sql(f"INSERT INTO {ZEROS} VALUES (zeroblob(?))", (filled,))  # noqa: S608
    with writing(engine) as connection:
        secure_deletion(connection)
        connection.exec_driver_sql(f"DROP TABLE {ZEROS}")


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
