"""The archive room, differences: what the address of a database means, and connections set up for this house.

SQLite runs in WAL mode with `synchronous=FULL`: NORMAL may forget the last commits when the power fails, and a change
that a consumer has read must never be unseen. Writers begin with BEGIN IMMEDIATE, so that two of them wait for each
other instead of failing half way.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from archive.errors import ArchiveUnavailable

BUSY_S = 30.0  # seconds a statement waits for another process's write; a batch takes a fraction of one
CACHE_KIB = 65536  # page cache of a SQLite connection
MMAP_BYTES = 1 << 30  # a SQLite file is read through the page cache of the system, not copied
CHECKPOINT_PAGES = (
    8192  # of the write-ahead log, 32 MiB: what a few batches write again and again goes to the file once
)
STORE_LOCK = 724177  # advisory lock of PostgreSQL

SQLITE = "sqlite:///"


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
    def connect() -> sqlite3.Connection:
        mode = "rwc" if not read_only else "ro&immutable=1" if _on_read_only_media(file) else "ro"
        name = f"file:{_escape(str(file.absolute()))}?mode={mode}"
        # isolation_level None: the driver begins nothing by itself, the "begin" event below does.
        return sqlite3.connect(name, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute(f"PRAGMA mmap_size={MMAP_BYTES}")
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            # What is deleted is overwritten where its page is written anyway; `archive.dialect.erasing` does the rest.
            connection.execute("PRAGMA secure_delete=FAST")
            connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")

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


def _on_read_only_media(file: Path) -> bool:
    """Nobody can write there, and there is no journal to read: SQLite need not, and cannot, make its own beside it."""
    return not os.access(file.absolute().parent, os.W_OK) and not Path(f"{file}-wal").exists()


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
