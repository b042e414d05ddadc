"""The archive room: brings a database to today's schema when it is opened, or says why it will not.

The number of the schema is the last Alembic revision that ran (`alembic_version`). Opening an archive of today costs
one query; Alembic itself is loaded only when there is something to do.

A migration expands (adds what older programs that are still running do not miss) or contracts (drops or rewrites what
an older program reads, or takes long): then its module says `phase = "contract"`. Opening runs what expands; what
contracts is run by hand, `migrate_schema`, when nobody uses the archive. A program works with the schema before a contraction
as well as after it, unless a later expansion needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from archive import events
from archive.dialect import lock_for_migration, make_engine, parse_url, reading, writing
from archive.errors import ArchiveDamaged, ArchiveTooNew, ArchiveTooOld, ArchiveUnavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

MIGRATIONS = Path(__file__).parent / "migrations"
KNOWN = tuple(sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))  # oldest first
HEAD = KNOWN[-1]  # the revision this program is written for
CONTRACT = "contract"


def bring_up_to_date(engine: Engine, *, read_only: bool) -> None:
    """Make or migrate the database, in one transaction.

    Raises:
        ArchiveTooNew: a newer program wrote this schema.
        ArchiveTooOld: it must be migrated by hand.
        ArchiveDamaged: the database holds something else than an archive.
        ArchiveUnavailable: it is missing or old, and may only be read.

    """
    with reading(engine) as connection:
        found = _version(connection)
    if found == HEAD or not (pending := on_open(found)):
        return
    if read_only:
        state = "holds no archive yet" if found is None else f"has the older schema {found}"
        raise ArchiveUnavailable(f"the database {state} and was opened read-only: open it once for writing")
    with writing(engine) as connection:
        lock_for_migration(connection)
        # Another process may have done it while we waited for the lock.
        before = _version(connection)
        if before != HEAD and (pending := on_open(before)):
            _go(connection, before, pending[-1])


def on_open(found: str | None) -> list[str]:
    """The migrations that run when an archive of this schema is opened, oldest first. Raises ArchiveTooOld."""
    pending = _after(found)
    by_hand = _contractions(pending)
    safe = list(takewhile(lambda one: one not in by_hand, pending))
    later = [one for one in pending[len(safe) :] if one not in by_hand]
    if later and found is not None:
        raise ArchiveTooOld(
            f"the archive has schema {found} and needs {by_hand[0]}, which older programs cannot live with or which takes "
            "long: stop every program that uses it, make a backup, and run `newsarchive migrate`"
        )
    # A new archive is empty: nothing in it takes long, and nobody uses it yet.
    return safe if found is not None else pending


def migrate_schema(url: str, to: str | None = None) -> str:
    """Bring an archive to this schema (today's), by hand; the schema it had. Going back loses what newer ones keep.

    Nobody else may use the archive meanwhile. Raises ArchiveTooNew, ArchiveDamaged, ArchiveUnavailable, also when this
    program does not know the schema `to`.
    """
    to = _known(to)
    engine = make_engine(parse_url(url), read_only=False)
    try:
        with writing(engine) as connection:
            lock_for_migration(connection)
            before = _version(connection)
            if before is None:
                raise ArchiveUnavailable("there is no archive to migrate: check the address")
            if before != to:
                _go(connection, before, to)
    finally:
        engine.dispose()
    return before


def migration_steps(before: str | None, to: str | None = None) -> list[str]:
    """What leads from one schema to another (today's), a line each, in the order in which it runs."""
    to = _known(to)
    back = before is not None and to < before
    scripts = _scripts()
    return [
        f"{one}: {scripts[one].doc.split(': ', 1)[-1]}"
        for one in (_after(to, before)[::-1] if back else _after(before, to))
    ]


def _known(to: str | None) -> str:
    if to is not None and to not in KNOWN:
        raise ArchiveUnavailable(f"there is no schema {to!r}: this program knows {', '.join(KNOWN)}")
    return to or HEAD


def schema_of(url: str) -> str | None:
    """The schema of the archive as it is; None where there is none yet. Raises ArchiveTooNew, ArchiveDamaged."""
    engine = make_engine(parse_url(url), read_only=True)
    try:
        with reading(engine) as connection:
            return _version(connection)
    finally:
        engine.dispose()


def _after(found: str | None, last: str | None = None) -> list[str]:
    return [one for one in KNOWN if (found is None or one > found) and one <= (last or HEAD)]


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


def _go(connection: Connection, before: str | None, to: str) -> None:
    from alembic import command  # noqa: PLC0415 - a fifth of a second that an archive of today need not pay

    config = _config()
    config.attributes["connection"] = connection
    (command.downgrade if before is not None and to < before else command.upgrade)(config, to)
    if inspect(connection).has_table("events"):
        events.note(connection, what=events.What.MIGRATED, object_=f"schema {to}", detail={"before": before})


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _scripts() -> dict[str, Script]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return {one.revision: one for one in ScriptDirectory.from_config(_config()).walk_revisions()}


def _contractions(pending: Sequence[str]) -> list[str]:
    scripts = _scripts()
    return [one for one in pending if getattr(scripts[one].module, "phase", None) == CONTRACT]
