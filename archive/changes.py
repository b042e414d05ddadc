"""The archive room: the change log: numbered in commit order, read by cursor, remembered for consumers.

A number is taken from a one-row counter as the last act of a transaction. Whoever took it holds the row until its
commit, so numbers become visible in their order and without a hole; a sequence would give them out of order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, func, select, text, type_coerce

from archive import schema
from archive.dialect import announce, insert_many
from archive.errors import ArchiveDamaged, BadCursor, CursorExpired, UnknownConsumer
from archive.records import Change, Consumer
from archive.rows import read_change

TAKE = text("UPDATE counters SET value = value + :count WHERE name = 'changes' RETURNING value")
LIMIT_MAX = 10_000  # changes in one answer
NAME = re.compile(r"[\w.:/-]{1,100}")  # of a consumer

changes = schema.changes
# Moments as the driver gives them: a type's own reading of each costs as much as the row.
_COLUMNS = [type_coerce(column, Text) if column.name == "at" else column for column in changes.c]
_AFTER = select(*_COLUMNS).where(changes.c.seq > bindparam("cursor")).order_by(changes.c.seq).limit(bindparam("limit"))
_OLDEST = select(func.min(changes.c.seq))
_COMMIT = text(
    "INSERT INTO consumers (name, cursor, at) VALUES (:name, :cursor, :at) "
    "ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, at = excluded.at"
).bindparams(bindparam("at", type_=schema.Utc))
_NEWEST = select(schema.counters.c.value).where(schema.counters.c.name == "changes")


def log(connection: Connection, events: Sequence[dict[str, object]]) -> list[Change]:
    """Number and write these lines, given without `seq`. Must be the last statements of the transaction."""
    if not events:
        return []
    last = connection.execute(TAKE, {"count": len(events)}).scalar_one()
    rows = [{"seq": seq, **line} for seq, line in enumerate(events, start=last - len(events) + 1)]
    logged = [read_change([row[column.name] for column in changes.c]) for row in rows]
    insert_many(connection, changes, rows)
    announce(connection)
    return logged


def latest(connection: Connection) -> int:
    """Raises ArchiveDamaged where the counter is lost."""
    value = connection.execute(_NEWEST).scalar()
    if value is None:
        raise ArchiveDamaged("the counter of the change feed is not in the database: restore a backup")
    return int(value)


def oldest(connection: Connection) -> int:
    """The place before the first change that is left."""
    first = connection.execute(_OLDEST).scalar()
    return 0 if first is None else int(first) - 1


def after(connection: Connection, cursor: int, limit: int) -> list[Change]:
    check_cursor(connection, cursor)
    limit = max(0, min(limit, LIMIT_MAX))
    return [read_change(row) for row in connection.execute(_AFTER, {"cursor": cursor, "limit": limit}).all()]


def changed(connection: Connection, cursor: int, source: str | None) -> list[str]:
    """Ids of the articles that changes after a cursor name, in their order. Raises BadCursor, CursorExpired."""
    check_cursor(connection, cursor)
    statement = select(changes.c.article).distinct().where(changes.c.seq > cursor).order_by(changes.c.article)
    if source is not None:
        statement = statement.where(changes.c.source == source)
    return [str(one) for one in connection.execute(statement).scalars()]


def check_cursor(connection: Connection, cursor: int) -> int:
    """The newest position of the feed, of which this is one. Raises BadCursor, CursorExpired."""
    newest = latest(connection)
    if not 0 <= cursor <= newest:
        raise BadCursor(
            f"cursor {cursor} is no position of this feed: it goes from 0 to {newest}; is it another archive's?"
        )
    first = oldest(connection)
    if cursor < first:
        raise CursorExpired(
            f"the changes up to {first} were compacted away, and cursor {cursor} is before them: take a full snapshot "
            "(newsarchive export --consumer NAME) and go on from there"
        )
    return newest


def consumers(connection: Connection, name: str | None = None) -> list[Consumer]:
    newest = latest(connection)
    statement = select(schema.consumers).order_by(schema.consumers.c.name)
    if name is not None:
        statement = statement.where(schema.consumers.c.name == name)
    return [Consumer(**row, lag=newest - row["cursor"]) for row in connection.execute(statement).mappings()]


def consumer(connection: Connection, name: str) -> Consumer:
    found = consumers(connection, name) if NAME.fullmatch(name) else []
    if not found:
        raise UnknownConsumer(f"no consumer is called {name!r}: its first commit makes it")
    return found[0]


def commit(connection: Connection, name: str, cursor: int, at: datetime) -> Consumer:
    """Remember how far this reader got; going back is allowed (to read again)."""
    if not NAME.fullmatch(name):
        raise BadCursor(
            f"{name!r} is no name for a consumer: take letters, digits and . _ : / - of any script, 100 at most"
        )
    newest = check_cursor(connection, cursor)
    connection.execute(_COMMIT, {"name": name, "cursor": cursor, "at": at})
    return Consumer(name=name, cursor=cursor, at=at, lag=newest - cursor)
