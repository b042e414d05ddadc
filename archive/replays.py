"""The archive room: re-extractions: which articles can be read again from their captures, and how far a replay came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from archive import schema
from archive.captured import read_capture_row, with_capture
from archive.events import What, agent, note
from archive.proceedings import Replay
from archive.read import known_articles
from archive.records import Capture, Known, Status
from archive.rows import dump, read_known

a, r, c = schema.articles.c, schema.revisions.c, schema.captures.c
p = schema.replays.c


def readable(
    connection: Connection, after: str, source: str | None, since: datetime | None, limit: int
) -> list[tuple[Known, Capture]]:
    """The next articles after this id whose newest revision was read from a capture, with that capture."""
    statement = (
        known_articles()
        .join(schema.captures, c.n == r.capture)
        .where(a.id > after, a.status != Status.REMOVED.value)
        .order_by(a.id)
        .limit(limit)
    )
    if source is not None:
        statement = statement.where(a.source == source)
    if since is not None:
        statement = statement.where(c.at >= since)
    rows = connection.execute(with_capture(statement)).mappings()
    return [(read_known(row), capture) for row in rows if (capture := read_capture_row(row)) is not None]


def begin(connection: Connection, scope: Mapping[str, object], *, restart: bool) -> Replay:
    """The replay of this scope that this very program began and did not end, else a new one."""
    told = dump(dict(scope))
    statement = (
        select(schema.replays)
        .where(p.scope == told, p.agent == agent(), p.ended.is_(None))
        .order_by(p.number.desc())
        .limit(1)
    )
    found = connection.execute(statement).mappings().first()
    if found is not None and not restart:
        return Replay(number=found["number"], after=found["after"], report=json.loads(found["report"]))
    values = {"scope": told, "agent": agent(), "started": datetime.now(UTC), "after": "", "report": "{}"}
    made = connection.execute(schema.replays.insert().returning(p.number), values)
    return Replay(number=int(made.scalar_one()), after="", report={})


def keep(connection: Connection, replay: Replay) -> None:
    """How far it came."""
    values = {"after": replay.after, "report": dump(dict(replay.report))}
    connection.execute(update(schema.replays).where(p.number == replay.number), values)


def end(connection: Connection, replay: Replay) -> None:
    keep(connection, replay)
    connection.execute(update(schema.replays).where(p.number == replay.number), {"ended": datetime.now(UTC)})
    scope = connection.execute(select(p.scope).where(p.number == replay.number)).scalar_one()
    note(connection, what=What.REPLAYED, object_=json.loads(scope).get("source") or "all sources", detail=replay.report)
