"""The archive room: the event log: what was done to the archive itself, when, by which version of the program.

After PREMIS (the preservation metadata of libraries): an event has a kind, an object, an outcome and an agent. Crawls
have reports of their own and are not repeated here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Connection, select

from archive import schema
from archive.proceedings import Event
from archive.rows import Row, dump

LIMIT_MAX = 10_000  # events in one answer
DONE = "done"


class What(StrEnum):
    """The kinds of events."""

    MIGRATED = "migrated"  #: the schema was made or brought up to date
    IMPORTED = "imported"
    REPLAYED = "replayed"
    REMOVED = "removed"
    ERASED = "erased"  #: captures of a take-down, in their WARC files
    COMPACTED = "compacted"
    BACKED_UP = "backed up"
    RESTORED = "restored"
    VERIFIED = "verified"  #: held against what was written: "fixity check", as PREMIS calls it
    REINDEXED = "reindexed"
    RESET = "reset"  #: a consumer of the change feed was put to another place, or forgotten


@cache
def agent() -> str:
    """Which program does it: "newsarchive 0.1.0, Python 3.11.2"."""
    try:
        own = version("newsarchive")
    except PackageNotFoundError:  # run from a source tree
        own = "(not installed)"
    return f"newsarchive {own}, Python {sys.version.split()[0]}"


def note(
    connection: Connection,
    *,
    what: What,
    object_: str,
    outcome: str = DONE,
    detail: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> None:
    """One line of the log, in the transaction of what it tells."""
    values = {
        "at": at or datetime.now(UTC), "what": what.value, "object": object_, "outcome": outcome, "agent": agent(),
        "detail": dump(dict(detail or {})),
    }  # fmt: skip
    connection.execute(schema.events.insert(), values)


def newest(connection: Connection, limit: int) -> list[Event]:
    """The newest events first."""
    statement = select(schema.events).order_by(schema.events.c.n.desc()).limit(max(0, min(limit, LIMIT_MAX)))
    rows = connection.execute(statement).mappings()
    return [_event(row) for row in rows]


def _event(row: Row) -> Event:
    return Event(
        number=row["n"], at=row["at"], what=row["what"], object=row["object"], outcome=row["outcome"],
        agent=row["agent"], detail=json.loads(row["detail"]),
    )  # fmt: skip


def of(connection: Connection, what: What, object_: str) -> datetime | None:
    """When this was done to this object last."""
    e = schema.events.c
    at: datetime | None = connection.execute(
        select(e.at).where(e.what == what.value, e.object == object_).order_by(e.n.desc()).limit(1)
    ).scalar()
    return at


def last_done(connection: Connection, what: What) -> Event | None:
    """The newest event of this kind that ended as it should."""
    e = schema.events.c
    statement = select(schema.events).where(e.what == what.value, e.outcome == DONE).order_by(e.n.desc()).limit(1)
    row = connection.execute(statement).mappings().first()
    return None if row is None else _event(row)
