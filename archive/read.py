"""The archive room: reading articles, their revisions and their copies."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, column, func, or_, select, text

from archive import schema
from archive.captured import read_capture_row, with_capture
from archive.dialect import listing
from archive.errors import UnknownArticle
from archive.identity import ID_CHARS, address_key, may_be_id
from archive.records import Decision, Known, Revision, Status, Verdict
from archive.rows import TEXTS, clean, read_known, read_revision

a = schema.articles.c
r = schema.revisions.c
_representative = schema.articles.alias("representative")
_original = schema.articles.alias("original")

_STATE = [r[name] for name in (*TEXTS, "url", "kind", "breadcrumb", "images", "attachments", "found")]


def known_articles() -> Select[Any]:
    """Every article with its newest revision and its place in its cluster, one row each."""
    return (
        select(
            a.n,
            a.id,
            a.source,
            a.status,
            a.revision,
            a.first_seen,
            a.last_seen,
            a.reason,
            _representative.c.id.label("cluster_id"),
            _original.c.id.label("copy_of_id"),
            a.url,
            *[column for column in _STATE if column.name != "url"],
        )
        .join(schema.revisions, r.n == a.newest)
        .join(schema.clusters, schema.clusters.c.n == a.cluster)
        .join(_representative, _representative.c.n == schema.clusters.c.representative)
        .outerjoin(_original, _original.c.n == a.copy_of)
    )


def find(connection: Connection, ref: str) -> int:
    """The number of the article that an id, a prefix of one (>= 6 characters) or an address names.

    Raises UnknownArticle.
    """
    ref = (clean(ref) or "").strip()
    if may_be_id(ref):
        found = connection.execute(select(a.n, a.id).where(a.id >= ref, a.id < ref + "~").order_by(a.id).limit(2)).all()
        if len(found) == 1 or (found and len(ref) == ID_CHARS):
            return int(found[0].n)
        if found:
            raise UnknownArticle(f"{ref!r} begins more than one id ({found[0].id}, {found[1].id}): write more of it")
    addresses = schema.addresses.c
    by_address = select(addresses.article).where(addresses.key == address_key(ref)).order_by(addresses.since).limit(1)
    number = connection.execute(by_address).scalar()
    if number is None:
        raise UnknownArticle(
            f"no article has the id or address {ref!r}: give an id, its first 6 characters or more, or a full address"
        )
    return int(number)


def known(connection: Connection, ref: str) -> Known:
    number = find(connection, ref)
    return read_known(connection.execute(known_articles().where(a.n == number)).mappings().one())


def known_by_number(connection: Connection, numbers: Iterable[int]) -> dict[int, Known]:
    listed, value = listing(connection, list(numbers))
    rows = connection.execute(_known_among(listed), {"listed": value}).mappings()
    return {row["n"]: read_known(row) for row in rows}


@cache
def _known_among(listed: str) -> Select[Any]:
    wanted = text(f"SELECT value FROM {listed} AS wanted").columns(column("value"))  # noqa: S608
    return known_articles().where(a.n.in_(wanted))


def page(connection: Connection, source: str | None, after: str, size: int) -> list[Known]:
    """The next articles after this id, in the order of ids: the one order that does not depend on how they came."""
    statement = known_articles().where(a.id > after).order_by(a.id).limit(size)
    if source is not None:
        statement = statement.where(a.source == source)
    return [read_known(row) for row in connection.execute(statement).mappings()]


def known_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Known]:
    statement = known_articles().where(a.id.in_(list(ids)))
    return {row["id"]: read_known(row) for row in connection.execute(statement).mappings()}


def newest_ids(connection: Connection, source: str | None, limit: int) -> list[str]:
    """The published articles whose newest revision came last, newest first."""
    statement = (
        select(a.id)
        .select_from(schema.revisions)
        .join(schema.articles, (a.n == r.article) & (a.newest == r.n))
        .where(a.status == Status.PUBLISHED.value)
        .order_by(r.n.desc())
        .limit(limit)
    )
    if source is not None:
        statement = statement.where(a.source == source)
    return [str(one) for one in connection.execute(statement).scalars()]


def revisions(connection: Connection, ref: str) -> list[Revision]:
    number = find(connection, ref)
    one = str(connection.execute(select(a.id).where(a.n == number)).scalar_one())
    return revisions_of(connection, [one])[one]


def revisions_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[Revision]]:
    """Every revision of these articles, by their ids, oldest first."""
    statement = (
        select(a.id.label("article_id"), a.source.label("article_source"), r.number, r.at, r.cause, r.digest, *_STATE)
        .select_from(schema.revisions)
        .join(schema.articles, a.n == r.article)
        .outerjoin(schema.captures, schema.captures.c.n == r.capture)
        .where(a.id.in_(list(ids)))
        .order_by(a.id, r.number)
    )
    found: dict[str, list[Revision]] = {}
    for row in connection.execute(with_capture(statement)).mappings():
        one, source = row["article_id"], row["article_source"]
        found.setdefault(one, []).append(read_revision(row, one, source, read_capture_row(row)))
    return found


def counts(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(a.source, func.count()).group_by(a.source).order_by(a.source))
    return {source: count for source, count in rows}  # noqa: C416 - names say what they are


def copies(connection: Connection, ref: str) -> list[tuple[Known, Decision]]:
    """The other members of its cluster, and articles it is an excerpt of or that are one of it, each with why."""
    number = find(connection, ref)
    own = connection.execute(select(a.id, a.cluster, a.text_digest).where(a.n == number)).one()
    k = schema.links.c
    linked = {
        (row.one if row.other == number else row.other): row
        for row in connection.execute(select(schema.links).where(or_(k.one == number, k.other == number)))
    }
    others = connection.execute(
        select(a.n, a.text_digest).where(or_(a.cluster == own.cluster, a.n.in_(list(linked))), a.n != number)
    ).all()
    known = known_by_number(connection, [row.n for row in others])
    found = [(known[row.n], _decision(row, own, known[row.n], linked.get(row.n))) for row in others]
    return sorted(found, key=lambda pair: (-(pair[1].alike or 0), pair[0].first_seen, pair[0].id))


def _decision(row: Any, own: Any, other: Known, link: Any) -> Decision:
    if row.text_digest == own.text_digest:
        return Decision(
            verdict=Verdict.COPY,
            of=other.copy_of or other.id,
            cluster=other.cluster,
            alike=1.0,
            why="the very same text",
        )
    if link is not None:
        return Decision(verdict=Verdict.NEW, cluster=other.cluster, alike=link.alike, why=link.why)
    why = "each of the two is nearly the same as a third article of the cluster"
    return Decision(verdict=Verdict.NEW, cluster=other.cluster, why=why)
