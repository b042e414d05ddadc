"""The archive room: brings a database to today's schema when it is opened, or says why it will not.

The number of the schema is the last Alembic revision that ran (`alembic_version`). Opening an archive of today costs
one query; Alembic itself is loaded only when there is something to do.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from archive import events
from archive.dialect import lock_for_migration, reading, writing
from archive.errors import ArchiveDamaged, ArchiveTooNew, ArchiveUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
KNOWN = tuple(sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))  # oldest first
HEAD = KNOWN[-1]  # the revision this program is written for


def bring_up_to_date(engine: Engine, *, read_only: bool) -> None:
    """Make or migrate the database, in one transaction.

    Raises:
        ArchiveTooNew: a newer program wrote this schema.
        ArchiveDamaged: the database holds something else than an archive.
        ArchiveUnavailable: it is missing or old, and may only be read.

    """
    with reading(engine) as connection:
        found = _version(connection)
    if found == HEAD:
        return
    if read_only:
        state = "holds no archive yet" if found is None else f"has the older schema {found}"
        raise ArchiveUnavailable(f"the database {state} and was opened read-only: open it once for writing")
    with writing(engine) as connection:
        lock_for_migration(connection)
        # Another process may have done it while we waited for the lock.
        before = _version(connection)
        if before != HEAD:
            _upgrade(connection)
            events.note(connection, what=events.What.MIGRATED, object_=f"schema {HEAD}", detail={"before": before})


def _version(connection: Connection) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables:
            raise ArchiveDamaged(
                f"the database holds other tables ({', '.join(sorted(tables)[:3])}) and no archive: name another one"
            )
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in KNOWN:
        raise ArchiveTooNew(
            f"the archive has schema {found}, this program knows up to {HEAD}: upgrade newsarchive and open it again"
        )
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a fifth of a second that an archive of today need not pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
