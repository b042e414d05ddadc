"""The archive room, differences: transactions, and the wall at which errors of drivers become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, StatementError

from archive.errors import ArchiveDamaged, ArchiveUnavailable

MIGRATION_LOCK = 724178  # advisory lock of PostgreSQL

LOCKED = {"SQLITE_BUSY", "SQLITE_LOCKED"}
DAMAGED = {"SQLITE_NOTADB", "SQLITE_CORRUPT"}
FULL = {"SQLITE_FULL", "SQLITE_IOERR"}
READ_ONLY = {"SQLITE_READONLY", "SQLITE_PERM"}
NOT_THERE = {"SQLITE_CANTOPEN"}


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot to read from; foreign errors become ours."""
    with translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def standing_still(engine: Engine) -> Iterator[Connection]:
    """One snapshot for as many questions as wanted, whatever is committed meanwhile."""
    with translated(engine), engine.connect() as raw:
        level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        connection = raw.execution_options(**level)
        with connection.begin():
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
            "the archive's file, or its journal beside it, cannot be opened; does the folder exist and may we read it?",
        ),
    ):
        if any(name == k or name.startswith(k + "_") for k in known):
            return cls(f"{text} ({said})")
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return ArchiveUnavailable(f"{where} cannot be used now: {said}; nothing was kept, try again")
    if getattr(error.orig, "sqlstate", None) == "25006":  # read_only_sql_transaction
        return ArchiveUnavailable(f"the archive was opened read-only; nothing was kept ({said})")
    return error


def lock_for_migration(connection: Connection) -> None:
    """One process at a time changes the schema. On SQLite the write transaction is that lock already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


@contextmanager
def driver_of(engine: Engine) -> Iterator[Any]:
    """A connection of the driver itself, outside of any transaction."""
    with translated(engine):
        held = engine.raw_connection()
    try:
        yield held.driver_connection
    finally:
        held.close()
