"""The archive room: the change feed, held against its counter, its articles and their revisions. For `verify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from archive import changes, schema
from archive.dialect import standing_still
from archive.identity import address_key
from archive.memory import chunks
from archive.proceedings import Finding
from archive.records import ChangeKind, Status

BATCH = 2000  # lines read at once
BACKUP = "restore a backup; until then consumers that are beyond this place may go on"

a, r, ch = schema.articles.c, schema.revisions.c, schema.changes.c

KINDS = {kind.value for kind in ChangeKind}
MADE = {ChangeKind.NEW.value, ChangeKind.COPIED.value, ChangeKind.REVISED.value}  # lines of a moment's revision
#: Lines that say where an article stands, and how it stands then.
STANDS = {
    ChangeKind.GONE.value: Status.GONE,
    ChangeKind.RESTORED.value: Status.PUBLISHED,
    ChangeKind.REMOVED.value: Status.REMOVED,
}
EITHER = frozenset({Status.PUBLISHED, Status.GONE})  # after a move: gone where another article was there already

_LINES = (
    select(
        schema.changes, a.n, a.source.label("is_of"), a.status, a.reason, a.revision.label("newest"),
        r.at.label("revised_at"),
        r.cause.label("revised_by"),
    )
    .outerjoin(schema.articles, a.id == ch.article)
    .outerjoin(schema.revisions, (r.article == a.n) & (r.number == ch.revision))
    .order_by(ch.seq)
    .limit(BATCH)
)  # fmt: skip


def feed(connection: Connection, seen: int) -> Iterator[Finding]:
    """Numbers from `seen` (or the place up to which the feed was compacted) to the counter, none missing."""
    first, last, count = connection.execute(
        select(func.min(ch.seq), func.max(ch.seq), func.count()).where(ch.seq > seen)
    ).one()
    newest, end = changes.latest(connection), connection.execute(select(func.max(ch.seq))).scalar()
    if (end or 0) != newest:
        problem = f"the counter says {newest}, the last change is {end}"
        yield Finding(what="feed", where="its end", problem=problem, mend=BACKUP)
    if count and last - first + 1 != count:
        problem = f"{last - first + 1 - count} missing"
        yield Finding(what="feed", where=f"{first} to {last}", problem=problem, mend=BACKUP)


def lines(engine: Engine, seen: int) -> Iterator[Finding | None]:
    """For each change what is wrong: it names what is not there, or says of it what is not so."""
    after = seen
    stands: dict[str, Status | None] = {}  # how it stands after its last line that says so; None: `EITHER`
    while True:
        with standing_still(engine) as connection:
            rows = connection.execute(_LINES.where(ch.seq > after)).mappings().all()
            keys = _keys(connection, {address_key(row["url"]) for row in rows})
            if not rows:
                whole = not seen and not changes.oldest(connection)
                yield from [*_standings(connection, stands), *(_untold(connection, stands) if whole else ())]
                return
        for row in rows:
            problem = _wrong(row, keys)
            where = f"change {row['seq']}"
            yield Finding(what="feed", where=where, problem=problem, mend=BACKUP) if problem else None
            if row["kind"] in STANDS:
                stands[row["article"]] = STANDS[row["kind"]]
            elif row["kind"] == ChangeKind.MOVED and stands.get(row["article"]) is not Status.GONE:
                stands[row["article"]] = None
        after = rows[-1]["seq"]


def _keys(connection: Connection, keys: set[str]) -> set[tuple[str, str]]:
    at = schema.addresses.c
    found: set[tuple[str, str]] = set()
    for chunk in chunks(sorted(keys)):
        found |= {
            (row.source, row.key) for row in connection.execute(select(at.source, at.key).where(at.key.in_(chunk)))
        }
    return found


def _wrong(row: Any, keys: set[tuple[str, str]]) -> str | None:
    """The first thing in which a line is not as it was written."""
    if row["n"] is None:
        return f"names article {row['article']}, which is not there"
    if row["kind"] not in KINDS:
        return f"its kind is {row['kind']!r}, which is none"
    if row["source"] != row["is_of"]:
        return f"names the source {row['source']}; the article is of {row['is_of']}"
    if (row["source"], address_key(row["url"])) not in keys:
        return f"names the address {row['url']}, which no article had"
    if not 0 < row["revision"] <= row["newest"]:
        return f"names revision {row['revision']}; the article has {row['newest']}"
    if row["kind"] in MADE and row["at"] != row["revised_at"]:
        return f"is of {row['at']}; revision {row['revision']} is of {row['revised_at']}"
    if row["kind"] == ChangeKind.REVISED and row["cause"] != row["revised_by"]:
        return f"gives the cause {row['cause']}; revision {row['revision']} has {row['revised_by']}"
    if row["kind"] == ChangeKind.REMOVED and row["cause"] != row["reason"]:
        return "gives another reason than the article's tombstone"
    return None


def _standings(connection: Connection, stands: dict[str, Status | None]) -> Iterator[Finding]:
    for chunk in chunks(stands):
        for one, status in connection.execute(select(a.id, a.status).where(a.id.in_(chunk))):
            said = stands[one]
            if status not in (EITHER if said is None else {said}):
                problem = f"it is {status}, and the feed last said {said or 'that it moved'}"
                yield Finding(what="article", where=f"article {one}", problem=problem, mend=BACKUP)


def _untold(connection: Connection, stands: dict[str, Status | None]) -> Iterator[Finding]:
    """Articles that are not published, of which the feed never said so."""
    for one, status in connection.execute(select(a.id, a.status).where(a.status != Status.PUBLISHED.value)):
        if one not in stands:
            problem = f"it is {status}, and the feed never said so"
            yield Finding(what="article", where=f"article {one}", problem=problem, mend=BACKUP)
