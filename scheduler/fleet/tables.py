"""The scheduler room, the fleet's tables: Procrastinate's, in a PostgreSQL schema of their own beside the archive's.

Made when a board is first opened, brought up to date when a newer Procrastinate opens it; an older one is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import ArchiveError, ArchiveUnavailable

if TYPE_CHECKING:
    import psycopg

SCHEMA = "newsarchive_jobs"
LOCK = 724_181  # advisory lock of PostgreSQL: one process at a time changes these tables
CONNECT_S = 10  # that reaching the server may take
OURS = """
CREATE TABLE IF NOT EXISTS applied (migration TEXT PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS hands (
    worker BIGINT PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE,
    holder TEXT NOT NULL,
    queue TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL DEFAULT now()
);
"""


class NoBoard(ArchiveError):
    """Jobs cannot be shared: the archive is no PostgreSQL one, a library is missing, or the tables are of a newer one."""


def conninfo(url: str, purpose: str) -> str:
    """How to reach the jobs of the archive at this URL. Raises NoBoard."""
    if not url.startswith("postgresql"):
        raise NoBoard(
            "jobs are shared through PostgreSQL, and this archive is a SQLite file: `newsarchive run` crawls it by itself"
        )
    try:
        from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415 - the extra `postgres`
    except ImportError as error:
        raise NoBoard(MISSING) from error
    plain = "postgresql" + url[url.index("://") :]
    options = f"{conninfo_to_dict(plain).get('options') or ''} -c search_path={SCHEMA}".strip()
    return make_conninfo(plain, options=options, application_name=f"newsarchive {purpose}", connect_timeout=CONNECT_S)


MISSING = "sharing jobs needs Procrastinate and psycopg: pip install 'newsarchive[postgres]'"


def newest_migration() -> str:
    """The name of the last migration that the installed Procrastinate knows. Raises NoBoard where there is none."""
    return _migrations()[-1].name


def _migrations() -> list[Path]:
    try:
        from procrastinate.schema import SchemaManager  # noqa: PLC0415
    except ImportError as error:
        raise NoBoard(MISSING) from error
    return sorted(Path(SchemaManager.get_migrations_path()).glob("[0-9]*.sql"))


def lay(url: str) -> None:
    """Make the tables or bring them up to date; nothing where they are.

    Raises NoBoard, ArchiveUnavailable.
    """
    newest = newest_migration()
    with _connection(url) as connection:
        if _applied(connection) == newest:
            return
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # until this connection ends
        applied = _applied(connection)  # somebody else may have done it while we waited
        if applied is None:
            _make(connection, newest)
        elif applied < newest:
            _bring_up(connection, applied)
        elif applied > newest:
            raise NoBoard(
                f"the job tables were made by a newer Procrastinate (its {applied}; this one knows {newest}): "
                "upgrade newsarchive and its libraries on this machine as well"
            )


def is_laid(url: str) -> bool:
    """Whether the tables are there; makes none. Raises NoBoard, ArchiveUnavailable."""
    newest_migration()
    with _connection(url) as connection:
        return _applied(connection) is not None


def _make(connection: psycopg.Connection[Any], newest: str) -> None:
    from procrastinate.schema import SchemaManager  # noqa: PLC0415

    with connection.transaction():
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.execute(SchemaManager.get_schema())
        connection.execute(OURS)
        connection.execute("INSERT INTO applied (migration) VALUES (%s)", [newest])


def _bring_up(connection: psycopg.Connection[Any], applied: str) -> None:
    for migration in _migrations():
        if migration.name > applied:
            with connection.transaction():  # each in its own: some make values that the next one uses
                connection.execute(migration.read_bytes())
                connection.execute("INSERT INTO applied (migration) VALUES (%s)", [migration.name])


def _applied(connection: psycopg.Connection[Any]) -> str | None:
    """The newest migration that was applied; None where there are no tables yet."""
    if connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.applied"]).fetchone() == (None,):
        return None
    row = connection.execute('SELECT max(migration COLLATE "C") FROM applied').fetchone()
    assert row is not None
    return str(row[0])


@contextmanager
def _connection(url: str) -> Iterator[psycopg.Connection[Any]]:
    info = conninfo(url, "jobs")
    import psycopg  # noqa: PLC0415

    try:
        with psycopg.connect(info, autocommit=True) as connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise NoBoard(
            f"this user may not make the schema {SCHEMA} for shared jobs ({_first_line(error)}): let the owner of the "
            "database run `newsarchive worker` once, or GRANT CREATE ON DATABASE"
        ) from error
    except psycopg.Error as error:
        raise ArchiveUnavailable(f"the database of the jobs cannot be used now: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
