"""The archive room: everything in which SQLite and PostgreSQL differ, so that no other module asks which one it is.

SQLite runs in WAL mode with `synchronous=FULL`: NORMAL may forget the last commits when the power fails, and a change
that a consumer has read must never be unseen. Writers begin with BEGIN IMMEDIATE, so that two of them wait for each
other instead of failing half way.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    StatementError,
)

from archive.errors import ArchiveDamaged, ArchiveUnavailable
from archive.schema import Utc, write_moment

BUSY_S = 30.0  # seconds a statement waits for another process's write; a batch takes a fraction of one
CACHE_KIB = 65536  # page cache of a SQLite connection
MMAP_BYTES = 1 << 30  # a SQLite file is read through the page cache of the system, not copied

STORE_LOCK, MIGRATION_LOCK = 724177, 724178  # advisory locks of PostgreSQL
TITLE_WEIGHT = 8.0  # a word in the title says more about an article than one in its body

SQLITE = "sqlite:///"
LOCKED = {"SQLITE_BUSY", "SQLITE_LOCKED"}
DAMAGED = {"SQLITE_NOTADB", "SQLITE_CORRUPT"}
FULL = {"SQLITE_FULL", "SQLITE_IOERR"}
READ_ONLY = {"SQLITE_READONLY", "SQLITE_PERM"}
NOT_THERE = {"SQLITE_CANTOPEN"}


def parse_url(url: str) -> URL:
    """The address of a database. Raises ArchiveUnavailable with the two forms that are understood."""
    hint = f"{url!r} is no address of an archive: write sqlite:///newsarchive.db or postgresql://user@host/name"
    if url.startswith(SQLITE):
        # Everything after it is a path, whatever characters are in it.
        parsed = URL.create("sqlite", database=url.removeprefix(SQLITE))
        if parsed.database in {"", ":memory:"}:
            raise ArchiveUnavailable(
                f"{url!r} names no file: an archive is kept on disk, e.g. sqlite:///newsarchive.db"
            )
        return parsed
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ArchiveUnavailable(hint) from error
    if parsed.get_backend_name() != "postgresql":
        raise ArchiveUnavailable(hint)
    return parsed


def database_file(url: URL) -> Path | None:
    """The SQLite file, None for a server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def make_engine(url: URL, *, read_only: bool, busy_s: float = BUSY_S) -> Engine:
    """An engine whose connections are set up for this house; nothing is connected yet."""
    file = database_file(url)
    if file is not None:
        return _sqlite_engine(file, read_only=read_only, busy_s=busy_s)
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), isolation_level="READ COMMITTED", pool_pre_ping=True
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ArchiveUnavailable("PostgreSQL needs the psycopg driver: pip install 'newsarchive[postgres]'") from error
    _listen_postgresql(engine, read_only=read_only, busy_s=busy_s)
    return engine


def _sqlite_engine(file: Path, *, read_only: bool, busy_s: float) -> Engine:
    name = f"file:{_escape(str(file.absolute()))}?mode={'ro' if read_only else 'rwc'}"

    def connect() -> sqlite3.Connection:
        # isolation_level None: the driver begins nothing by itself, the "begin" event below does.
        return sqlite3.connect(name, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=_queue_pool())

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute(f"PRAGMA mmap_size={MMAP_BYTES}")
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("write"):
            connection.exec_driver_sql("BEGIN")
            return
        # Slots of hosts may be forgotten when the power fails; nothing else may.
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable', True) else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _queue_pool() -> Any:
    from sqlalchemy.pool import QueuePool  # noqa: PLC0415

    return QueuePool


def _escape(path: str) -> str:
    """A path inside a SQLite URI: only these three would be read as something else."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _listen_postgresql(engine: Engine, *, read_only: bool, busy_s: float) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(f"SET lock_timeout = '{int(busy_s * 1000)}ms'")
            if read_only:
                cursor.execute("SET default_transaction_read_only = on")
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("write") and not options.get("durable", True):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        if options.get("serial"):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({STORE_LOCK})")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot to read from; foreign errors become ours."""
    with translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, *, durable: bool = True, serial: bool = False) -> Iterator[Connection]:
    """One transaction to write in: all of it or nothing; foreign errors become ours.

    `serial`: one after the other, as SQLite's always are: two writers that bring the same text at the same time must
    see each other, or none of the two would be the copy.
    """
    with translated(engine), engine.connect() as raw:
        connection = raw.execution_options(write=True, durable=durable, serial=serial)
        with connection.begin():
            yield connection


@contextmanager
def translated(engine: Engine | str) -> Iterator[None]:
    """The wall at which errors of drivers become ours."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(error, engine) from error
    except StatementError as error:
        # A value that no column takes (a time without its zone): the caller's mistake, said in the column's words.
        raise (error.orig or error) from None


def _translate(error: DBAPIError, engine: Engine | str) -> Exception:
    where = str(engine) if isinstance(engine, str) else engine.url.render_as_string(hide_password=True)
    said = str(error.orig).strip().split("\n")[0]
    name = getattr(error.orig, "sqlite_errorname", "")
    for known, cls, text in (
        (LOCKED, ArchiveUnavailable, "another process holds the archive's write lock; nothing was written, try again"),
        (DAMAGED, ArchiveDamaged, "this file is no archive or is damaged; restore a backup or name another file"),
        (FULL, ArchiveUnavailable, "the disk is full or cannot be written; nothing was kept, make room and try again"),
        (READ_ONLY, ArchiveUnavailable, "the archive may not be written by this user; nothing was kept"),
        (
            NOT_THERE,
            ArchiveUnavailable,
            "the archive's file cannot be opened; does its folder exist and may we read it?",
        ),
    ):
        if any(name == k or name.startswith(k + "_") for k in known):
            return cls(f"{text} ({said})")
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return ArchiveUnavailable(f"{where} cannot be used now: {said}; nothing was kept, try again")
    if getattr(error.orig, "sqlstate", None) == "25006":  # read_only_sql_transaction
        return ArchiveUnavailable(f"the archive was opened read-only; nothing was kept ({said})")
    return error


def moment(connection: Connection) -> datetime:
    """What time it is for all who use this database: its server's time, or this machine's where it is a file."""
    if connection.dialect.name == "postgresql":
        at: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return at.astimezone(UTC)
    return datetime.now(UTC)


def is_postgresql(connection: Connection) -> bool:
    """For `archive.search` alone, which asks each of the two in its own language."""
    return connection.dialect.name == "postgresql"


def insert(connection: Connection, table: Table) -> Any:
    """INSERT with ON CONFLICT, which both databases have and SQLAlchemy keeps apart."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """INSERT of rows with the same columns, past SQLAlchemy's handling of each value: a third of a batch's time."""
    if not rows:
        return
    names = tuple(rows[0])
    sql, moments = _insert_sql(connection.dialect.name, table, names)
    if moments:
        for row in rows:
            row |= {name: moments[name](row[name]) for name in moments}
    connection.exec_driver_sql(sql, [tuple(row[name] for name in names) for row in rows])


@cache
def _insert_sql(
    dialect: str, table: Table, names: tuple[str, ...]
) -> tuple[str, dict[str, Callable[[datetime | None], str | None]]]:
    mark = "%s" if dialect == "postgresql" else "?"
    columns = ", ".join(f'"{name}"' for name in names)
    sql = f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608
    if dialect == "postgresql":
        return sql, {}
    return sql, {name: write_moment for name in names if isinstance(table.c[name].type, Utc)}


def lock_for_migration(connection: Connection) -> None:
    """One process at a time changes the schema. On SQLite the write transaction is that lock already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


def create_search(connection: Connection) -> None:
    """The search index: words of title and body by the article's number (`archive.words` makes them)."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE TABLE search (article BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        connection.exec_driver_sql("CREATE INDEX ix_search_words ON search USING gin (words)")
        return
    # Contentless: the words are made from the text again whenever they are needed, which keeps the index as small as
    # the text. Words come folded already; remove_diacritics is for those who query the file with other tools.
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE search USING fts5(title, body, content='', tokenize='unicode61 remove_diacritics 2')"
    )
    connection.exec_driver_sql(f"INSERT INTO search (search, rank) VALUES ('rank', 'bm25({TITLE_WEIGHT}, 1.0)')")  # noqa: S608


# --- erasing for good -------------------------------------------------------------------------------------------------

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
            for table in ("revisions", "search", "visits", "articles"):
                connection.exec_driver_sql(f"VACUUM {table}")
        return
    # The index is a log of segments; a deleted word goes when all of them are merged into one, a piece at a time.
    for number in range(MERGES_MAX):
        with writing(engine) as connection:
            secure_deletion(connection)
            before = _total_changes(connection)
            pages = MERGE_PAGES if number else -MERGE_PAGES
            connection.exec_driver_sql(f"INSERT INTO search (search, rank) VALUES ('merge', {pages})")  # noqa: S608
            if number and _total_changes(connection) - before < MERGED_ALL:
                break
    with _driver(engine) as driver:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _total_changes(connection: Connection) -> int:
    driver: Any = connection.connection.dbapi_connection
    return int(driver.total_changes)


@contextmanager
def _driver(engine: Engine) -> Iterator[Any]:
    """A connection of the driver itself, outside of any transaction."""
    with translated(engine):
        held = engine.raw_connection()
    try:
        yield held.driver_connection
    finally:
        held.close()


# --- waiting for news -------------------------------------------------------------------------------------------------

CHANNEL = "newsarchive_changes"  # of PostgreSQL's LISTEN and NOTIFY
LOOK_S = 0.1  # between two looks at SQLite's data_version, which is a number in shared memory: a few microseconds each


def announce(connection: Connection) -> None:
    """Tell those who wait that the log has grown; they hear it when this transaction is committed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


@contextmanager
def watching(engine: Engine) -> Iterator[Callable[[float], None]]:
    """Gives a function that waits until something was committed since it last returned (at first: since now), or so many
    seconds have passed. It may return early; it never misses anything.
    """
    with _driver(engine) as driver:
        if engine.dialect.name == "postgresql":
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            try:
                with translated(engine):
                    yield lambda seconds: _next(driver.notifies(timeout=seconds, stop_after=1))
            finally:
                driver.execute(f"UNLISTEN {CHANNEL}")
                driver.autocommit = False
        else:
            yield _DataVersion(driver).wait


def _next(notifications: Iterator[object]) -> None:
    next(notifications, None)


class _DataVersion:
    """SQLite counts what other connections commit."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver
        self._last = self._look()

    def _look(self) -> int:
        return int(self._driver.execute("PRAGMA data_version").fetchone()[0])

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (now := self._look()) == self._last and time.monotonic() < until:
            time.sleep(LOOK_S)
        self._last = now
