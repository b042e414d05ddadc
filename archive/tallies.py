"""The archive room: what happened since a moment, counted: for the daily digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from archive import schema
from archive.changes import latest
from archive.notices import Tally
from archive.records import ChangeKind

# Neither table has an index on its time, which is the order of its numbers as well but for clocks that were set: so the
# newest so many are looked through.
CRAWLS_MOST = 200_000
CHANGES_MOST = 1_000_000
SOURCES_MOST = 1000  # that are named

cr, ch = schema.crawls.c, schema.changes.c


def tally(connection: Connection, since: datetime) -> Tally:
    newest = connection.execute(select(func.coalesce(func.max(cr.number), 0))).scalar_one()
    outcomes = connection.execute(
        select(cr.outcome, func.count())
        .where(cr.number > newest - CRAWLS_MOST, cr.ended > since, cr.outcome.is_not(None))
        .group_by(cr.outcome)
    )
    lately = (ch.seq > latest(connection) - CHANGES_MOST, ch.at > since)
    changes = connection.execute(select(ch.kind, func.count()).where(*lately).group_by(ch.kind))
    count = func.count().label("count")
    new = connection.execute(
        select(ch.source, count)
        .where(*lately, ch.kind == ChangeKind.NEW.value)
        .group_by(ch.source)
        .order_by(count.desc(), ch.source)
        .limit(SOURCES_MOST)
    )
    return Tally(
        outcomes={str(name): int(n) for name, n in outcomes},
        changes={str(name): int(n) for name, n in changes},
        new_by_source=[(str(name), int(n)) for name, n in new],
    )
