"""The archive room, differences: a whole database into one file and back, while others write: what each of the two has for it.

SQLite copies its pages out of one read transaction; PostgreSQL's own pg_dump and pg_restore do the same.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text
from sqlalchemy.engine import URL

from archive import changes, schema
from archive.dialect.opening import database_file, make_engine
from archive.dialect.transactions import reading, translated
from archive.errors import ArchiveUnavailable, BadBackup

SQLITE, POSTGRESQL = "sqlite", "postgresql"
NAMES = {SQLITE: "archive.db", POSTGRESQL: "archive.dump"}  # of the database in a backup
PROGRAMS = "/usr/lib/postgresql"  # where Debian and its kin keep them, a folder a version
JOBS = "newsarchive_jobs"  # a schema with what waits to be done: no part of the archive, and wrong a minute later
BESIDE = ("", "-wal", "-shm", "-journal")  # the files of one SQLite database


def kind_of(database: Engine | URL) -> str:
    """The name of its kind, as a backup's manifest has it."""
    return database.dialect.name if isinstance(database, Engine) else database.get_backend_name()


def place_for(url: URL, folder: Path) -> Path:
    """Where a copied database may lie before `undump` puts it to `url`: beside it where it is a file, else in `folder`."""
    return database_file(url) or folder / NAMES[kind_of(url)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumped:
    """What the copy holds."""

    feed: int  #: number of its newest change
    schema: str
    ends: dict[str, int]  #: WARC file -> where the last capture ends that the database names


def dump(engine: Engine, file: Path) -> Dumped:
    """Copy the database as it is at one moment. Raises ArchiveUnavailable, OSError (disk full)."""
    return _dump_sqlite(engine, file) if engine.dialect.name == SQLITE else _dump_postgresql(engine, file)


def _dump_sqlite(engine: Engine, file: Path) -> Dumped:
    with closing(sqlite3.connect(file)) as copy:
        try:
            with reading(engine) as connection:
                driver = connection.connection.dbapi_connection
                assert isinstance(driver, sqlite3.Connection)
                driver.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
        except sqlite3.Error as error:
            raise ArchiveUnavailable(
                f"the database cannot be copied to {file}: {error}; make room and try again"
            ) from error
    with _opened(URL.create("sqlite", database=str(file))) as made, reading(made) as connection:
        return _held(connection)


@contextmanager
def _opened(url: URL) -> Iterator[Engine]:
    engine = make_engine(url, read_only=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _dump_postgresql(engine: Engine, file: Path) -> Dumped:
    program = _program("pg_dump")
    with translated(engine), engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        held = _held(connection)
        _run(
            program,
            engine.url,
            "--format=custom",
            "--no-owner",
            f"--snapshot={snapshot}",
            f"--exclude-schema={JOBS}",
            f"--file={file}",
        )
    return held


def _held(connection: Connection) -> Dumped:
    c = schema.captures.c
    ends = select(c.file, func.max(c.start + c.size)).group_by(c.file)
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return Dumped(
        feed=changes.latest(connection),
        schema=str(version),
        ends={file: int(end) for file, end in connection.execute(ends)},
    )


# --- back -------------------------------------------------------------------------------------------------------------


def refuse_unless_empty(url: URL) -> None:
    """Raises BadBackup where something is already: a restore overwrites nothing."""
    file = database_file(url)
    if file is not None:
        there = [str(file) + end for end in BESIDE if Path(str(file) + end).exists()]
        if there:
            raise BadBackup(f"{there[0]} is there already: a restore overwrites nothing; name another --archive")
        return
    with _opened(url) as engine, reading(engine) as connection:
        tables = inspect(connection).get_table_names()
    if tables:
        raise BadBackup(
            f"the database {url.database!r} holds tables already ({', '.join(sorted(tables)[:3])}): "
            "a restore overwrites nothing; name an empty one"
        )


def undump(file: Path, url: URL) -> None:
    """Put a copied database where `url` says. `file` is moved there if it is SQLite's."""
    target = database_file(url)
    if target is not None:
        file.replace(target)
    else:
        options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        _run(_program("pg_restore"), url, *options, more=(str(file),))


def _program(name: str) -> str:
    folders = sorted(Path(PROGRAMS).glob("*/bin"), key=lambda folder: folder.parent.name.zfill(4), reverse=True)
    for place in (shutil.which(name), *(str(folder / name) for folder in folders)):
        if place and os.access(place, os.X_OK):
            return place
    raise ArchiveUnavailable(
        f"{name} is not on this machine: install the PostgreSQL client programs, of the server's version"
    )


def _run(program: str, url: URL, *options: str, more: tuple[str, ...] = ()) -> None:
    """The password goes by the environment: command lines can be read by everyone on a machine."""
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": url.password} if url.password else {}
    done = subprocess.run(  # noqa: S603 - a fixed program; no shell reads the values
        [program, *options, f"--dbname={address}", *more],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word why"])[-1]
        raise ArchiveUnavailable(f"{Path(program).name} failed: {said}")
