"""The archive room: the frontier's memory: visits, crawls, sources, turns, and the slots of hosts.

Functions on an open transaction; `archive.archive.Archive` is the door.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, case, func, or_, select, update

from archive import schema
from archive.dialect import insert, insert_many
from archive.identity import address_key
from archive.records import CrawlReport, Outcome, Turn, Visit
from archive.rows import dump_report, load_report, read_turn, read_visit, turn_columns, visit_columns

MANY = 500  # values in one IN list: SQLite allows 32766, a plan is cheap far below
HOST_WAIT_MAX_S = 24 * 3600.0  # a slot further away than this is a mistake of somebody's clock
CLOCKS_APART_S = 60.0  # by which the clocks of two machines may differ; more, and a clock was set back

T = TypeVar("T")
visits = schema.visits


def chunks(values: Iterable[T], size: int = MANY) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


# --- visits ---------------------------------------------------------------------------------------------------------


_SAYS_AGAIN = ", ".join(
    [
        *(
            f"{name} = excluded.{name}"
            for name in (
                "url",
                "role",
                "state",
                "status",
                "etag",
                "last_modified",
                "digest",
                "failures",
                "why",
                "last_at",
                "next_at",
            )
        ),
        *(f"{name} = coalesce(excluded.{name}, visits.{name})" for name in ("title", "date")),
        "found_in = CASE WHEN excluded.found_in = 0 THEN visits.found_in ELSE excluded.found_in END",
        "walked_in = CASE WHEN excluded.walked_in > visits.walked_in THEN excluded.walked_in ELSE visits.walked_in END",
    ]
)


def keep_visits(connection: Connection, kept: Sequence[Visit]) -> None:
    """Upsert. What a seed said of an address (title, date, the crawl that found it) survives a visit that does not
    say it again, and a completed walk is never forgotten.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    waiting = [visit_columns(visit) for visit in kept]
    while waiting:
        # One statement takes an address once.
        again = [row for row in waiting if rows.setdefault((row["source"], row["key"]), row) is not row]
        insert_many(connection, visits, list(rows.values()), f"ON CONFLICT (source, key) DO UPDATE SET {_SAYS_AGAIN}")
        rows, waiting = {}, again


def keep_discovered(connection: Connection, discovered: Sequence[Visit]) -> int:
    """Addresses that a seed led to. Known ones keep their state and only learn a title or date they lacked.
    Returns how many were not known before.
    """
    rows = {(visit.source, address_key(visit.url)): visit_columns(visit) for visit in reversed(discovered)}
    ordered = [rows[key] for key in dict.fromkeys((v.source, address_key(v.url)) for v in discovered)]
    known = 0
    for source in {row["source"] for row in ordered}:
        for keys in chunks(row["key"] for row in ordered if row["source"] == source):
            asked = select(func.count()).where(visits.c.source == source, visits.c.key.in_(keys))
            known += connection.execute(asked).scalar_one()
    if ordered:
        statement = insert(connection, visits)
        new = statement.excluded
        upsert = statement.on_conflict_do_update(
            index_elements=["source", "key"],
            set_={
                "title": func.coalesce(visits.c.title, new.title),
                "date": func.coalesce(visits.c.date, new.date),
            },
            where=or_(
                visits.c.title.is_(None) & new.title.is_not(None), visits.c.date.is_(None) & new.date.is_not(None)
            ),
        )
        connection.execute(upsert, ordered)
    return len(ordered) - known


def forget_bytes(connection: Connection, kept: Iterable[Visit]) -> None:
    """The bytes of these addresses are not here after all: nothing may answer "not modified" for them."""
    values = {"etag": None, "last_modified": None, "digest": None}
    for visit in kept:
        place = (visits.c.source == visit.source, visits.c.key == address_key(visit.url))
        connection.execute(update(visits).where(*place), values)


def visits_of(connection: Connection, source: str, urls: Iterable[str]) -> dict[str, Visit]:
    found: dict[str, Visit] = {}
    for chunk in chunks(urls):
        asked: dict[str, list[str]] = {}
        for url in chunk:
            asked.setdefault(address_key(url), []).append(url)
        statement = select(visits).where(visits.c.source == source, visits.c.key.in_(list(asked)))
        for row in connection.execute(statement).mappings():
            found |= dict.fromkeys(asked[row["key"]], read_visit(row))
    return found


def pending(connection: Connection, source: str, at: datetime, limit: int) -> list[Visit]:
    v = visits.c
    statement = (
        select(visits)
        .where(v.source == source, v.role == "article", v.state == "todo", or_(v.next_at.is_(None), v.next_at <= at))
        .order_by(v.found_in, v.n)
        .limit(limit)
    )
    return [read_visit(row) for row in connection.execute(statement).mappings()]


def due(connection: Connection, source: str, at: datetime, limit: int, *, everything: bool) -> list[Visit]:
    v = visits.c
    statement = select(visits).where(v.source == source, v.role == "article", v.state == "done")
    # "Everything" means what this crawl has not asked yet, so that one call after the other comes to an end.
    statement = statement.where(or_(v.last_at.is_(None), v.last_at < at) if everything else v.next_at <= at)
    statement = statement.order_by(v.next_at, v.n).limit(limit)
    return [read_visit(row) for row in connection.execute(statement).mappings()]


# --- sources and crawls ---------------------------------------------------------------------------------------------


def keep_source(connection: Connection, **values: str) -> None:
    statement = insert(connection, schema.sources)
    names = ("name", "home", "definition")
    connection.execute(
        statement.on_conflict_do_update(index_elements=["slug"], set_={n: statement.excluded[n] for n in names}),
        values,
    )


def definitions(connection: Connection, source: str | None) -> dict[str, str]:
    s = schema.sources.c
    statement = select(s.slug, s.definition).where(s.definition != "")
    if source is not None:
        statement = statement.where(s.slug == source)
    return {row.slug: row.definition for row in connection.execute(statement)}


def begin_crawl(connection: Connection, source: str, at: datetime) -> int:
    made = connection.execute(
        schema.crawls.insert().returning(schema.crawls.c.number), {"source": source, "started": at}
    )
    return int(made.scalar_one())


def end_crawl(connection: Connection, report: CrawlReport) -> None:
    values = {"ended": report.ended, "outcome": report.outcome.value, "report": dump_report(report)}
    connection.execute(update(schema.crawls).where(schema.crawls.c.number == report.crawl), values)


ENDLESS_MOST = 20  # crawls of a source that are looked through for an end


def crawls_without_end(connection: Connection, source: str) -> list[tuple[int, datetime]]:
    c = schema.crawls.c
    statement = (
        select(c.number, c.started, c.ended).where(c.source == source).order_by(c.number.desc()).limit(ENDLESS_MOST)
    )
    return [(row.number, row.started) for row in connection.execute(statement) if row.ended is None]


def crawl_reports(
    connection: Connection, source: str | None, limit: int, outcome: Outcome | None = None
) -> list[CrawlReport]:
    c = schema.crawls.c
    statement = select(c.report).where(c.report.is_not(None)).order_by(c.number.desc()).limit(limit)
    if source is not None:
        statement = statement.where(c.source == source)
    if outcome is not None:
        statement = statement.where(c.outcome == outcome.value)
    return [load_report(text) for text in connection.execute(statement).scalars()]


# --- turns ----------------------------------------------------------------------------------------------------------


def keep_turn(connection: Connection, turn: Turn) -> None:
    statement = insert(connection, schema.turns)
    others = [column.name for column in schema.turns.columns if column.name != "source"]
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source"], set_={n: statement.excluded[n] for n in others}),
        turn_columns(turn),
    )


def turns(connection: Connection, source: str | None = None) -> list[Turn]:
    statement = select(schema.turns).order_by(schema.turns.c.source)
    if source is not None:
        statement = statement.where(schema.turns.c.source == source)
    return [read_turn(row) for row in connection.execute(statement).mappings()]


def brief_turns(connection: Connection) -> list[Turn]:
    t = schema.turns.c
    columns = (t.source, t.next_at, t.why, t.paused, t.failures, t.running_since)
    return [Turn(**row) for row in connection.execute(select(*columns).order_by(t.source)).mappings()]


# --- hosts ----------------------------------------------------------------------------------------------------------


def take_slot(connection: Connection, host: str, delay_s: float, now: datetime) -> float:
    """Reserve the next slot of a host; seconds to wait until it. One statement, so that two processes never share one."""
    at = now.astimezone(UTC).timestamp()
    hosts = schema.hosts
    next_at = _next_at(at)
    free = case((next_at > at, next_at), else_=at)
    statement = (
        insert(connection, hosts)
        .values(host=host, next_at=at + delay_s, at=at)
        .on_conflict_do_update(index_elements=["host"], set_={"next_at": free + delay_s, "at": at})
        .returning(hosts.c.next_at)
    )
    return max(0.0, float(connection.execute(statement).scalar_one()) - delay_s - at)


def rest(connection: Connection, host: str, until: datetime, now: datetime) -> None:
    """Nobody asks this host before `until`."""
    at, end = now.astimezone(UTC).timestamp(), until.astimezone(UTC).timestamp()
    hosts = schema.hosts
    next_at = _next_at(at)
    later = case((next_at > end, next_at), else_=end)
    connection.execute(
        insert(connection, hosts)
        .values(host=host, next_at=end, at=at)
        .on_conflict_do_update(index_elements=["host"], set_={"next_at": later, "at": at})
    )


def _next_at(at: float) -> ColumnElement[float]:
    """The next free slot as kept; where the clock was set back since, as far off as it was then."""
    hosts = schema.hosts.c
    left = hosts.next_at - hosts.at
    return case(
        (hosts.at > at + CLOCKS_APART_S, at + case((left > HOST_WAIT_MAX_S, 0.0), (left < 0, 0.0), else_=left)),
        (hosts.next_at > at + HOST_WAIT_MAX_S, at),
        else_=hosts.next_at,
    )
