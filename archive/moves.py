"""The archive room: an article's address answers that it is gone, or somewhere else now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from archive import memory, schema
from archive.dialect import insert_many
from archive.identity import address_key
from archive.records import ChangeKind, Status, Visit
from archive.rows import clean
from archive.standing import Line, standing

a = schema.articles.c


def gone(connection: Connection, source: str, url: str, *, at: datetime) -> list[Line]:
    """The article at this address answers 404 or 410: kept, and marked. Nothing if unknown, moved on or gone already."""
    key = address_key(url)
    known = standing(connection, source, key)
    if known is None or known.status is not Status.PUBLISHED or not known.owns(key):
        return []
    connection.execute(update(schema.articles).where(a.n == known.n), {"status": Status.GONE.value})
    return [known.line(ChangeKind.GONE, at)]


def move(connection: Connection, source: str, old: str, new: str, *, at: datetime) -> list[Line]:
    """Re-address: what was at `old` is at `new` now. Where an article is at `new` already, `old` is one more address
    of it, and the article that was at `old` ends there.
    """
    new = clean(new) or ""
    old_key, new_key = address_key(old), address_key(new)
    known, there = standing(connection, source, old_key), standing(connection, source, new_key)
    if old_key == new_key or (known is None and there is None):
        return []
    if there is not None and (known is None or known.n == there.n):
        keep_address(connection, source, old_key, there.n, at)
        return []
    if known is None or known.status is Status.REMOVED:
        return []
    _no_more_turns(connection, source, old_key)
    if there is not None:
        keep_address(connection, source, old_key, there.n, at)
        if not known.owns(old_key):
            return []
        connection.execute(update(schema.articles).where(a.n == known.n), {"status": Status.GONE.value})
        return [known.line(ChangeKind.MOVED, at, url=new)]
    keep_address(connection, source, new_key, known.n, at)
    if not known.owns(old_key):
        return []
    connection.execute(update(schema.articles).where(a.n == known.n), {"url": new})
    # The new address is fetched in its turn, unless it is known already.
    memory.keep_discovered(connection, [Visit(source=source, url=new)])
    return [known.line(ChangeKind.MOVED, at, url=new)]


def keep_address(connection: Connection, source: str, key: str, n: int, at: datetime) -> None:
    keep_addresses(connection, [{"source": source, "key": key, "article": n, "since": at}])


def keep_addresses(connection: Connection, rows: list[dict[str, object]]) -> None:
    """An address belongs to the article that was last seen there."""
    insert_many(
        connection,
        schema.addresses,
        rows,
        "ON CONFLICT (key, source) DO UPDATE SET article = excluded.article, since = excluded.since",
    )


def _no_more_turns(connection: Connection, source: str, key: str) -> None:
    v = schema.visits
    connection.execute(
        update(v).where(v.c.source == source, v.c.key == key, v.c.role == "article"), {"state": "done", "next_at": None}
    )
