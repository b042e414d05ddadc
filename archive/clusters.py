"""The archive room: which articles say nearly the same, kept in the database. The judgement itself is in duplicates."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, func, select, update

from archive import schema
from archive.duplicates import Member, originals, rank
from archive.records import Status

a = schema.articles.c
_ALIKE = select(a.n, a.id, a.cluster, a.source).where(
    a.text_digest == bindparam("text_digest"), a.status != Status.REMOVED.value, a.n != bindparam("n")
)
_MOVE = update(schema.articles).where(a.cluster == bindparam("left")).values(cluster=bindparam("joined"))
_LEAVE = update(schema.articles).where(a.n == bindparam("number")).values(cluster=bindparam("joined"))
_COPY = update(schema.articles).where(a.n == bindparam("number")).values(copy_of=bindparam("original"))


def same_text(connection: Connection, text_digest: bytes, n: int = 0) -> list[tuple[int, int]]:
    """(article, cluster) of the others with the very same text."""
    rows = connection.execute(_ALIKE, {"text_digest": text_digest, "n": n})
    return [(row.n, row.cluster) for row in rows]


def make(connection: Connection, n: int) -> int:
    """A cluster of one."""
    made = connection.execute(schema.clusters.insert().returning(schema.clusters.c.n), {"representative": n})
    return int(made.scalar_one())


def join(connection: Connection, clusters: Iterable[int]) -> int:
    """Make several clusters one: the oldest."""
    first, *others = sorted(set(clusters))
    for other in others:
        connection.execute(_MOVE, {"left": other, "joined": first})
        connection.execute(schema.clusters.delete().where(schema.clusters.c.n == other))
    return first


def place(connection: Connection, n: int, cluster: int | None, alike: Iterable[int]) -> int:
    """Put an article whose text is new into the cluster of those alike, or on its own. Returns its cluster."""
    joined = join(connection, alike) if (alike := list(alike)) else None
    if joined is not None and joined == cluster:
        return joined
    alone = cluster is not None and _size(connection, cluster) == 1
    if joined is None:
        if alone and cluster is not None:
            return cluster
        joined = make(connection, n)
    connection.execute(_LEAVE, {"number": n, "joined": joined})
    if alone:
        connection.execute(schema.clusters.delete().where(schema.clusters.c.n == cluster))
    elif cluster is not None:
        settle(connection, cluster)
    return joined


def _size(connection: Connection, cluster: int) -> int:
    return int(connection.execute(select(func.count()).where(a.cluster == cluster)).scalar_one())


def members(connection: Connection, cluster: int) -> list[Member]:
    r = schema.revisions.c
    s = schema.sources.c
    rows = connection.execute(
        select(
            a.n, a.id, a.source, a.text_digest, r.origin, r.published, a.first_seen, a.copy_of,
            func.coalesce(s.name, a.source).label("source_name"),
        )
        .join(schema.revisions, r.n == a.newest)
        .outerjoin(schema.sources, s.slug == a.source)
        .where(a.cluster == cluster)
    ).mappings()  # fmt: skip
    return [Member(**row) for row in rows]


def settle(connection: Connection, cluster: int) -> None:
    """Choose the cluster's representative and say of each member what it is a copy of."""
    found = members(connection, cluster)
    first = min(found, key=rank)
    c = schema.clusters.c
    connection.execute(
        update(schema.clusters).where(c.n == cluster, c.representative != first.n).values(representative=first.n)
    )
    copies = originals(found)
    changed = [
        {"number": member.n, "original": copies[member.n]} for member in found if member.copy_of != copies[member.n]
    ]
    if changed:
        connection.execute(_COPY, changed)
